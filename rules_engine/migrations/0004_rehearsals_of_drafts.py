import django.db.models.deletion
from django.db import migrations, models

OPEN = models.Q(state__in=["waiting", "running"])


class Migration(migrations.Migration):
    """Rehearsals of drafts become rows that a worker takes. Results kept with drafts so far go: a book can be run again."""

    dependencies = [("rules_engine", "0003_resumed_rules")]

    operations = [
        migrations.CreateModel(
            name="DraftRehearsal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("draft_changed_at", models.DateTimeField()),
                ("book", models.CharField(max_length=120)),
                ("text", models.TextField()),
                ("playbook", models.TextField(blank=True, default="")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"), ("running", "running"), ("done", "done"), ("given_up", "given up"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=80)),
                ("begun_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("result", models.JSONField(default=dict)),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rehearsed",
                        to="rules_engine.rulebookdraft",
                    ),
                ),
            ],
            options={
                "db_table": "rulebook_draft_rehearsal",
                "indexes": [
                    models.Index(condition=OPEN, fields=["asked_at"], name="draft_rehearsal_open"),
                    models.Index(fields=["draft", "-asked_at"], name="draft_rehearsal_of"),
                ],
                "constraints": [
                    models.UniqueConstraint(condition=OPEN, fields=("draft",), name="draft_rehearsal_one_at_a_time")
                ],
            },
        ),
        migrations.RemoveField("rulebookdraft", "rehearsals"),
    ]
