"""The line of time on a member's page, and her cases: what this person may read of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backoffice import casework, staff_names
from backoffice.doors import Desk
from care import timeline, words
from members.models import Membership
from members.scoping import scope_of
from web import people

SHOWN = 30


@dataclass(frozen=True)
class Contact:
    """One contact; `parts` say by whom, on which channel, and what else."""

    at: datetime
    what: str
    href: str
    icon: str
    alert: bool
    parts: list[str]


@dataclass(frozen=True)
class Care:
    """What the member's page shows of this room; `cases` None for whoever may not see them."""

    cases: list[casework.CaseRow] | None
    contacts: list[Contact]
    may_open_case: bool


def of_member(desk: Desk, membership: Membership) -> Care:
    """In a fixed number of statements, whatever the member's past."""
    place = scope_of(membership)
    entries = timeline.of_member(membership, desk.user, now=desk.now, limit=SHOWN)
    names = staff_names.of((entry.by for entry in entries if entry.by), str(membership.member))
    return Care(
        cases=casework.of_member(desk, membership) if desk.may("cases.see", place) else None,
        contacts=[_contact(entry, names) for entry in entries],
        may_open_case=desk.may("cases.work", place),
    )


def _contact(entry: timeline.Contacted, names: dict[str, str]) -> Contact:
    channel = words.label({**people.CHANNELS, **words.CHANNELS}, entry.channel)
    parts = [names.get(entry.by, ""), channel, entry.more]
    return Contact(entry.at, entry.what, entry.href, entry.icon, entry.alert, [part for part in parts if part])
