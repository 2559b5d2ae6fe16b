"""The wallet row: what is locked first, and what the database checks last.

Locks are always taken in the order of (holder_id, currency_id), and a wallet that is not there yet is made before any
lock is taken, so that two transactions never wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Pot = tuple[int, int]  # (holder_id, currency_id)

_PAIRS = "unnest(%(holders)s::bigint[], %(currencies)s::int[]) AS pot(holder_id, currency_id)"
_MAKE = f"""
INSERT INTO ledger_wallet (holder_id, currency_id)
SELECT pot.holder_id, pot.currency_id FROM {_PAIRS}
WHERE NOT EXISTS (SELECT 1 FROM ledger_wallet w
                  WHERE w.holder_id = pot.holder_id AND w.currency_id = pot.currency_id)
ORDER BY 1, 2 ON CONFLICT (holder_id, currency_id) DO NOTHING
"""
# READ COMMITTED: the statements after this one see all that the transactions waited for have committed.
_LOCK = f"""
SELECT w.holder_id, w.currency_id, w.total, w.held, w.debt, w.frozen_reason
FROM ledger_wallet w JOIN {_PAIRS} ON w.holder_id = pot.holder_id AND w.currency_id = pot.currency_id
ORDER BY w.holder_id, w.currency_id FOR NO KEY UPDATE OF w
"""
_MOVE = """
UPDATE ledger_wallet w
SET total = w.total + move.total, debt = w.debt + move.debt, version = w.version + 1
FROM unnest(%(holders)s::bigint[], %(currencies)s::int[], %(totals)s::bigint[], %(debts)s::bigint[])
     AS move(holder_id, currency_id, total, debt)
WHERE w.holder_id = move.holder_id AND w.currency_id = move.currency_id
"""


@dataclass(frozen=True)
class Wallet:
    """A locked wallet as it stands in the database, in points of the smallest unit."""

    holder_id: int
    currency_id: int
    total: int
    held: int
    debt: int
    frozen_reason: str


def make(cursor: Any, pots: Iterable[Pot]) -> None:
    """Make the wallets that are not there yet."""
    cursor.execute(_MAKE, _pairs(pots))


def lock(cursor: Any, pots: Iterable[Pot]) -> dict[Pot, Wallet]:
    """Lock these wallets until the transaction ends; those that do not exist are left out."""
    cursor.execute(_LOCK, _pairs(pots))
    return {(row[0], row[1]): Wallet(*row) for row in cursor.fetchall()}


def move(cursor: Any, moves: Iterable[tuple[int, int, int, int]]) -> None:
    """Add (holder_id, currency_id, total, debt) to wallets already locked; the database allows none below zero."""
    columns = list(zip(*moves, strict=True))
    if columns:
        names = ("holders", "currencies", "totals", "debts")
        cursor.execute(_MOVE, {name: list(column) for name, column in zip(names, columns, strict=True)})


def _pairs(pots: Iterable[Pot]) -> dict[str, list[int]]:
    ordered = sorted(set(pots))
    return {"holders": [holder for holder, _ in ordered], "currencies": [currency for _, currency in ordered]}
