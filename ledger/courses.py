"""What pots did over time, as plain changes: for whoever counts what was earned, or what was there, at any moment.

A change is (holder_id, at, amount, key, undoes). `key` is the activity it belongs to, 0 for none. With `undoes`, the
amount (positive) was taken back of what that activity gave, whenever that was. Points count from the moment they can
be spent, so one that is still to come stands at its own moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

Row = tuple[int, datetime, int, int, bool]

_LAST_YEAR = 2900  # what waits for an event waits without end

_ENTRIES = """
SELECT e.holder_id, e.lot_id, coalesce(l.activity_id, 0), l.available_at, l.expires_at, e.contra, e.amount,
       e.effective_at, CASE WHEN e.contra = 'clawback' THEN coalesce(p.source_id, 0) ELSE 0 END
FROM ledger_entry e
JOIN ledger_lot l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
LEFT JOIN ledger_posting p ON e.contra = 'clawback' AND p.holder_id = e.holder_id AND p.posting_id = e.posting_id
WHERE e.holder_id = ANY(%s) AND e.currency_id = %s
"""
_OWED = """
SELECT d.holder_id, d.effective_at, d.amount, coalesce(p.source_id, 0)
FROM ledger_debt_entry d JOIN ledger_posting p ON p.holder_id = d.holder_id AND p.posting_id = d.posting_id
WHERE d.holder_id = ANY(%s) AND d.currency_id = %s AND d.reason = 'return'
"""


def earned(cursor: Any, holder_ids: Sequence[int], currency_id: int) -> Iterator[Row]:
    """What was earned, opened or adjusted; what was taken back, or owed for it, undoes. Transfers are no earnings."""
    cursor.execute(_ENTRIES, [list(holder_ids), currency_id])
    for holder_id, _, activity_id, available_at, _, contra, amount, effective_at, cause in cursor.fetchall():
        if available_at.year >= _LAST_YEAR:
            continue
        if contra == "clawback":
            yield holder_id, effective_at, -amount, cause, True
        elif contra in ("issue", "goodwill", "opening"):
            at = available_at if amount > 0 else effective_at
            yield holder_id, at, amount, activity_id if amount > 0 else 0, False
    cursor.execute(_OWED, [list(holder_ids), currency_id])
    for holder_id, effective_at, amount, cause in cursor.fetchall():
        yield holder_id, effective_at, amount, cause, True


def balance(cursor: Any, holder_ids: Sequence[int], currency_id: int) -> Iterator[Row]:
    """What was there to be spent (held points included): in from maturity on, out when spent and when it dies."""
    cursor.execute(_ENTRIES, [list(holder_ids), currency_id])
    left: dict[tuple[int, int, datetime], int] = defaultdict(int)
    for row in cursor.fetchall():
        holder_id, lot_id, activity_id, available_at, expires_at, contra, amount, at, cause = row
        if contra == "expire" or available_at.year >= _LAST_YEAR:
            continue  # a lot dies at its own moment, whenever that was written down
        if expires_at is not None:
            left[holder_id, lot_id, expires_at] += amount
        if contra == "clawback" and amount < 0:
            yield holder_id, at, -amount, cause, True
        else:
            yield holder_id, max(at, available_at), amount, activity_id if amount > 0 else 0, False
    for (holder_id, _, dies_at), amount in left.items():
        if amount > 0:
            yield holder_id, dies_at, -amount, 0, False
