"""Cards in phones' wallets: what a wallet was last told, and the devices that asked to be told."""

from __future__ import annotations

from django.db import models

from members.models.cards import Card


class WalletPass(models.Model):
    """A pass card that was fetched into a wallet.

    `told` is a digest of what it says, `changed_at` since when (whole seconds: wallets compare by them). Wallets are
    told of it at `due_at`, null while nothing is new. `in_google`: its link was shown, so it may be kept there.
    `ends_at`: its member was erased, and nobody is told of it after this.
    """

    card = models.OneToOneField(Card, models.PROTECT, primary_key=True, related_name="wallet")
    told = models.CharField(max_length=64)
    changed_at = models.DateTimeField()
    in_google = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)
    pushed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "wallet_pass"
        indexes = [
            models.Index(fields=["due_at"], name="wallet_pass_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["ends_at"], name="wallet_pass_ends", condition=models.Q(ends_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.card_id)


class WalletDevice(models.Model):
    """A phone that holds a pass and asked to be told of changes (Apple's PassKit web service)."""

    card = models.ForeignKey(Card, models.PROTECT, related_name="wallet_devices")
    device = models.CharField(max_length=100)
    push_token = models.CharField(max_length=200)
    since = models.DateTimeField()

    class Meta:
        db_table = "wallet_device"
        constraints = [models.UniqueConstraint(fields=["device", "card"], name="wallet_device_once")]

    def __str__(self) -> str:
        return f"{self.device} {self.card_id}"
