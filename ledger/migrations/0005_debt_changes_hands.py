from django.db import migrations

_CHECK = """
ALTER TABLE ledger_debt_entry DROP CONSTRAINT ledger_debt_entry_reason_known,
    ADD CONSTRAINT ledger_debt_entry_reason_known CHECK (
        (amount > 0 AND reason IN ('return', 'offline', 'fraud'{more})) OR
        (amount < 0 AND reason IN ('repay', 'forgiven'{more})))
"""


class Migration(migrations.Migration):
    """What one holder owes is owed by its successor: it leaves the one and comes to the other by one transfer."""

    dependencies = [("ledger", "0004_stand_ins_count_once")]

    operations = [migrations.RunSQL(_CHECK.format(more=", 'transfer'"), _CHECK.format(more=""))]
