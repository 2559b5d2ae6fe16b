import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0012_cards_by_number")]

    operations = [
        migrations.CreateModel(
            name="WalletPass",
            fields=[
                (
                    "card",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="wallet",
                        serialize=False,
                        to="members.card",
                    ),
                ),
                ("told", models.CharField(max_length=64)),
                ("changed_at", models.DateTimeField()),
                ("in_google", models.BooleanField(default=False)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("pushed_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "db_table": "wallet_pass",
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="wallet_pass_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WalletDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device", models.CharField(max_length=100)),
                ("push_token", models.CharField(max_length=200)),
                ("since", models.DateTimeField()),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wallet_devices",
                        to="members.card",
                    ),
                ),
            ],
            options={
                "db_table": "wallet_device",
                "constraints": [models.UniqueConstraint(fields=("device", "card"), name="wallet_device_once")],
            },
        ),
    ]
