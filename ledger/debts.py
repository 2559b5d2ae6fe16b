"""Debt: what could not be taken back. Later earnings repay it, within their own posting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ledger.consumption import ALIVE
from ledger.wallets import Pot

_OWE = """
WITH owed AS (
    INSERT INTO ledger_debt_entry (holder_id, entry_id, posting_id, currency_id, amount, reason, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), posting_id, currency_id, amount, %(reason)s, %(now)s
    FROM unnest(%(holders)s::bigint[], %(postings)s::bigint[], %(currencies)s::int[], %(amounts)s::bigint[])
         AS d(holder_id, posting_id, currency_id, amount)
    ORDER BY holder_id, posting_id
    RETURNING holder_id, currency_id, amount
)
UPDATE ledger_wallet w SET debt = w.debt + o.amount, version = w.version + 1
FROM (SELECT holder_id, currency_id, sum(amount) AS amount FROM owed GROUP BY holder_id, currency_id) o
WHERE w.holder_id = o.holder_id AND w.currency_id = o.currency_id
"""
# Lots made by these postings pay, in the order of consumption; what is dead already pays nothing.
_REPAY = f"""
WITH owed AS (
    SELECT w.holder_id, w.currency_id, w.debt
    FROM ledger_wallet w
    JOIN unnest(%(holders)s::bigint[], %(currencies)s::int[]) AS pot(holder_id, currency_id)
      ON w.holder_id = pot.holder_id AND w.currency_id = pot.currency_id
    WHERE w.debt > 0
), supply AS (
    SELECT o.debt, l.holder_id, l.currency_id, l.lot_id, l.posting_id, l.remaining,
           sum(l.remaining) OVER (PARTITION BY l.holder_id, l.currency_id
                                  ORDER BY l.expires_at NULLS LAST, l.occurred_on, l.lot_id) - l.remaining AS before
    FROM owed o
    JOIN ledger_lot l ON l.holder_id = o.holder_id AND l.currency_id = o.currency_id
    WHERE l.posting_id = ANY(%(postings)s) AND l.remaining > 0 AND {ALIVE}
), draw AS (
    SELECT *, least(remaining, debt - before) AS amount FROM supply WHERE before < debt
), lots AS (
    UPDATE ledger_lot l SET remaining = l.remaining - d.amount FROM draw d
    WHERE l.holder_id = d.holder_id AND l.lot_id = d.lot_id
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), posting_id, lot_id, currency_id, -amount, 'repay', 'debt_repay',
           %(now)s
    FROM draw ORDER BY holder_id, before
), debts AS (
    INSERT INTO ledger_debt_entry (holder_id, entry_id, posting_id, currency_id, amount, reason, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), posting_id, currency_id, -sum(amount), 'repay', %(now)s
    FROM draw GROUP BY holder_id, posting_id, currency_id
)
UPDATE ledger_wallet w SET total = w.total - d.amount, debt = w.debt - d.amount, version = w.version + 1
FROM (SELECT holder_id, currency_id, sum(amount) AS amount FROM draw GROUP BY holder_id, currency_id) d
WHERE w.holder_id = d.holder_id AND w.currency_id = d.currency_id
"""
# Nearest expiry first, and of each lot no more than came back into it.
_REPAY_WITH = f"""
WITH owed AS (
    SELECT w.debt FROM ledger_wallet w WHERE w.holder_id = %(holder)s AND w.currency_id = %(currency)s AND w.debt > 0
), supply AS (
    SELECT o.debt, l.holder_id, l.lot_id, b.amount AS back,
           sum(b.amount) OVER (ORDER BY l.expires_at NULLS LAST, l.occurred_on, l.lot_id) - b.amount AS before
    FROM owed o CROSS JOIN unnest(%(lots)s::bigint[], %(amounts)s::bigint[]) AS b(lot_id, amount)
    JOIN ledger_lot l ON l.holder_id = %(holder)s AND l.lot_id = b.lot_id
    WHERE {ALIVE}
), draw AS (
    SELECT holder_id, lot_id, before, least(back, debt - before)::bigint AS amount FROM supply WHERE before < debt
), lots AS (
    UPDATE ledger_lot l SET remaining = l.remaining - d.amount FROM draw d
    WHERE l.holder_id = d.holder_id AND l.lot_id = d.lot_id
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), %(posting)s, lot_id, %(currency)s, -amount, 'repay', 'debt_repay',
           %(now)s
    FROM draw ORDER BY before
), debts AS (
    INSERT INTO ledger_debt_entry (holder_id, entry_id, posting_id, currency_id, amount, reason, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), %(posting)s, %(currency)s, -sum(amount), 'repay', %(now)s
    FROM draw GROUP BY holder_id
)
UPDATE ledger_wallet w SET total = w.total - d.amount, debt = w.debt - d.amount, version = w.version + 1
FROM (SELECT holder_id, sum(amount)::bigint AS amount FROM draw GROUP BY holder_id) d
WHERE w.holder_id = d.holder_id AND w.currency_id = %(currency)s
RETURNING d.amount
"""


def owe(cursor: Any, debts: Sequence[tuple[int, int, int, int]], *, now: datetime, reason: str = "return") -> None:
    """Record debts (holder_id, posting_id, currency_id, amount > 0) on wallets already locked."""
    columns = list(zip(*debts, strict=True))
    if columns:
        names = ("holders", "postings", "currencies", "amounts")
        values: dict[str, Any] = {name: list(column) for name, column in zip(names, columns, strict=True)}
        cursor.execute(_OWE, {**values, "reason": reason, "now": now})


def repay(cursor: Any, posting_ids: list[int], pots: Sequence[Pot], *, now: datetime) -> None:
    """Let what these postings gave to these pots, locked and credited already, repay their debt."""
    values = {
        "postings": posting_ids,
        "holders": [holder_id for holder_id, _ in pots],
        "currencies": [currency_id for _, currency_id in pots],
        "now": now,
    }
    cursor.execute(_REPAY, values)


def repay_with(
    cursor: Any, posting_id: int, pot: Pot, shares: Sequence[tuple[int, int]], *, now: datetime
) -> int:  # fmt: skip
    """Let (lot_id, amount), credited to lots of a locked pot by this posting, repay its debt; return how much did."""
    values = {
        "holder": pot[0], "currency": pot[1], "posting": posting_id, "now": now,
        "lots": [lot_id for lot_id, _ in shares], "amounts": [amount for _, amount in shares],
    }  # fmt: skip
    cursor.execute(_REPAY_WITH, values)
    row = cursor.fetchone()
    return int(row[0]) if row else 0
