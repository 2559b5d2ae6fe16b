import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """No index of cards by program alone: few programs have many cards, and a planner with old statistics took it for
    every number that was looked up."""

    dependencies = [("members", "0011_search_by_words")]

    operations = [
        migrations.AlterField(
            model_name="card",
            name="program",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cards",
                to="programs.program",
            ),
        ),
    ]
