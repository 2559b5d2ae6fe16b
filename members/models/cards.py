"""Numbers that name a membership at a till, the batches they are printed in, and the proofs that were tried."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Upper

from members.models.memberships import Membership


class CardBatch(models.Model):
    """Blank cards printed together. It goes to one store as a whole; `salt` is what its claim codes follow from."""

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="card_batches")
    code = models.CharField(max_length=20)
    count = models.PositiveIntegerField()
    salt = models.BinaryField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    store = models.ForeignKey("programs.Store", models.PROTECT, null=True, blank=True, related_name="+")
    handed_at = models.DateTimeField(null=True, blank=True)
    handed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "card_batch"
        constraints = [
            models.UniqueConstraint(fields=["program", "code"], name="card_batch_once"),
            models.CheckConstraint(
                condition=models.Q(store__isnull=True, handed_at__isnull=True)
                | models.Q(store__isnull=False, handed_at__isnull=False),
                name="card_batch_handed",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Card(models.Model):
    """A number that names a membership at a till. It never authorises a spend."""

    class Kind(models.TextChoices):
        VIRTUAL = "virtual"
        PHYSICAL = "physical"
        PASS = "pass"

    class Status(models.TextChoices):
        BLANK = "blank"
        ACTIVE = "active"
        BLOCKED = "blocked"
        REPLACED = "replaced"

    # no index: one would only mislead whoever looks for a number, which is unique in its program
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="cards", db_index=False)
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="cards")
    number = models.CharField(max_length=32)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices)
    issued_at = models.DateTimeField()
    blocked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=80, blank=True)
    batch = models.ForeignKey(CardBatch, models.PROTECT, null=True, blank=True, related_name="cards")
    claim_digest = models.BinaryField(null=True, blank=True)

    class Meta:
        db_table = "card"
        constraints = [
            models.UniqueConstraint(Upper("number"), "program", name="card_number_once"),
            models.CheckConstraint(
                condition=models.Q(status="blank") | models.Q(membership__isnull=False), name="card_is_bound"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CardProof(models.Model):
    """A proof that was tried for a membership: a one-time code of spending, or what proves a card handed out.

    `step` names the moment a one-time code was made for, so that none is good twice; `key` is the act it was used for.
    """

    class What(models.TextChoices):
        SPEND = "spend"
        CLAIM = "claim"

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    what = models.CharField(max_length=8, choices=What.choices)
    good = models.BooleanField()
    step = models.BigIntegerField(null=True, blank=True)
    key = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        db_table = "card_proof"
        indexes = [models.Index(fields=["membership", "what", "at"], name="card_proof_of")]
        constraints = [models.UniqueConstraint(fields=["membership", "step"], name="spending_code_used_once")]

    def __str__(self) -> str:
        return f"{self.what} of {self.membership_id}"
