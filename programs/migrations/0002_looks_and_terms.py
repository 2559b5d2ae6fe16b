import django.db.models.deletion
from django.db import migrations, models

from audit.guards import append_only


class Migration(migrations.Migration):
    dependencies = [("programs", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="banner",
            name="look",
            field=models.JSONField(blank=True, default=dict, help_text="as programs.themes.Theme writes it"),
        ),
        migrations.AddField(
            model_name="program",
            name="look",
            field=models.JSONField(blank=True, default=dict, help_text="as programs.themes.Theme writes it"),
        ),
        migrations.CreateModel(
            name="ThemeLogo",
            fields=[
                ("digest", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("width", models.PositiveSmallIntegerField()),
                ("height", models.PositiveSmallIntegerField()),
                ("png", models.BinaryField()),
            ],
            options={"db_table": "theme_logo"},
        ),
        migrations.CreateModel(
            name="TermsText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=40)),
                ("market_code", models.CharField(blank=True, max_length=10)),
                ("language", models.CharField(max_length=10)),
                ("text", models.TextField()),
                ("since", models.DateTimeField()),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="terms_texts", to="programs.program"
                    ),
                ),
            ],
            options={
                "db_table": "terms_text",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("program", "version", "market_code", "language"), name="terms_text_once"
                    )
                ],
            },
        ),
        append_only("theme_logo"),
        append_only("terms_text"),
    ]
