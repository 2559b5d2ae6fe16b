from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0008_reasons_that_are_forgotten")]

    operations = [
        migrations.AddIndex(
            model_name="membershipholder",
            index=models.Index(
                condition=models.Q(("until_at__isnull", False)), fields=["membership"], name="membership_holder_ended"
            ),
        ),
    ]
