"""Reading pots: balances, lots, statements. What is spendable is decided by `now`, never by whether a job has run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from ledger.lapsing import HELD
from ledger.maturing import NO_DAY

EXPIRING_WITHIN = timedelta(days=60)


@dataclass(frozen=True)
class Balance:
    """One pot in its parts, in the smallest units of its currency.

    `available` may be spent now; `pending` has not matured; `held` is set aside by holds; `debt` is owed.
    `next_available_at` is the first moment at which pending points mature, those that wait for an event left out.
    `expiring` lists (moment, amount) of available points that die within `EXPIRING_WITHIN`, nearest first.
    `lifetime_earned` is all that was ever given, less what returns took back and less what is still pending.
    """

    holder_id: int
    currency_id: int
    available: int
    pending: int
    held: int
    debt: int
    expiring: list[tuple[datetime, int]]
    next_available_at: datetime | None
    lifetime_earned: int
    lifetime_spent: int
    frozen_reason: str = ""


@dataclass(frozen=True)
class LotRow:
    """A lot with points left at `now`; `pending` until `available_at`, gone at `expires_at` (null: never)."""

    lot_id: int
    currency_id: int
    initial: int
    remaining: int
    held: int
    available_at: datetime
    expires_at: datetime | None
    activity_id: int | None
    occurred_on: date
    pending: bool


@dataclass(frozen=True)
class Movement:
    """One entry as a statement shows it: + into the pot, - out of it; the activity is the one its lot came from.

    The source is the cause of the posting: ("activity", id) of a receipt or return, ("lot", id) of an expiry.
    """

    entry_id: int
    posting_id: int
    lot_id: int
    currency_id: int
    amount: int
    kind: str
    contra: str
    effective_at: datetime
    recorded_at: datetime
    activity_id: int | None
    expires_at: datetime | None
    actor: str
    channel: str
    store_id: int | None
    source_type: str
    source_id: int | None


_BALANCES = f"""
WITH lots AS (
    SELECT l.holder_id, l.currency_id, l.available_at, l.remaining, {HELD} AS held, l.available_at > %(now)s AS pending,
           (l.expires_at IS NULL OR l.expires_at > %(now)s) AS alive,
           {NO_DAY} AS waits
    FROM ledger_lot l
    WHERE l.holder_id = ANY(%(holders)s) AND l.remaining > 0
      AND (l.expires_at IS NULL OR l.expires_at > %(now)s OR l.held > 0)
), parts AS (
    SELECT holder_id, currency_id,
           coalesce(sum(remaining - held) FILTER (WHERE alive AND NOT pending), 0)::bigint AS available,
           coalesce(sum(remaining - held) FILTER (WHERE alive AND pending), 0)::bigint AS pending,
           sum(held)::bigint AS held,
           min(available_at) FILTER (WHERE alive AND pending AND NOT waits) AS next_available_at
    FROM lots GROUP BY holder_id, currency_id
), moved AS (
    SELECT holder_id, currency_id,
           coalesce(sum(amount) FILTER (WHERE contra IN ('issue', 'goodwill', 'opening', 'clawback')), 0)::bigint
               AS given,
           coalesce(-sum(amount) FILTER (WHERE contra = 'redeem'), 0)::bigint AS spent
    FROM ledger_entry WHERE holder_id = ANY(%(holders)s) GROUP BY holder_id, currency_id
), owed AS (
    SELECT holder_id, currency_id, sum(amount) FILTER (WHERE reason = 'return') AS returned
    FROM ledger_debt_entry WHERE holder_id = ANY(%(holders)s) GROUP BY holder_id, currency_id
)
SELECT w.holder_id, w.currency_id, coalesce(p.available, 0), coalesce(p.pending, 0), coalesce(p.held, 0), w.debt,
       p.next_available_at,
       (coalesce(m.given, 0) - coalesce(o.returned, 0) - coalesce(p.pending, 0))::bigint,
       coalesce(m.spent, 0), w.frozen_reason
FROM ledger_wallet w
LEFT JOIN parts p USING (holder_id, currency_id)
LEFT JOIN moved m USING (holder_id, currency_id)
LEFT JOIN owed o USING (holder_id, currency_id)
WHERE w.holder_id = ANY(%(holders)s)
ORDER BY w.holder_id, w.currency_id
"""
_EXPIRING = f"""
SELECT l.holder_id, l.currency_id, l.expires_at, sum(l.remaining - {HELD})::bigint
FROM ledger_lot l
WHERE l.holder_id = ANY(%(holders)s) AND l.remaining > {HELD} AND l.remaining > 0 AND l.available_at <= %(now)s
  AND l.expires_at > %(now)s AND l.expires_at <= %(until)s
