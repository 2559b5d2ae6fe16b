"""What stood there before: every change of what is known of a person, with who, when and through which door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit import trail
from members.models import ContactHistory, Member


@dataclass(frozen=True)
class Hand:
    """Whose hand a change is: `by` as the audit trail names it, the door (web, store, phone, post), a reason."""

    by: str
    door: str
    reason: str = ""


def keep(member: Member, what: str, before: Any, *, hand: Hand, now: datetime) -> None:
    """Keep the old value of `what`, and say in the trail that it changed, without either value."""
    ContactHistory.objects.create(
        member=member, what=what, before=before, door=hand.door, reason=hand.reason[:200], by=hand.by[:80], at=now
    )
    trail.record(
        action=f"members.{what}_changed", actor=hand.by, obj=("member", member.pk), at=now,
        data={"door": hand.door},  # the reason is a person's own words: it stays where it can be emptied
    )  # fmt: skip


def of_member(member_id: int, limit: int = 50) -> list[ContactHistory]:
    """The newest changes first."""
    return list(ContactHistory.objects.filter(member_id=member_id).order_by("-at", "-pk")[:limit])
