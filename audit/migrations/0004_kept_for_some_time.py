"""Who opened whom is kept three years, who did what ten: then the rows may go, and no sooner."""

from importlib import import_module

from django.db import migrations

from audit import guards

for _earlier in ("0001_initial", "0002_access", "0003_words_that_are_forgotten"):
    import_module(f"audit.migrations.{_earlier}")  # what they said first has to be said before


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_words_that_are_forgotten")]

    operations = [
        migrations.RunSQL(guards.OLD_ROWS_GO, migrations.RunSQL.noop),
        guards.kept_for("audit_access", "at", 1095),
        guards.kept_for("audit_event", "at", 3652),
    ]
