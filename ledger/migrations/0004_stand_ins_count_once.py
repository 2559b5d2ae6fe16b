from importlib import import_module

from django.db import migrations

BEFORE = import_module("ledger.migrations.0002_moves_by_activity").VIEW
# Points that died unspent stand in for what a return takes: their death is undone and taken back, two entries that
# leave the lot as it is. Of these the activity gave back the second alone; the first undoes what a clock took.
AFTER = BEFORE.replace("e.contra <> 'debt_repay'", "e.contra NOT IN ('debt_repay', 'expire')")


class Migration(migrations.Migration):
    """What each activity gave, also where dead points were taken back."""

    dependencies = [("ledger", "0003_holds")]

    operations = [
        migrations.RunSQL(
            AFTER.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"),
            BEFORE.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"),
        )
    ]