GROUP BY l.holder_id, l.currency_id, l.expires_at
ORDER BY l.holder_id, l.currency_id, l.expires_at
"""
_LOTS = f"""
SELECT l.lot_id, l.currency_id, l.initial, l.remaining, {HELD}, l.available_at, l.expires_at, l.activity_id,
       l.occurred_on, l.available_at > %(now)s
FROM ledger_lot l
WHERE l.holder_id = %(holder)s AND l.currency_id = ANY(%(currencies)s) AND l.remaining > 0
  AND (l.expires_at IS NULL OR l.expires_at > %(now)s)
ORDER BY l.currency_id, l.expires_at NULLS LAST, l.occurred_on, l.lot_id
"""
_BETWEEN = """
SELECT p.posting_id FROM ledger_posting p
JOIN ledger_posting o ON o.transfer_id = p.transfer_id AND o.holder_id <> p.holder_id
WHERE p.holder_id = ANY(%(holders)s) AND o.holder_id = ANY(%(holders)s) AND p.transfer_id IS NOT NULL
"""
_STATEMENT = """
SELECT e.entry_id, e.posting_id, e.lot_id, e.currency_id, e.amount, e.kind, e.contra, e.effective_at, e.recorded_at,
       l.activity_id, l.expires_at, p.actor, p.channel, p.store_id, p.source_type, p.source_id
FROM ledger_entry e
JOIN ledger_lot l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
JOIN ledger_posting p ON p.holder_id = e.holder_id AND p.posting_id = e.posting_id
WHERE e.holder_id = %(holder)s AND e.currency_id = ANY(%(currencies)s)
  AND e.effective_at >= %(since)s AND e.effective_at < %(until)s
ORDER BY e.effective_at DESC, e.entry_id DESC
LIMIT %(limit)s
"""


def transfers_between(holder_ids: Sequence[int]) -> set[int]:
    """Postings by which these holders gave something to one another: for all of them together nothing moved."""
    return {posting_id for (posting_id,) in _rows(_BETWEEN, {"holders": list(holder_ids)})}


def balances(holder_id: int, now: datetime) -> list[Balance]:
    """Every pot of one holder at `now`, in order of currency id; empty for a holder that never had a movement."""
    return balances_of([holder_id], now).get(holder_id, [])


def balances_of(
    holder_ids: Iterable[int], now: datetime, *, expiring_within: timedelta = EXPIRING_WITHIN
) -> dict[int, list[Balance]]:
    """`balances` of many holders, in two statements."""
    values: dict[str, Any] = {"holders": list(holder_ids), "now": now, "until": now + expiring_within}
    expiring: dict[tuple[int, int], list[tuple[datetime, int]]] = {}
    found: dict[int, list[Balance]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRING, values)
        for holder_id, currency_id, dies_at, amount in cursor.fetchall():
            expiring.setdefault((holder_id, currency_id), []).append((dies_at, amount))
        cursor.execute(_BALANCES, values)
        for holder_id, currency_id, available, pending, held, debt, matures_at, *rest in cursor.fetchall():
            dying = expiring.get((holder_id, currency_id), [])
            found.setdefault(holder_id, []).append(
                Balance(holder_id, currency_id, available, pending, held, debt, dying, matures_at, *rest)
            )
    return found


def lots(holder_id: int, currency_ids: Sequence[int], now: datetime) -> list[LotRow]:
    """The lots with points left at `now`, in the order they would be consumed (pending ones among them)."""
    values = {"holder": holder_id, "currencies": list(currency_ids), "now": now}
    return [LotRow(*row) for row in _rows(_LOTS, values)]


def statement(
    holder_id: int, currency_ids: Sequence[int], since: datetime, until: datetime, *, limit: int = 10_000
) -> list[Movement]:
    """The movements effective from `since` until before `until`, the latest first."""
    values = {"holder": holder_id, "currencies": list(currency_ids), "since": since, "until": until, "limit": limit}
    return [Movement(*row) for row in _rows(_STATEMENT, values)]


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
