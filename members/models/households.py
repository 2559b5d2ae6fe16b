"""Memberships that pool: the household, whose holder they earn into, and the asking of others to join it.

Who is in a household since when is said by `membership_holder`: rows of its holder.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from members.models.memberships import Membership


class Household(models.Model):
    """Memberships of one program that share their pots. `head` may let others go; whoever stays last has it all."""

    public_id = models.CharField(max_length=16, unique=True)
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    holder_id = models.BigIntegerField(unique=True)
    head = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    dissolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "household"

    def __str__(self) -> str:
        return self.public_id


class Invitation(models.Model):
    """Somebody was asked to join. `sent_to` is what was typed, emptied when it has served. `invited` is empty for an
    address, and for a number that is nobody's: the two look alike. The link's token follows from our key."""

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    public_id = models.CharField(max_length=16, unique=True)
    household = models.ForeignKey(Household, models.PROTECT, related_name="invitations")
    sent_to = models.CharField(max_length=254, blank=True)
    invited = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    joined = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        db_table = "household_invitation"
        indexes = [
            models.Index(fields=["household", "at"], name="household_invitation_at"),
            models.Index(fields=["invited"], name="household_invitation_open", condition=Q(state="open")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None) | (~Q(state="open") & Q(answered_at__isnull=False)),
                name="household_invitation_answered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.public_id}: {self.state}"
