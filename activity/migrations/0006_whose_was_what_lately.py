import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("activity", "0005_what_occurred_lately")]

    operations = [
        # the fraud desk reads the last weeks among the years
        migrations.AddIndex(
            model_name="attribution",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["occurred_on"], name="attribution_lately"
            ),
        ),
    ]
