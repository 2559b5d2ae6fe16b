"""What a re-scoring looks at: a member, a set of receipts, the activity of a period under corrected rules, or a replay.

A member, receipts and a correction are scored again from the facts that were kept with their awards; a replay alone
reads them anew, as if everything in its period had arrived on time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Kind = Literal["member", "receipts", "correction", "replay"]


@dataclass(frozen=True)
class Scope:
    """`from_on` and `until_on` are local days, the last one included; None is without end on that side."""

    kind: Kind
    membership_id: int | None = None
    activity_ids: tuple[int, ...] = ()
    from_on: date | None = None
    until_on: date | None = None

    def __post_init__(self) -> None:
        """Raises ValueError where nothing is named."""
        if self.kind == "member" and self.membership_id is None:
            raise ValueError("a member's re-scoring names the member")
        if self.kind == "receipts" and not self.activity_ids:
            raise ValueError("a re-scoring of receipts names them")
        if self.from_on and self.until_on and self.from_on > self.until_on:
            raise ValueError("a period ends after it begins")

    @property
    def anew(self) -> bool:
        return self.kind == "replay"

    def as_document(self) -> dict[str, Any]:
        """As jsonb keeps it; `from_document` reads it back."""
        said = {
            "membership_id": self.membership_id,
            "activity_ids": list(self.activity_ids),
            "from_on": self.from_on and self.from_on.isoformat(),
            "until_on": self.until_on and self.until_on.isoformat(),
        }
        return {"kind": self.kind} | {name: value for name, value in said.items() if value}

    def chosen(self) -> tuple[str, dict[str, Any]]:
        """A condition on attribution `t`, and its values."""
        parts, values = ["true"], dict[str, Any]()
        if self.membership_id is not None:
            parts.append("t.membership_id = %(membership)s")
            values["membership"] = self.membership_id
        if self.activity_ids:
            parts.append("t.activity_id = ANY(%(activities)s)")
            values["activities"] = list(self.activity_ids)
        if self.from_on is not None:
            parts.append("t.occurred_on >= %(from)s")
            values["from"] = self.from_on
        if self.until_on is not None:
            parts.append("t.occurred_on <= %(until)s")
            values["until"] = self.until_on
        return " AND ".join(parts), values


def of_member(membership_id: int) -> Scope:
    return Scope("member", membership_id=membership_id)


def of_receipts(activity_ids: Iterable[int]) -> Scope:
    return Scope("receipts", activity_ids=tuple(sorted(set(activity_ids))))


def correction(from_on: date | None, until_on: date | None) -> Scope:
    """The activity of a period, for rules that were corrected."""
    return Scope("correction", from_on=from_on, until_on=until_on)


def replay(from_on: date | None, until_on: date | None, *, membership_id: int | None = None) -> Scope:
    """The activity of a period, of everybody or of one member, with its facts read anew."""
    return Scope("replay", membership_id=membership_id, from_on=from_on, until_on=until_on)


def from_document(document: dict[str, Any]) -> Scope:
    days = {
        name: date.fromisoformat(document[name]) if document.get(name) else None for name in ("from_on", "until_on")
    }
    return Scope(document["kind"], document.get("membership_id"), tuple(document.get("activity_ids", ())), **days)
