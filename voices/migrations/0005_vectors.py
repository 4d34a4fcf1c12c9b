"""A table of vectors, where the database is PostgreSQL and has pgvector."""

from django.db import migrations


def make(apps, editor):
    if editor.connection.vendor == "postgresql":
        from voices.search.vectors import create

        create(editor.connection)


def drop(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TABLE IF EXISTS voices_vector")


class Migration(migrations.Migration):
    dependencies = [("voices", "0004_marks")]
    operations = [migrations.RunPython(make, drop)]
