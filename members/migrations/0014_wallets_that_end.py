from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0013_wallets")]

    operations = [
        migrations.AddField(model_name="walletpass", name="ends_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex(
            model_name="walletpass",
            index=models.Index(
                condition=models.Q(("ends_at__isnull", False)), fields=["ends_at"], name="wallet_pass_ends"
            ),
        ),
    ]
