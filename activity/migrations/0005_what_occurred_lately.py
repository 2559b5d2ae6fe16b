import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("activity", "0004_rows_that_are_forgotten")]

    operations = [
        migrations.AddIndex(
            model_name="activity",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["occurred_at"], name="activity_lately"
            ),
        ),
    ]
