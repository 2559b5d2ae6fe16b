"""What looks odd in the earning of some days: at a cashier's, in returns, in how fast cards are used.

Each question is one statement over the attributed activity of a program, and answers with what is over a threshold,
the oddest first. Odd is no proof: a person looks. The cashier and the till are the receipt's attributes `cashier` and
`till`, where tills send them; without them nothing is told of cashiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

MOST = 50


@dataclass(frozen=True)
class Days:
    """The local days looked at, `until` included; `store_ids` None: every store."""

    program_id: int
    since: date
    until: date
    store_ids: Sequence[int] | None = None


@dataclass(frozen=True)
class Cashier:
    """One cashier at one store: `share` is the part of her receipts that are of one and the same member, in percent."""

    store_id: int
    cashier: str
    receipts: int
    members: int
    points: int
    membership_id: int
    top: int
    share: int


@dataclass(frozen=True)
class Returner:
    """A member who brings back much of what she bought, in minor units of one currency; `ratio` in percent."""

    membership_id: int
    currency: str
    purchases: int
    returns: int
    bought: int
    returned: int
    ratio: int


@dataclass(frozen=True)
class Busy:
    """A card used for many receipts on one day."""

    membership_id: int
    day: date
    receipts: int
    stores: int


@dataclass(frozen=True)
class Crowd:
    """A till that saw many members' cards within one clock hour (UTC)."""

    store_id: int
    till: str
    hour: str
    members: int
    receipts: int


_OWN = """
WITH own AS (
    SELECT a.activity_id, a.occurred_on, a.occurred_at, a.kind, a.store_id, a.currency, a.net,
           a.attributes->>'cashier' AS cashier, a.attributes->>'till' AS till, t.holder_id, t.membership_id
    FROM attribution t JOIN activity a ON a.activity_id = t.activity_id
    WHERE t.program_id = %(program)s AND t.ended_at IS NULL AND t.membership_id IS NOT NULL
      AND t.occurred_on BETWEEN %(since)s AND %(until)s
      AND a.occurred_at BETWEEN %(since)s::date - 1 AND %(until)s::date + 2  -- any zone's days: for its index
      AND (%(stores)s::bigint[] IS NULL OR a.store_id = ANY(%(stores)s::bigint[]))
)
"""
_CASHIERS = (
    _OWN
    + """,
pairs AS (
    SELECT store_id, cashier, membership_id, count(*) AS receipts,
           sum((SELECT coalesce(sum(w.posted), 0) FROM award w
                WHERE w.holder_id = own.holder_id AND w.activity_id = own.activity_id
                  AND w.currency_id = ANY(%(currencies)s))) AS points
    FROM own WHERE kind = 1 AND cashier IS NOT NULL AND store_id IS NOT NULL GROUP BY 1, 2, 3
),
ranked AS (
    SELECT *, (sum(receipts) OVER whole)::bigint AS every, count(*) OVER whole AS members,
           (sum(points) OVER whole)::bigint AS sum_points,
           row_number() OVER (PARTITION BY store_id, cashier ORDER BY receipts DESC, membership_id) AS place
    FROM pairs WINDOW whole AS (PARTITION BY store_id, cashier)
)
SELECT store_id, cashier, every, members, sum_points, membership_id, receipts, (receipts * 100 / every)::int AS share
FROM ranked WHERE place = 1 AND receipts >= %(least)s AND receipts * 100 >= every * %(share)s
ORDER BY share DESC, receipts DESC, store_id, cashier LIMIT %(most)s
"""
)
_RETURNERS = (
    _OWN
    + """
SELECT membership_id, currency, count(*) FILTER (WHERE kind = 1), count(*) FILTER (WHERE kind = 2),
       coalesce(sum(net) FILTER (WHERE kind = 1), 0)::bigint AS bought,
       coalesce(sum(abs(net)) FILTER (WHERE kind = 2), 0)::bigint AS returned,
       (coalesce(sum(abs(net)) FILTER (WHERE kind = 2), 0) * 100
        / greatest(coalesce(sum(net) FILTER (WHERE kind = 1), 0), 1))::bigint AS ratio
FROM own WHERE kind IN (1, 2) GROUP BY 1, 2
HAVING count(*) FILTER (WHERE kind = 2) >= %(least)s
   AND coalesce(sum(abs(net)) FILTER (WHERE kind = 2), 0) * 100
       >= coalesce(sum(net) FILTER (WHERE kind = 1), 0) * %(share)s
ORDER BY returned DESC, membership_id LIMIT %(most)s
"""
)
_BUSY = (
    _OWN
    + """
SELECT membership_id, occurred_on, count(*) AS receipts, count(DISTINCT store_id)
FROM own WHERE kind = 1 GROUP BY 1, 2 HAVING count(*) >= %(least)s
ORDER BY receipts DESC, occurred_on DESC, membership_id LIMIT %(most)s
"""
)
_CROWDS = (
    _OWN
    + """
SELECT store_id, till, to_char(date_trunc('hour', occurred_at AT TIME ZONE 'UTC'), 'YYYY-MM-DD HH24:00') AS hour,
       count(DISTINCT membership_id) AS members, count(*)
FROM own WHERE kind = 1 AND till IS NOT NULL AND store_id IS NOT NULL GROUP BY 1, 2, 3
HAVING count(DISTINCT membership_id) >= %(least)s
ORDER BY members DESC, hour DESC, store_id, till LIMIT %(most)s
"""
)


def cashiers(days: Days, *, currency_ids: Sequence[int], least: int, share: int) -> list[Cashier]:
    """Cashiers of whose receipts at least `least`, and `share` percent, are of one member: her own card, perhaps."""
    return [Cashier(*row) for row in _rows(_CASHIERS, days, currencies=list(currency_ids), least=least, share=share)]


def returners(days: Days, *, least: int, share: int) -> list[Returner]:
    """Members with at least `least` returns, worth `share` percent of what they bought or more."""
    return [Returner(*row) for row in _rows(_RETURNERS, days, least=least, share=share)]


def busy_cards(days: Days, *, least: int) -> list[Busy]:
    """Members with at least `least` receipts on one day."""
    return [Busy(*row) for row in _rows(_BUSY, days, least=least)]


def crowded_tills(days: Days, *, least: int) -> list[Crowd]:
    """Tills that saw at least `least` members within one hour."""
    return [Crowd(*row) for row in _rows(_CROWDS, days, least=least)]


def _rows(query: str, days: Days, **values: Any) -> list[tuple[Any, ...]]:
    stores = None if days.store_ids is None else list(days.store_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            query,
            {"program": days.program_id, "since": days.since, "until": days.until, "stores": stores, "most": MOST,
             **values},
        )  # fmt: skip
        return cursor.fetchall()
