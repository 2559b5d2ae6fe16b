"""What happened, for those who show it. Answers are frozen values; a screen asks once, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from activity.models import InboundFile, Kind

_OF_HOLDER = """
SELECT a.activity_id, a.occurred_on, a.occurred_at, a.kind, a.external_id, a.store_id, a.channel, a.currency,
       a.gross, a.net, a.event_type, cardinality(a.states)
FROM attribution t JOIN activity a ON a.activity_id = t.activity_id
WHERE t.holder_id = %s AND t.occurred_on >= %s AND t.occurred_on < %s AND t.ended_at IS NULL
ORDER BY a.occurred_at DESC, a.activity_id DESC LIMIT %s
"""
_LINES = """
SELECT l.activity_id, l.line, l.sku, s.name, s.category, s.brand, l.quantity, l.gross, l.discount, l.net, l.tax,
       (SELECT coalesce(sum(r.quantity), 0)::bigint FROM return_link r
        WHERE r.purchase_activity_id = l.activity_id AND r.purchase_line = l.line)
FROM activity_line l LEFT JOIN product_state s ON s.id = l.state_id
WHERE l.activity_id = ANY(%s) ORDER BY l.activity_id, l.line
"""
_WAITING = """
SELECT reason, count(*) FROM attribution
WHERE program_id = %s AND membership_id IS NULL AND ended_at IS NULL GROUP BY reason
"""


@dataclass(frozen=True)
class Line:
    """One line; amounts in minor units, quantities in thousandths, `returned` of the quantity so far."""

    line: int
    sku: str
    name: str
    category: str
    brand: str
    quantity: int
    gross: int
    discount: int
    net: int
    tax: int | None
    returned: int


@dataclass(frozen=True)
class Happened:
    """An activity as its holder sees it; `lines` only where they were asked for."""

    activity_id: int
    occurred_on: date
    occurred_at: datetime
    kind: Kind
    external_id: str
    store_id: int | None
    channel: str | None
    currency: str
    gross: int
    net: int
    event_type: str | None
    line_count: int
    lines: tuple[Line, ...] = field(default=())


def of_holder(holder_id: int, *, since: date, until: date, limit: int = 500, lines: bool = False) -> list[Happened]:
    """What a holder did on the local days from `since` to before `until`, latest first."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_HOLDER, [holder_id, since, until, limit])
        rows: list[Sequence[Any]] = cursor.fetchall()
    told = lines_of([row[0] for row in rows]) if lines else {}
    return [replace(Happened(*row), kind=Kind(row[3]), lines=tuple(told.get(row[0], ()))) for row in rows]


def lines_of(activity_ids: Sequence[int]) -> dict[int, list[Line]]:
    """The lines of receipts with their products as they were then."""
    found: dict[int, list[Line]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [list(activity_ids)])
        for activity_id, *values in cursor.fetchall():
            found.setdefault(activity_id, []).append(Line(*values))
    return found


def waiting_by_reason(program_id: int) -> dict[str, int]:
    """How much activity of a program waits for its member, by reason."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [program_id])
        return dict(cursor.fetchall())


def imports() -> QuerySet[InboundFile]:
    """Readings of files, latest first."""
    return InboundFile.objects.select_related("source", "program").order_by("-id")
