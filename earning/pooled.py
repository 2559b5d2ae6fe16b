"""Whose steps to work out anew when pots were pooled, left or merged: whoever has other activity to count now."""

from __future__ import annotations

from earning import standing
from members.hooks import Happened
from members.models import Membership

_ABOUT = frozenset({"household_joined", "household_left", "merged", "unmerged"})


def follow(happened: Happened) -> None:
    """Registered with members.hooks; runs in the transaction of the act."""
    if happened.what not in _ABOUT:
        return
    values = happened.values
    holders = values["holder_ids"] if "holder_ids" in values else [values["holder_id"]]
    program_id = Membership.objects.values_list("program_id", flat=True).get(pk=happened.membership_id)
    standing.follow_holders(program_id, holders, happened.now)
