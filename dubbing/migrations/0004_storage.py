"""What a job keeps on disk, in its row, so that a person's storage is one sum."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce


def measure(apps, schema_editor):
    """Of jobs that are there already: the sizes that their rows know (an emotion clip's is not among them)."""
    Job = apps.get_model("dubbing", "Job")
    Artifact = apps.get_model("dubbing", "Artifact")
    DubbingJob = apps.get_model("dubbing", "DubbingJob")
    files = Artifact.objects.filter(job=OuterRef("pk")).order_by().values("job").annotate(sum=Sum("size")).values("sum")
    Job.objects.update(result_bytes=Coalesce(Subquery(files), 0))
    for job_id, media in DubbingJob.objects.values_list("job_id", "media").iterator():
        Job.objects.filter(pk=job_id).update(upload_bytes=media.get("size", 0))


class Migration(migrations.Migration):
    dependencies = [("dubbing", "0003_library")]

    operations = [
        migrations.AddField(
            "job",
            "expected_bytes",
            models.BigIntegerField(default=0, help_text="About what its result will take, until it is there."),
        ),
        migrations.AddField(
            "job", "result_bytes", models.BigIntegerField(default=0, help_text="Of its result's files.")
        ),
        migrations.AddField(
            "job", "upload_bytes", models.BigIntegerField(default=0, help_text="Of what was uploaded for it.")
        ),
        migrations.RunPython(measure, migrations.RunPython.noop),
    ]
