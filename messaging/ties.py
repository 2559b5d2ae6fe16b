"""Memberships that became one or two again, and households that were left: told to whoever it is about.

A merge is told to the address of the one that is gone as well: where it was a mistake, its owner must hear of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from members import households, merging
from members.hooks import Happened
from members.models import Member, Membership
from messaging import amounts, outbox


def tell(happened: Happened) -> None:
    """Registered with members.hooks."""
    if act := _ACTS.get(happened.what):
        act(happened)


def with_day(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A day as a day again, so that the letter writes it in the member's language."""
    return {"until_on": date.fromisoformat(facts["until"])} if facts.get("until") else {}


def with_name(facts: Mapping[str, Any]) -> dict[str, str]:
    """Who left: her name is read when the letter goes out, and stands in no row of the outbox."""
    return {"who": Member.objects.filter(memberships=facts["left"]).values_list("first_name", flat=True).first() or ""}


def with_parts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The part of each pot, written in the language of the letter."""
    return {"parts": amounts.of_pots(facts["program_id"], facts["amounts"])}


def _merged(happened: Happened) -> None:
    kept, gone = _two(happened)
    until = (happened.values["merged_at"] + merging.UNDO_WITHIN - timedelta(days=1)).date()
    values = {"until": until.isoformat()}
    _owe(happened, kept, "merged", values)
    if gone.member.email and gone.member.email != kept.member.email:
        outbox.owe_address(
            address=gone.member.email, language=gone.member.language or kept.member.language or "en",
            program_id=gone.program_id, kind="merged", values=values, now=happened.now, by=happened.by,
            key=f"merged:{gone.pk}:{happened.now.isoformat()}",
        )  # fmt: skip


def _unmerged(happened: Happened) -> None:
    for one in _two(happened):
        _owe(happened, one, "unmerged", {})


def _left(happened: Happened) -> None:
    """To whoever left, unless a letter about the part says it; and to the head of those who stay."""
    said, who = happened.values, Membership.objects.get(pk=happened.membership_id)
    own = happened.by == f"member:{who.public_id}"
    if said["how"] != households.PARTED:
        _owe(happened, who, "household_left", {"own": own, "last": said["last"], "path": "me/household/"})
    if said["last"] or said["how"] == households.ENDS:
        return
    head = Membership.objects.get(pk=said["head"])
    if happened.by != f"member:{head.public_id}":
        _owe(happened, head, "household_smaller", {"left": who.pk, "path": "me/household/"})


def _parted(happened: Happened) -> None:
    said, who = happened.values, Membership.objects.get(pk=happened.membership_id)
    if said["parts"]:
        facts = {"amounts": said["parts"], "program_id": who.program_id, "left_now": said["left_now"], "path": "/"}
        _owe(happened, who, "household_parted", facts)
    elif said["left_now"]:
        _owe(happened, who, "household_left", {"own": False, "last": False, "path": "me/household/"})


def _two(happened: Happened) -> tuple[Membership, Membership]:
    rows = Membership.objects.select_related("member").in_bulk([happened.membership_id, happened.values["gone"]])
    return rows[happened.membership_id], rows[happened.values["gone"]]


def _owe(happened: Happened, to: Membership, kind: str, values: Mapping[str, Any]) -> None:
    """One letter of a kind to a person for each thing that happened to somebody."""
    outbox.owe(
        membership_id=to.pk, kind=kind, values=values, now=happened.now, by=happened.by,
        key=f"{kind}:{to.pk}:{happened.membership_id}:{happened.now.isoformat()}",
    )  # fmt: skip


_ACTS: dict[str, Callable[[Happened], None]] = {
    "merged": _merged, "unmerged": _unmerged, "household_left": _left, "household_split": _parted,
}  # fmt: skip
