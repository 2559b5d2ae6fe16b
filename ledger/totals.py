"""What many pots hold together, for what a program owes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ledger.lapsing import HELD

_TOTALS = f"""
SELECT currency_id, sum(available)::bigint, sum(pending)::bigint, sum(debt)::bigint FROM (
    SELECT l.currency_id, (l.remaining - {HELD}) * (l.available_at <= %(now)s)::int AS available,
           (l.remaining - {HELD}) * (l.available_at > %(now)s)::int AS pending, 0 AS debt
    FROM ledger_lot l
    WHERE l.holder_id = ANY(%(holders)s) AND l.remaining > 0 AND (l.expires_at IS NULL OR l.expires_at > %(now)s)
    UNION ALL
    SELECT w.currency_id, 0, 0, w.debt FROM ledger_wallet w WHERE w.holder_id = ANY(%(holders)s)
) AS parts GROUP BY currency_id ORDER BY currency_id
"""


@dataclass(frozen=True)
class Total:
    """The pots of one currency together, in its smallest units, at a moment."""

    currency_id: int
    available: int
    pending: int
    debt: int


def of(holder_ids: Iterable[int], now: datetime) -> list[Total]:
    """The totals of these holders' pots by currency."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"holders": list(holder_ids), "now": now})
        return [Total(*row) for row in cursor.fetchall()]
