import django.db.models.deletion
from django.db import migrations, models

ADD = """
ALTER TABLE redemption
    ADD COLUMN source text NOT NULL DEFAULT '',
    ADD COLUMN budget_amount bigint NOT NULL DEFAULT 0,
    ADD COLUMN budget_points bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT redemption_budget_not_negative CHECK (budget_amount >= 0 AND budget_points >= 0)
"""
DROP = "ALTER TABLE redemption DROP COLUMN source, DROP COLUMN budget_amount, DROP COLUMN budget_points"


class Migration(migrations.Migration):
    """What a reward may cost in all, and who sends the receipt a redemption names."""

    dependencies = [("rewards", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Spent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "reward_id", "unit", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("unit", models.CharField(choices=[("amount", "Amount"), ("points", "Points")], max_length=10)),
                ("allowed", models.BigIntegerField()),
                ("spent", models.BigIntegerField(default=0)),
                (
                    "reward",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="budgets", to="rewards.reward"
                    ),
                ),
            ],
            options={
                "db_table": "reward_budget",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("spent__gte", 0), ("spent__lte", models.F("allowed"))),
                        name="reward_budget_never_overspent",
                    )
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, DROP)],
            state_operations=[
                migrations.AddField("redemption", "source", models.TextField(default="")),
                migrations.AddField("redemption", "budget_amount", models.BigIntegerField(default=0)),
                migrations.AddField("redemption", "budget_points", models.BigIntegerField(default=0)),
            ],
        ),
    ]
