"""Requests, opinions and points by hand follow a membership that was merged, and come back when that is undone.

Each row remembers under which membership it was made (`made_under`), so that nothing else has to be kept for the way
back, whatever was merged before or since. What somebody said of one visit under both stays with each of the two.
"""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from care.models import Adjustment, Case, Opinion
from members import merging
from members.hooks import Happened


def follow(happened: Happened) -> None:
    """Registered with members.hooks; runs in the transaction of the merge, or of its undoing."""
    if happened.what == "merged":
        _go(happened.values["gone"], happened.membership_id)
    elif happened.what == "unmerged":
        _come_back(happened.values["gone"], happened.membership_id)


def _go(gone: int, kept: int) -> None:
    own = Q(membership_id=gone)
    for rows in (Case.objects.filter(own), Adjustment.objects.filter(own), _not_said_twice(own, kept)):
        rows.update(made_under_id=Coalesce(F("made_under_id"), F("membership_id")), membership_id=kept)


def _come_back(gone: int, kept: int) -> None:
    """Also what came to the gone one by an earlier merge: that is the gone one's again."""
    hers = Q(membership_id=kept, made_under_id__in=merging.absorbed(gone))
    for rows in (Case.objects.filter(hers), Adjustment.objects.filter(hers), _not_said_twice(hers, gone)):
        rows.update(membership_id=gone)
    for model in (Case, Adjustment, Opinion):
        model._default_manager.filter(membership_id=gone, made_under_id=gone).update(made_under_id=None)


def _not_said_twice(wanted: Q, to: int) -> QuerySet[Opinion]:
    """Of these opinions those that the other one has not as well: there is one of a receipt, and one of a visit."""
    same = Q(activity_id=OuterRef("activity_id")) | Q(
        activity_id=None, store_id=OuterRef("store_id"), occurred_on=OuterRef("occurred_on")
    )
    theirs = Opinion.objects.filter(same, membership_id=to)
    return Opinion.objects.filter(wanted).exclude(Exists(theirs))
