"""The access log: who opened which member, or was shown her name, why, when. Written by doors, read by auditors."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from audit.models import AccessEvent

DESK, CALL, TILL = "desk", "call", "till"
SEARCH = "search"
"""The page of a row that says: her name stood among others in the answer of a search, a list or a warning."""


def record(*, actor: str, membership_id: int, page: str, purpose: str, at: datetime) -> None:
    """Add one row. It names the person by the number of a login and the member by the number of a membership."""
    AccessEvent.objects.create(actor=actor, membership_id=membership_id, page=page[:40], purpose=purpose[:40], at=at)


def record_shown(*, actor: str, membership_ids: Iterable[int], purpose: str, at: datetime) -> None:
    """Add a row for each member whose name a search or a list showed, in one statement."""
    AccessEvent.objects.bulk_create(
        AccessEvent(actor=actor, membership_id=pk, page=SEARCH, purpose=purpose[:40], at=at) for pk in membership_ids
    )


def events(
    *, since: datetime, until: datetime, actor: str = "", membership_id: int | None = None
) -> QuerySet[AccessEvent]:
    """Accesses between two moments, the latest first; of one person, to one membership, where they are given."""
    rows = AccessEvent.objects.filter(at__gte=since, at__lt=until).order_by("-at", "-pk")
    if actor:
        rows = rows.filter(actor=actor)
    if membership_id is not None:
        rows = rows.filter(membership_id=membership_id)
    return rows
