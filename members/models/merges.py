"""Two memberships that turned out to be one person's."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from members.models.memberships import Membership


class Merge(models.Model):
    """`gone` was closed and `kept` stands for it, until it was undone. Holds what undoing needs, and nothing personal.

    `moved`: currency id -> [points, debt] that changed hands; `holders`: the gone one's, for whom `kept_holder_id`
    stands; `person`: what of the two people became one (members.persons); `undone`: what could not go back.
    """

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    kept = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    gone = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    kept_holder_id = models.BigIntegerField()
    gone_holder_id = models.BigIntegerField()
    holders = ArrayField(models.BigIntegerField())
    gone_status = models.CharField(max_length=10)
    moved = models.JSONField(default=dict)
    cards = ArrayField(models.BigIntegerField())
    person = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=80, blank=True)
    undone = models.JSONField(null=True, blank=True)

    class Meta:
        db_table = "membership_merge"
        indexes = [models.Index(fields=["kept"], name="membership_merge_kept")]
        constraints = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="membership_merge_once"),
            models.CheckConstraint(condition=~Q(kept=models.F("gone")), name="membership_merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"
