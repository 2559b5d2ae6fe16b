"""What staff decide between a system and us."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Conflict(models.Model):
    """A field that both sides changed, or a newcomer who may be a member already.

    `theirs` (a field's value) and `record` (a newcomer as sent, or an address in its parts) are of a person: emptied
    when the conflict is resolved.
    """

    class Kind(models.TextChoices):
        FIELD = "field"
        DUPLICATE = "duplicate"

    class State(models.TextChoices):
        OPEN = "open"
        OURS = "ours"
        THEIRS = "theirs"
        SAME = "same"
        ANOTHER = "another"
        OVERTAKEN = "overtaken"

    system = models.ForeignKey("replication.System", models.PROTECT, related_name="+")
    run = models.ForeignKey("replication.Run", models.PROTECT, related_name="+")
    line = models.IntegerField(null=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    external_id = models.CharField(max_length=100)
    membership = models.ForeignKey("members.Membership", models.PROTECT, related_name="+", help_text="here")
    field = models.CharField(max_length=20, blank=True)
    theirs = models.CharField(max_length=254, blank=True)
    record = models.JSONField(null=True)
    version = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "replication_conflict"
        indexes = [models.Index(fields=["system", "state", "id"], name="replication_conflict_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "external_id", "field"], condition=Q(state="open"), name="replication_conflict_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.field} of {self.external_id}"
