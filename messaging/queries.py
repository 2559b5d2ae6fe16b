"""What was said to somebody, for the timeline of their contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from members import pooling
from messaging.models import Outgoing


@dataclass(frozen=True)
class Said:
    """A message as staff see it: what kind and what became of it, never its words. `at` is when it ended, else owed."""

    at: datetime
    kind: str
    state: str
    error: str


def of_membership(membership_id: int, *, since: datetime | None = None, limit: int = 100) -> list[Said]:
    """The newest messages owed to a membership, and to those that were merged into it."""
    rows = Outgoing.objects.filter(membership__in=pooling.one_person(membership_id))
    if since:
        rows = rows.filter(owed_at__gte=since)
    return [
        Said(row.ended_at or row.owed_at, row.kind, row.state, row.error) for row in rows.order_by("-owed_at")[:limit]
    ]
