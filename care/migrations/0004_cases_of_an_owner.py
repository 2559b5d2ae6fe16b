from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("care", "0003_what_follows_a_merge")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["owner", "due_on"], condition=models.Q(("ended_at", None)), name="care_case_mine"
            ),
        ),
    ]
