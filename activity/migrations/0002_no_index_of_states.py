"""Nothing reads activity by product yet, and keeping the inverted index cost a fifth of every ingest."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("activity", "0001_initial")]

    operations = [migrations.RemoveIndex(model_name="activity", name="activity_states")]
