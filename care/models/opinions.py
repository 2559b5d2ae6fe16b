"""What members say of a receipt or a visit."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Opinion(models.Model):
    """A rating from 0 to 10 with words, once per receipt and member. `occurred_on` is the local day it is about."""

    class State(models.TextChoices):
        NEW = "new"
        ANSWERED = "answered"
        CLOSED = "closed"

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    membership = models.ForeignKey("members.Membership", models.PROTECT, related_name="opinions")
    # the one it was made under, where another stands for that one since (care.following)
    made_under = models.ForeignKey("members.Membership", models.PROTECT, null=True, related_name="+")
    activity_id = models.BigIntegerField(null=True, help_text="null: a visit nobody recorded")
    occurred_on = models.DateField()
    store = models.ForeignKey("programs.Store", models.PROTECT, null=True, related_name="+")
    rating = models.SmallIntegerField()
    words = models.TextField(blank=True)
    channel = models.CharField(max_length=8)
    given_at = models.DateTimeField()
    given_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=80, blank=True)
    case = models.ForeignKey("care.Case", models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "care_opinion"
        indexes = [
            models.Index(fields=["program", "state", "given_at"], name="care_opinion_queue"),
            models.Index(fields=["membership", "-given_at"], name="care_opinion_of_member"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "activity_id"],
                condition=Q(activity_id__isnull=False),
                name="care_opinion_once_a_receipt",
            ),
            models.UniqueConstraint(
                fields=["membership", "store", "occurred_on"],
                condition=Q(activity_id=None),
                name="care_opinion_once_a_visit",
            ),
            models.CheckConstraint(condition=Q(rating__gte=0, rating__lte=10), name="care_opinion_0_to_10"),
        ]

    def __str__(self) -> str:
        return f"{self.rating} of {self.membership_id}"
