"""What we owe people to say, and what became of it."""

from __future__ import annotations

import uuid

from django.db import models


class Outgoing(models.Model):
    """One message, owed once for each key. Its body is worked out when it goes out, and kept nowhere.

    `address` is only for who has no membership, and is forgotten once the message has ended; a member's address is
    read at delivery. `facts` are the plain values its template speaks of.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"
        DROPPED = "dropped"

    uid = models.UUIDField(unique=True, default=uuid.uuid4, help_text="names the mail in its Message-ID")
    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=40)
    membership = models.ForeignKey("members.Membership", models.PROTECT, null=True, related_name="+")
    program = models.ForeignKey("programs.Program", models.PROTECT, null=True, related_name="+")
    address = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=8, blank=True)
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices)
    attempts = models.SmallIntegerField(default=0)
    error = models.CharField(max_length=120, blank=True, help_text="why it waits again, failed or was dropped")
    owed_at = models.DateTimeField()
    owed_by = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    token = models.UUIDField(null=True, help_text="of the worker that holds it")
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outgoing_message"
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="outgoing_message_due"),
            models.Index(fields=["membership", "owed_at"], name="outgoing_message_of"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="waiting") | models.Q(membership__isnull=False) | ~models.Q(address=""),
                name="outgoing_message_is_for_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(state="waiting") | models.Q(ended_at__isnull=False), name="outgoing_message_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.state}"
