from django.db import migrations, models

ADD = """
ALTER TABLE redemption
    ADD COLUMN budget_market text NOT NULL DEFAULT '',
    ADD COLUMN money text NOT NULL DEFAULT ''
"""
DROP = "ALTER TABLE redemption DROP COLUMN budget_market, DROP COLUMN money"


class Migration(migrations.Migration):
    """What a reward costs and is worth in one market, and the market's own budget of it."""

    dependencies = [("rewards", "0003_undone")]

    operations = [
        migrations.AddField("reward", "markets", models.JSONField(default=dict, verbose_name="terms by market")),
        migrations.AlterField("spent", "unit", models.CharField(max_length=20)),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, DROP)],
            state_operations=[
                migrations.AddField("redemption", "budget_market", models.TextField(default="")),
                migrations.AddField("redemption", "money", models.TextField(default="")),
            ],
        ),
    ]
