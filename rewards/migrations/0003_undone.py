from django.db import migrations, models

from audit import guards


class Migration(migrations.Migration):
    """Redemptions whose points came back because what they gave never arrived."""

    dependencies = [("rewards", "0002_budgets_and_sources")]

    operations = [
        migrations.CreateModel(
            name="Undone",
            fields=[
                ("redemption_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("holder_id", models.BigIntegerField()),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=80)),
            ],
            options={"db_table": "redemption_undone"},
        ),
        guards.append_only("redemption_undone"),
    ]
