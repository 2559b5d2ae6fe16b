"""Posting the end of lots that are dead. Nothing depends on when this runs: dead points cannot be spent anyway."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import copying, idempotency, lapsing, wallets
from ledger.idempotency import Cause

# Holder by holder along the index of open lots; what is held stays until its hold lapses.
_DUE = """
SELECT holder_id, currency_id, lot_id FROM ledger_lot
WHERE remaining > 0 AND remaining > held AND expires_at <= %(now)s AND holder_id >= %(after)s
  AND (%(holders)s::bigint[] IS NULL OR holder_id = ANY(%(holders)s::bigint[]))
ORDER BY holder_id, currency_id, expires_at, occurred_on, lot_id LIMIT %(limit)s
"""
# Read again inside the lock; `times` tells a second death of the same lot (a hold lapsed after the first) apart.
_STILL_DUE = """
SELECT l.holder_id, l.lot_id,
       (SELECT count(*) FROM ledger_entry e
        WHERE e.holder_id = l.holder_id AND e.lot_id = l.lot_id AND e.kind = 'expire') AS times
FROM unnest(%(holders)s::bigint[], %(lots)s::bigint[]) AS due(holder_id, lot_id)
JOIN ledger_lot l ON l.holder_id = due.holder_id AND l.lot_id = due.lot_id
WHERE l.remaining > l.held AND l.expires_at <= %(now)s
ORDER BY l.holder_id, l.lot_id
"""
_EXPIRE = """
WITH due AS (
    SELECT l.holder_id, l.lot_id, l.currency_id, l.expires_at, l.remaining - l.held AS amount, d.idem,
           nextval('ledger_posting_id') AS posting_id
    FROM unnest(%(holders)s::bigint[], %(lots)s::bigint[], %(keys)s::uuid[]) AS d(holder_id, lot_id, idem)
    JOIN ledger_lot l ON l.holder_id = d.holder_id AND l.lot_id = d.lot_id
), postings AS (
    INSERT INTO ledger_posting (holder_id, posting_id, idem, kind, source_type, source_id, actor, effective_at)
    SELECT holder_id, posting_id, idem, 'expire', 'lot', lot_id, %(actor)s, expires_at FROM due
    ORDER BY holder_id, posting_id
), lots AS (
    UPDATE ledger_lot l SET remaining = l.held FROM due WHERE l.holder_id = due.holder_id AND l.lot_id = due.lot_id
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), posting_id, lot_id, currency_id, -amount, 'expire', 'expire',
           expires_at
    FROM due ORDER BY holder_id, lot_id
)
UPDATE ledger_wallet w SET total = w.total - d.amount, version = w.version + 1
FROM (SELECT holder_id, currency_id, sum(amount) AS amount FROM due GROUP BY holder_id, currency_id) d
WHERE w.holder_id = d.holder_id AND w.currency_id = d.currency_id
"""


def expire_due(
    now: datetime, limit: int = 2_000, *, holder_ids: Iterable[int] | None = None, actor: str = "system"
) -> int:
    """Post the end of every lot dead at `now`, `limit` lots a transaction; return how many lots ended.

    What is held in a dead lot stays until its hold lapses; holds that have lapsed are freed first.

    Runs beside itself without harm: a lot's end is posted once, under the lock of its wallet.
    """
    holders = None if holder_ids is None else list(holder_ids)
    lapsing.lapse_due(now, limit, holder_ids=holders)
    ended, after = 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as django_cursor:
            cursor = copying.plain(django_cursor)
            cursor.execute(_DUE, {"now": now, "after": after, "limit": limit, "holders": holders})
            due = cursor.fetchall()
            if due:
                ended += _end(cursor, due, now, actor)
                after = due[-1][0]
        if len(due) < limit:
            return ended


def _end(cursor: Any, due: list[tuple[int, int, int]], now: datetime, actor: str) -> int:
    wallets.lock(cursor, [(holder_id, currency_id) for holder_id, currency_id, _ in due])
    values = {"holders": [row[0] for row in due], "lots": [row[2] for row in due], "now": now}
    cursor.execute(_STILL_DUE, values)
    dying = cursor.fetchall()
    values = {
        "holders": [holder_id for holder_id, _, _ in dying],
        "lots": [lot_id for _, lot_id, _ in dying],
        "keys": [idempotency.of_cause(Cause.EXPIRE, lot_id, times) for _, lot_id, times in dying],
        "actor": actor,
    }
    cursor.execute(_EXPIRE, values)
    return len(dying)
