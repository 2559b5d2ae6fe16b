"""Numbers that name a membership at a till."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Upper

from members.models.memberships import Membership


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

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="cards")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="cards")
    number = models.CharField(max_length=32)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices)
    issued_at = models.DateTimeField()
    blocked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=80, blank=True)

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
