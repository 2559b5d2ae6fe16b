from django.db import migrations

VIEW = """
CREATE VIEW ledger_by_activity AS
SELECT holder_id, activity_id, currency_id, sum(amount)::bigint AS amount
FROM (
    SELECT p.holder_id, p.source_id AS activity_id, e.currency_id, e.amount
    FROM ledger_posting p JOIN ledger_entry e ON e.holder_id = p.holder_id AND e.posting_id = p.posting_id
    WHERE p.source_type = 'activity' AND e.contra <> 'debt_repay'
    UNION ALL
    SELECT p.holder_id, p.source_id, d.currency_id, -d.amount
    FROM ledger_posting p JOIN ledger_debt_entry d ON d.holder_id = p.holder_id AND d.posting_id = p.posting_id
    WHERE p.source_type = 'activity' AND d.reason <> 'repay'
) AS moved
GROUP BY holder_id, activity_id, currency_id
"""


class Migration(migrations.Migration):
    """What the ledger says each activity gave, for those who hold the reasons (awards) to compare."""

    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW ledger_by_activity")]
