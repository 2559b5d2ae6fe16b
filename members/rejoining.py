"""Somebody who had left joins again: while nothing is settled everything is as it was; afterwards it begins anew.

Anew: the same number and cards, an empty pot, a member since today. History and limits go on being hers.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from members import closing, hooks, policies
from members.models import Membership
from members.refusals import Refused

RESTORED, ANEW = "restored", "anew"


class StaffDecide(Refused):
    """The membership was suspended before it was closed, or nobody knows why it is closed: the desk opens it."""

    field = "membership"


def may(membership: Membership) -> bool:
    """Whether a closed and settled membership begins anew for its person without staff."""
    last = closing.latest(membership.pk)
    known = last is not None and last.status_before != Membership.Status.SUSPENDED
    return known and policies.can_change(membership.member, "status")


def again(*, membership_id: int, channel: str, now: datetime, by: str) -> tuple[Membership, str]:
    """The open membership of a person who joins, and how it was opened: RESTORED, ANEW, or "" where it never closed.

    One that was merged is the one that stands for it. Raises StaffDecide.
    """
    with transaction.atomic():
        row = closing.locked(membership_id)
        if row.merged_into_id is not None:
            return again(membership_id=row.merged_into_id, channel=channel, now=now, by=by)
        if row.status != Membership.Status.CLOSED:
            return row, ""
        restored = closing.open_closing(membership_id) is not None
        if not restored and not may(row):
            raise StaffDecide("the membership is opened at the desk")
        row = closing.reopen(membership_id=membership_id, now=now, by=by, own=restored)
        if restored:
            return row, RESTORED
        row.joined_at, row.channel = now, channel
        row.save(update_fields=["joined_at", "channel"])
        hooks.tell("joined", membership_id=membership_id, now=now, by=by, channel=channel)
        return row, ANEW
