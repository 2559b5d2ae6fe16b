"""Closing and opening a membership, with what the rooms below cannot know: rewards under way, receipts that waited."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from activity import attribution
from care.models import Erasure
from ledger import queries as ledger
from members import closing
from members.models import Closing, Membership, MembershipHolder
from members.refusals import Refused

REMATCHED = 500
"""Receipts that waited while the membership was closed and are counted at once; a worker finds the others."""


class RewardUnderWay(Refused):
    """A reward is being taken at this moment: it is confirmed, let go, or lapses within a quarter of an hour."""

    field = "membership"


class Erased(Refused):
    """Nobody is left whose membership could be opened."""

    field = "member"


def close(
    *, membership_id: int, reason: str, now: datetime, by: str, words: str = "", own: bool = False,
    settles_at: datetime | None = None,
) -> Closing:  # fmt: skip
    """Close a membership. Raises RewardUnderWay, and as `members.closing.close` does."""
    with transaction.atomic():
        closing.locked(membership_id)
        holder_id = MembershipHolder.objects.get(membership_id=membership_id, until_at=None).holder_id
        if any(one.held for one in ledger.balances(holder_id, now)) and not closing.in_household(membership_id):
            raise RewardUnderWay("points are set aside for a reward")
        return closing.close(
            membership_id=membership_id, reason=reason, now=now, by=by, words=words, own=own, settles_at=settles_at
        )


def reopen(*, membership_id: int, now: datetime, by: str, own: bool = False, words: str = "") -> Membership:
    """Open it again; what was bought meanwhile with its card counts. Raises Erased, and as `members.closing.reopen`
    does."""
    with transaction.atomic():
        if Erasure.objects.filter(member__memberships=membership_id, state=Erasure.State.DONE).exists():
            raise Erased("this person was erased")
        row = closing.reopen(membership_id=membership_id, now=now, by=by, own=own, words=words)
        attribution.rematch(row.program, now, REMATCHED)
    return row
