"""The list of those who were erased, kept outside the database, and erasing them again on a backup that was restored.

A line is JSON: the member's public id, which tells nothing, and the moment. A backup older than an erasure knows
the person again; replaying the list forgets her again before anybody works with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from care.models import Erasure
from care.privacy import erasing
from members.models import Member
from members.refusals import Refused

ACTOR = "command:privacy"


class NoErasureList(ValueError):
    """A line is none of an erasure list."""


@dataclass(frozen=True)
class Replayed:
    """How many were erased again, were so already, are not in this database, and could not be settled."""

    erased: int
    already: int
    unknown: int
    waiting: tuple[str, ...]


def lines() -> Iterator[str]:
    """Everybody who was erased, oldest first."""
    rows = Erasure.objects.filter(state=Erasure.State.DONE).order_by("done_at", "pk")
    for public_id, done_at in rows.values_list("member__public_id", "done_at"):
        yield json.dumps({"member": public_id, "erased_at": done_at.isoformat() if done_at else ""})


def replay(listed: Iterable[str], *, now: datetime, by: str = ACTOR) -> Replayed:
    """Erase everybody on the list who is not erased here; run again it does nothing. Raises NoErasureList."""
    named = [_named(line) for line in listed if line.strip()]
    known = dict(Member.objects.filter(public_id__in=named).values_list("public_id", "pk"))
    erased, already, waiting = 0, 0, []
    for public_id in dict.fromkeys(named):
        if public_id not in known:
            continue
        if erasing.is_erased(known[public_id]):
            already += 1
            continue
        try:
            erasing.erase_now(member_id=known[public_id], reason="replay", now=now, by=by)
            erased += 1
        except Refused:
            waiting.append(public_id)
    return Replayed(erased, already, len(set(named) - known.keys()), tuple(waiting))


def _named(line: str) -> str:
    try:
        return str(json.loads(line)["member"])
    except (ValueError, KeyError, TypeError):
        raise NoErasureList(f"this is no line of an erasure list: {line.strip()[:80]!r}") from None
