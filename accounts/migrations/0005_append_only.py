"""The database itself refuses to change or delete what the audit trail holds, whoever asks."""

from django.db import migrations

TABLE = "accounts_auditentry"
REFUSAL = "the audit trail is append-only"

SQLITE = {
    change: f"""
        CREATE TRIGGER {TABLE}_no_{change} BEFORE {change} ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """
    for change in ("update", "delete")
}
POSTGRESQL = f"""
    CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$;
    CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse();
"""


def refuse(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for trigger in SQLITE.values():
            schema_editor.execute(trigger)
    else:
        schema_editor.execute(POSTGRESQL)


def allow(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for change in SQLITE:
            schema_editor.execute(f"DROP TRIGGER {TABLE}_no_{change}")
    else:
        schema_editor.execute(f"DROP TRIGGER {TABLE}_append_only ON {TABLE}; DROP FUNCTION {TABLE}_refuse()")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_moderators")]
    operations = [migrations.RunPython(refuse, allow)]
