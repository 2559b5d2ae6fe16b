"""What staff write of how somebody asked for her data, or for their end, is kept with the asking."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("care", "0004_cases_of_an_owner")]

    operations = [
        migrations.AddField(
            "archive", "words",
            models.CharField(blank=True, default="", help_text="of staff, on how she asked", max_length=300),
            preserve_default=False,
        ),
        migrations.AddField(
            "erasure", "words",
            models.CharField(
                blank=True, default="", help_text="of staff, on how she asked; gone with her", max_length=300
            ),
            preserve_default=False,
        ),
    ]  # fmt: skip
