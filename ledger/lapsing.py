"""Holds that were neither captured nor released in time: what they set aside is free again at their own moment.

Nothing depends on when this is written down. Whoever locks a pot to draw from it frees what has lapsed there first
(`locked`), readers leave lapsed holds out of their sums, and a sweep tidies the rest (`lapse_due`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import copying, wallets
from ledger.wallets import Pot, Wallet

HELD = """CASE WHEN l.held = 0 THEN 0 ELSE (
    SELECT coalesce(sum(k.amount), 0)::bigint FROM ledger_hold_lot k
    JOIN ledger_hold h ON h.holder_id = k.holder_id AND h.hold_id = k.hold_id
    WHERE k.holder_id = l.holder_id AND k.lot_id = l.lot_id AND h.state = 'open' AND h.lapses_at > %(now)s) END"""
"""What holds set aside in a lot `l` at %(now)s, for readers: holds that lapsed since the last lock are left out."""

# Frees what the holds named by {which} set aside, and answers with their numbers; the wallets are locked before.
_FREE = """
WITH freed AS (
    UPDATE ledger_hold h SET state = %(state)s, resolved_at = {moment}
    WHERE h.state = 'open' AND h.holder_id = ANY(%(holders)s::bigint[]) AND {which}
    RETURNING h.holder_id, h.hold_id, h.currency_id, h.amount
), lots AS (
    UPDATE ledger_lot l SET held = l.held - k.amount
    FROM (SELECT k.holder_id, k.lot_id, sum(k.amount) AS amount
          FROM freed f JOIN ledger_hold_lot k ON k.holder_id = f.holder_id AND k.hold_id = f.hold_id
          GROUP BY k.holder_id, k.lot_id) k
    WHERE l.holder_id = k.holder_id AND l.lot_id = k.lot_id
), pots AS (
    UPDATE ledger_wallet w SET held = w.held - f.amount, version = w.version + 1
    FROM (SELECT holder_id, currency_id, sum(amount) AS amount FROM freed GROUP BY holder_id, currency_id) f
    WHERE w.holder_id = f.holder_id AND w.currency_id = f.currency_id
)
SELECT hold_id FROM freed
"""
_LAPSE = _FREE.replace("{moment}", "h.lapses_at").replace(
    "{which}",
    """(h.holder_id, h.currency_id) IN (SELECT * FROM unnest(%(holders)s::bigint[], %(currencies)s::int[]))
      AND h.lapses_at <= %(now)s""",
)
_RELEASE = _FREE.replace("{moment}", "%(now)s").replace("{which}", "h.hold_id = %(hold)s")
_DUE = """
SELECT DISTINCT holder_id, currency_id FROM ledger_hold
WHERE state = 'open' AND lapses_at <= %(now)s AND (holder_id, currency_id) > (%(after)s, %(after_currency)s)
  AND (%(holders)s::bigint[] IS NULL OR holder_id = ANY(%(holders)s::bigint[]))
ORDER BY holder_id, currency_id LIMIT %(limit)s
"""


def locked(cursor: Any, pots: Iterable[Pot], now: datetime) -> dict[Pot, Wallet]:
    """Lock these wallets, and free what holds of theirs had lapsed by `now`; the wallets as they stood before."""
    found = wallets.lock(cursor, pots)
    lapse(cursor, [pot for pot, wallet in found.items() if wallet.held], now)
    return found


def lapse(cursor: Any, pots: Iterable[Pot], now: datetime) -> int:
    """Free what lapsed in these pots, already locked; return how many holds that were."""
    asked = list(pots)
    if not asked:
        return 0
    values = {
        "holders": [holder_id for holder_id, _ in asked],
        "currencies": [currency_id for _, currency_id in asked],
        "state": "lapsed",
        "now": now,
    }
    cursor.execute(_LAPSE, values)
    return len(cursor.fetchall())


def release(cursor: Any, holder_id: int, hold_id: int, now: datetime) -> bool:
    """Free one open hold of a locked pot; False when it was resolved before."""
    values = {"holders": [holder_id], "hold": hold_id, "state": "released", "now": now}
    cursor.execute(_RELEASE, values)
    return bool(cursor.fetchall())


def lapse_due(now: datetime, limit: int = 2_000, *, holder_ids: Iterable[int] | None = None) -> int:
    """Write down every hold that has lapsed by `now`, `limit` pots a transaction; return how many."""
    holders = None if holder_ids is None else list(holder_ids)
    lapsed, after = 0, (0, 0)
    while True:
        with transaction.atomic(), connection.cursor() as django_cursor:
            cursor = copying.plain(django_cursor)
            values = {"now": now, "after": after[0], "after_currency": after[1], "limit": limit, "holders": holders}
            cursor.execute(_DUE, values)
            due = cursor.fetchall()
            if due:
                wallets.lock(cursor, due)
                lapsed += lapse(cursor, due, now)
                after = due[-1]
        if len(due) < limit:
            return lapsed
