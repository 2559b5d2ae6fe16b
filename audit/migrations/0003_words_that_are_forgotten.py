"""Of an event nothing changes but the reason somebody wrote, which may be blanked when a person is forgotten."""

from importlib import import_module

from django.db import migrations

from audit import guards

import_module("audit.migrations.0001_initial")  # what it said first has to be said before

MADE = """
CREATE FUNCTION audit_only_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.data - 'reason' IS DISTINCT FROM NEW.data - 'reason' OR NEW.data ->> 'reason' <> '' THEN
        RAISE EXCEPTION 'of an audit event only the reason is forgotten' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_event_only_forgets BEFORE UPDATE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_only_forgets();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_access")]

    operations = [
        guards.columns_change_too("audit_event", ["data"]),
        migrations.RunSQL(
            MADE, "DROP TRIGGER audit_event_only_forgets ON audit_event; DROP FUNCTION audit_only_forgets();"
        ),
    ]
