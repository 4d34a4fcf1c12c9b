"""Keys made before there were scopes could do everything, and go on doing it."""

from django.db import migrations


def open_everything(apps, schema_editor):
    apps.get_model("accounts", "ApiKey").objects.filter(scopes=[]).update(scopes=["read", "jobs", "voices"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_library")]
    operations = [migrations.RunPython(open_everything, migrations.RunPython.noop)]
