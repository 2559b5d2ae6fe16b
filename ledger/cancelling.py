"""Cancelling what was given by hand: the whole movement is turned round, or nothing happens.

Only an adding movement can be cancelled, and only while its lot still holds all that it gave: what was spent, repaid a
debt, died or went elsewhere meanwhile is corrected by an adjustment, in the open. What activity gave is corrected by
scoring it again, what was spent comes back by `reversal`.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import hooks, idempotency, lapsing, wallets
from ledger.posting import InsufficientPoints


class NotCancellable(Exception):
    """The holder has no movement of that number that was made by hand and added something."""


_GIVEN = """
SELECT l.lot_id, l.currency_id, l.initial FROM ledger_posting p
JOIN ledger_lot l ON l.holder_id = p.holder_id AND l.posting_id = p.posting_id
WHERE p.holder_id = %(holder)s AND p.posting_id = %(posting)s AND p.kind = 'adjust'
"""
_BEFORE = "SELECT posting_id FROM ledger_posting WHERE holder_id = %(holder)s AND reverses = %(posting)s"
_EMPTY = """
UPDATE ledger_lot SET remaining = 0
WHERE holder_id = %(holder)s AND lot_id = %(lot)s AND remaining = initial AND held = 0
  AND (expires_at IS NULL OR expires_at > %(now)s)
"""
_LEFT = """
SELECT CASE WHEN expires_at <= %(now)s THEN 0 ELSE remaining - held END FROM ledger_lot
WHERE holder_id = %(holder)s AND lot_id = %(lot)s
"""
_POST = """
WITH made AS (
    INSERT INTO ledger_posting (holder_id, posting_id, idem, fingerprint, kind, reverses, actor, channel, effective_at)
    VALUES (%(holder)s, nextval('ledger_posting_id'), %(idem)s, %(asked)s, 'adjust', %(posting)s, %(actor)s,
            %(channel)s, %(now)s)
    RETURNING posting_id
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, cost_centre,
                              effective_at)
    SELECT e.holder_id, nextval('ledger_entry_id'), m.posting_id, e.lot_id, e.currency_id, -e.amount, 'adjust',
           e.contra, e.cost_centre, %(now)s
    FROM made m, ledger_entry e
    WHERE e.holder_id = %(holder)s AND e.posting_id = %(posting)s AND e.lot_id = %(lot)s AND e.amount > 0
)
SELECT posting_id FROM made
"""


def cancel(*, holder_id: int, posting_id: int, now: datetime, actor: str, channel: str = "") -> int:
    """Take back, out of its own lot, all that an adjustment gave; the posting that did. A second time answers the same.

    Raises NotCancellable (also for a spending), InsufficientPoints where not all of it is there any more.
    """
    values: dict[str, Any] = {"holder": holder_id, "posting": posting_id, "now": now, "actor": actor,
                              "channel": channel}  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_GIVEN, values)
        given = cursor.fetchone()
        if given is None:
            raise NotCancellable(f"posting {posting_id} gave nothing by hand")
        values["lot"], currency_id, amount = given
        pot = (holder_id, currency_id)
        lapsing.locked(cursor, [pot], now)
        cursor.execute(_BEFORE, values)
        if (before := cursor.fetchone()) is not None:
            return int(before[0])
        cursor.execute(_EMPTY, values)
        if not cursor.rowcount:
            cursor.execute(_LEFT, values)
            raise InsufficientPoints(cursor.fetchone()[0])
        values["idem"] = uuid.uuid5(idempotency.NAMESPACE, f"cancel:{posting_id}")
        values["asked"] = idempotency.fingerprint(do="cancel", posting=posting_id)
        cursor.execute(_POST, values)
        cancelled = int(cursor.fetchone()[0])
        wallets.move(cursor, [(*pot, -amount, 0)])
        hooks.moved(cursor, [pot], now)
        return cancelled
