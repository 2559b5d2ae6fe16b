"""Memberships that end, or rest."""

from __future__ import annotations

from django.db import models

from members.models.memberships import Membership


class Closing(models.Model):
    """One leaving: the membership is closed from `asked_at`; until `settles_at` coming back restores it as it was.

    `pot`: what becomes of the points, as the program had it when the person left. `outcome`: currency code -> what was
    given up, turned into a voucher or used to repay debt, in smallest units. `words` are the person's or staff's own.
    """

    class State(models.TextChoices):
        OPEN = "open"
        REOPENED = "reopened"
        SETTLED = "settled"

    class Pot(models.TextChoices):
        FORFEIT = "forfeit"
        GRACE = "grace"
        VOUCHER = "voucher"

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="closings")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    status_before = models.CharField(max_length=10, choices=Membership.Status.choices)
    pot = models.CharField(max_length=8, choices=Pot.choices)
    reason = models.CharField(max_length=40, help_text="a code: moved, privacy, ...")
    words = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    settles_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.CharField(max_length=80, blank=True)
    outcome = models.JSONField(default=dict)

    class Meta:
        db_table = "membership_closing"
        indexes = [
            models.Index(fields=["settles_at"], condition=models.Q(state="open"), name="membership_closing_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=models.Q(state="open"), name="membership_closing_one_open"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="settled") | models.Q(settled_at__isnull=False),
                name="membership_closing_settled_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} leaves: {self.state}"


class Suspension(models.Model):
    """From `from_at` until it is lifted the membership earns and does not spend. `words` are for staff alone."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="suspensions")
    reason = models.CharField(max_length=40, help_text="a code: fraud, misuse, ...")
    words = models.CharField(max_length=300, blank=True)
    from_at = models.DateTimeField()
    by = models.CharField(max_length=80)
    until_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=80, blank=True)
    lifted_words = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "membership_suspension"
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=models.Q(until_at=None), name="membership_suspension_one_now"
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} suspended: {self.reason}"
