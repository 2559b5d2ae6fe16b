from django.db import migrations, models

from audit import guards


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(help_text="user:12", max_length=80)),
                ("membership_id", models.BigIntegerField()),
                ("page", models.CharField(help_text="the page's name, as addresses have it", max_length=40)),
                ("purpose", models.CharField(help_text="desk, call, till", max_length=40)),
            ],
            options={
                "verbose_name": "access to a member",
                "verbose_name_plural": "accesses to members",
                "db_table": "audit_access",
                "indexes": [
                    models.Index(fields=["membership_id", "at"], name="audit_access_membership"),
                    models.Index(fields=["actor", "at"], name="audit_access_actor"),
                    models.Index(fields=["at"], name="audit_access_at"),
                ],
            },
        ),
        guards.append_only("audit_access"),
    ]
