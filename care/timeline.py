"""Every contact with a member on every channel, newest first, in a fixed number of statements.

A source is a callable (membership, since) -> entries; a room registers its own in `sources` when the app is ready.
What an entry says is for staff; whoever may not do its `action` for this member does not get it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from identity import rights
from members.models import Membership
from members.scoping import scope_of

GOES_BACK = timedelta(days=730)
MOST = 60


@dataclass(frozen=True)
class Contacted:
    """One contact. `channel` is a code (web, store, phone, desk, email ...), `by` how the trail names who did it;
    `icon` is one of templates/ui's; `action` is the right it takes to read it, empty for any."""

    at: datetime
    channel: str
    what: str
    by: str = ""
    href: str = ""
    icon: str = "message"
    alert: bool = False
    action: str = ""
    more: str = ""


Source = Callable[[Membership, datetime], Iterable[Contacted]]
sources: list[Source] = []


def of_member(membership: Membership, user: Any, *, now: datetime, limit: int = MOST) -> list[Contacted]:
    """What this person of staff may read of the member's contacts, newest first."""
    since, place = now - GOES_BACK, scope_of(membership)
    found = [entry for source in sources for entry in source(membership, since)]
    may = {action: rights.may(user, action, place) for action in {entry.action for entry in found} if action}
    readable = [entry for entry in found if may.get(entry.action, True)]
    return sorted(readable, key=lambda entry: entry.at, reverse=True)[:limit]
