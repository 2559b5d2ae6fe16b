"""Points given or taken by hand, at once or after another person's word."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Adjustment(models.Model):
    """`amount` in smallest units of the currency, below zero a debit; `value` is what it is worth, never below zero,
    in minor units of `money`, the market's, so that it can be held against a ceiling."""

    class State(models.TextChoices):
        WAITING = "waiting"
        POSTED = "posted"
        REFUSED = "refused"
        EXPIRED = "expired"

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    membership = models.ForeignKey("members.Membership", models.PROTECT, related_name="+")
    # the one it was made under, where another stands for that one since (care.following)
    made_under = models.ForeignKey("members.Membership", models.PROTECT, null=True, related_name="+")
    currency = models.ForeignKey("programs.Currency", models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    value = models.BigIntegerField()
    money = models.CharField(max_length=3)
    reason = models.CharField(max_length=40, help_text="a code of the program's list")
    words = models.CharField(max_length=300, blank=True)
    case = models.ForeignKey("care.Case", models.PROTECT, null=True, related_name="adjustments")
    key = models.UUIDField(unique=True, help_text="the form's: sent twice, it is one act")
    state = models.CharField(max_length=8, choices=State.choices)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    posting_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "care_adjustment"
        indexes = [
            models.Index(fields=["membership", "-asked_at"], name="care_adjustment_of_member"),
            models.Index(fields=["asked_by", "asked_at"], name="care_adjustment_of_asker"),
            models.Index(fields=["program", "asked_at"], condition=Q(state="waiting"), name="care_adjustment_waiting"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0) & Q(value__gte=0), name="care_adjustment_moves_something"),
            models.CheckConstraint(
                condition=Q(state="posted", posting_id__isnull=False) | (~Q(state="posted") & Q(posting_id=None)),
                name="care_adjustment_posted_has_its_posting",
            ),
            # four eyes, whatever the code above it does: who asked is never who decided
            models.CheckConstraint(condition=~Q(decided_by=F("asked_by")), name="care_adjustment_four_eyes"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.membership_id}: {self.state}"
