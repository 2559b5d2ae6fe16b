"""A person in one program, and whose pots that membership earns into."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Upper

from members.models.people import Member


class Membership(models.Model):
    """A person in one program."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    class Channel(models.TextChoices):
        WEB = "web"
        STORE = "store"
        PHONE = "phone"
        POST = "post"
        PARTNER = "partner"
        REPLICATION = "replication"

    public_id = models.CharField(max_length=16, unique=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="memberships")
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="memberships")
    number = models.CharField(max_length=32)
    status = models.CharField(max_length=10, choices=Status.choices)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    home_store = models.ForeignKey("programs.Store", models.PROTECT, null=True, blank=True, related_name="+")
    home_banner = models.ForeignKey("programs.Banner", models.PROTECT, null=True, blank=True, related_name="+")
    market_code = models.CharField(max_length=10)
    joined_at = models.DateTimeField()
    # the one that stands for it since two turned out to be one person's (members.merging); itself merged into none
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")

    class Meta:
        db_table = "membership"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | models.Q(status="closed"), name="membership_merged_is_closed"
            ),
            models.UniqueConstraint(fields=["member", "program"], name="membership_once"),
            models.UniqueConstraint(Upper("number"), "program", name="membership_number_once"),
        ]

    def __str__(self) -> str:
        return self.number


class MembershipHolder(models.Model):
    """Whose pots a membership earns into, dated: its own, or its household's."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="holders")
    holder_id = models.BigIntegerField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "membership_holder"
        indexes = [
            models.Index(fields=["holder_id"], name="membership_holder_holder"),
            # few ever change their pots: whoever asks about many at once looks here first
            models.Index(
                fields=["membership"], name="membership_holder_ended", condition=models.Q(until_at__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=models.Q(until_at=None), name="membership_holder_one_now"
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} in {self.holder_id}"
