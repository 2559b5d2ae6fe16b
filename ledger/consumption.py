"""Which lots pay: nearest expiry first, then the oldest, those that never expire last.

Demands on a pot are laid end to end into intervals, and so are its lots, in the order of consumption; a demand draws
from a lot where their intervals overlap. One statement serves any number of demands, exactly as if one after another.
The wallets must be locked before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

ALIVE = "(l.expires_at IS NULL OR l.expires_at > %(now)s)"
SPENDABLE = f"l.available_at <= %(now)s AND {ALIVE}"


class Lots(Enum):
    """Which lots of the pot a draw may touch, as a condition on lot `l` and the demand's pot `k`."""

    SPENDABLE = SPENDABLE
    PENDING = f"l.available_at > %(now)s AND {ALIVE}"
    OWN = f"l.activity_id = k.scope AND {ALIVE}"
    OWN_DEAD = "l.activity_id = k.scope AND l.expires_at <= %(now)s"
    OWN_PENDING = "l.activity_id = k.scope AND l.available_at > %(now)s"


@dataclass(frozen=True)
class Demand:
    """`amount` (> 0, smallest units) wanted from a pot for a posting; `activity_id` matters to the OWN lots."""

    holder_id: int
    currency_id: int
    amount: int
    posting_id: int
    activity_id: int = 0


@dataclass(frozen=True)
class Draw:
    """What one lot gave to the demand at `position` of the list."""

    position: int
    lot_id: int
    amount: int


# The lots' new state, the entries and the answer are one statement: nothing is computed twice, nothing half written.
_DRAW = """
WITH demand AS (
    SELECT d.*, sum(amount) OVER pot - amount AS d0, sum(amount) OVER pot AS d1
    FROM unnest(%(holders)s::bigint[], %(currencies)s::int[], %(amounts)s::bigint[], %(postings)s::bigint[],
                %(scopes)s::bigint[]) WITH ORDINALITY
         AS d(holder_id, currency_id, amount, posting_id, scope, position)
    WINDOW pot AS (PARTITION BY holder_id, currency_id, scope ORDER BY position)
), supply AS (
    SELECT k.scope, l.holder_id, l.currency_id, l.lot_id, l.expires_at, l.occurred_on,
           sum(l.remaining - l.held) OVER pot - (l.remaining - l.held) AS s0, sum(l.remaining - l.held) OVER pot AS s1
    FROM (SELECT DISTINCT holder_id, currency_id, scope FROM demand) k
    JOIN ledger_lot l ON l.holder_id = k.holder_id AND l.currency_id = k.currency_id
    WHERE l.remaining > 0 AND l.remaining > l.held AND {lots}
    WINDOW pot AS (PARTITION BY l.holder_id, l.currency_id, k.scope
                   ORDER BY l.expires_at NULLS LAST, l.occurred_on, l.lot_id)
), draw AS (
    SELECT d.position, d.holder_id, d.currency_id, d.posting_id, s.lot_id, s.s0,
           least(d.d1, s.s1) - greatest(d.d0, s.s0) AS amount
    FROM demand d
    JOIN supply s ON s.holder_id = d.holder_id AND s.currency_id = d.currency_id AND s.scope = d.scope
                 AND d.d0 < s.s1 AND s.s0 < d.d1
), lots AS (
    UPDATE ledger_lot l SET remaining = l.remaining - t.amount
    FROM (SELECT holder_id, lot_id, sum(amount) AS amount FROM draw GROUP BY holder_id, lot_id) t
    WHERE l.holder_id = t.holder_id AND l.lot_id = t.lot_id
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, cost_centre,
                              effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), posting_id, lot_id, currency_id, -amount, %(kind)s, %(contra)s,
           %(cost_centre)s, %(now)s
    FROM draw ORDER BY holder_id, position, s0
)
SELECT position - 1, lot_id, amount::bigint FROM draw ORDER BY holder_id, position, s0
"""
_AVAILABLE = f"""
SELECT coalesce(sum(l.remaining - l.held), 0)::bigint FROM ledger_lot l
WHERE l.holder_id = %(holder)s AND l.currency_id = %(currency)s AND l.remaining > 0 AND {SPENDABLE}
"""


def available(cursor: Any, holder_id: int, currency_id: int, now: datetime) -> int:
    """What of a pot may be spent at `now`: matured, not dead, not held."""
    cursor.execute(_AVAILABLE, {"holder": holder_id, "currency": currency_id, "now": now})
    return int(cursor.fetchone()[0])


def draw(
    cursor: Any,
    demands: Sequence[Demand],
    lots: Lots,
    *,
    now: datetime,
    kind: str,
    contra: str,
    cost_centre: str = "",
) -> list[Draw]:
    """Take the demands from these lots as far as they go, with their entries; wallets are the caller's to move."""
    if not demands:
        return []
    own = lots in (Lots.OWN, Lots.OWN_DEAD, Lots.OWN_PENDING)
    values = {
        "holders": [demand.holder_id for demand in demands],
        "currencies": [demand.currency_id for demand in demands],
        "amounts": [demand.amount for demand in demands],
        "postings": [demand.posting_id for demand in demands],
        "scopes": [demand.activity_id if own else 0 for demand in demands],
        "now": now,
        "kind": kind,
        "contra": contra,
        "cost_centre": cost_centre,
    }
    cursor.execute(_DRAW.replace("{lots}", lots.value), values)
    return [Draw(*row) for row in cursor.fetchall()]
