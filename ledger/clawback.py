"""Taking back what an activity gave: from its own lots first, then from others, and the rest is owed.

Points of the activity that died unspent are not taken a second time: they stand in for the same amount, whether their
expiry has been posted or not, so that no job's timing changes what a member keeps.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ledger import consumption, copying, debts, idempotency, lapsing, wallets
from ledger.consumption import Demand, Draw, Lots
from ledger.idempotency import Cause

if TYPE_CHECKING:
    import polars as pl

Policy = Literal["debt", "within_balance", "pending_only"]
Asked = tuple[int, int, int, int]  # holder_id, activity_id, revision, currency_id


@dataclass(frozen=True)
class Taken:
    """What became of one row: `taken` from lots, `owed` as debt, `forgiven` by policy; together the amount asked."""

    holder_id: int
    activity_id: int
    revision: int
    currency_id: int
    taken: int
    owed: int
    forgiven: int


_POSTED = """
SELECT p.holder_id, p.idem FROM unnest(%(holders)s::bigint[], %(keys)s::uuid[]) AS asked(holder_id, idem)
JOIN ledger_posting p ON p.holder_id = asked.holder_id AND p.idem = asked.idem
"""
_POST = """
INSERT INTO ledger_posting (holder_id, posting_id, idem, kind, source_type, source_id, actor, effective_at)
SELECT holder_id, nextval('ledger_posting_id'), idem, 'take_back', 'activity', activity_id, %(actor)s, %(now)s
FROM unnest(%(holders)s::bigint[], %(keys)s::uuid[], %(activities)s::bigint[]) AS p(holder_id, idem, activity_id)
ORDER BY holder_id, idem
RETURNING holder_id, idem, posting_id
"""


def take_back(cursor: Any, batch: pl.DataFrame, *, now: datetime, actor: str, policy: Policy = "debt") -> list[Taken]:
    """Take back (holder_id, activity_id, revision, currency_id, amount > 0), at most 2,000 rows a call.

    Order: lots of that activity, the dead first, pending or not, less what is held; then other spendable lots, nearest
    expiry first; then pending lots; what is still missing becomes debt. `within_balance` forgives it instead,
    `pending_only` takes only what is pending of the activity's own lots. Rows whose posting (holder, activity,
    revision) exists are skipped and not answered. Runs in the caller's transaction; wallets are locked first, in order.
    """
    cursor = copying.plain(cursor)
    asked = _rows(batch)
    wallets.make(cursor, _pots(asked))
    lapsing.locked(cursor, _pots(asked), now)
    postings = _post(cursor, asked, now=now, actor=actor)
    rows = [row for row in asked if row[:3] in postings]
    demands = [Demand(row[0], row[3], asked[row], postings[row[:3]], row[1]) for row in rows]
    rest = _take(cursor, demands, now=now, only_pending=policy == "pending_only")
    taken = [demand.amount - left for demand, left in zip(demands, rest, strict=True)]
    if policy == "debt":
        owed = [(d.holder_id, d.posting_id, d.currency_id, left) for d, left in zip(demands, rest, strict=True) if left]
        debts.owe(cursor, owed, now=now)
    return [
        Taken(*row, took, left if policy == "debt" else 0, 0 if policy == "debt" else left)
        for row, took, left in zip(rows, taken, rest, strict=True)
    ]


def _rows(batch: pl.DataFrame) -> dict[Asked, int]:
    columns = ("holder_id", "activity_id", "revision", "currency_id", "amount")
    asked: dict[Asked, int] = defaultdict(int)
    for *row, amount in batch.select(columns).sort(columns[:4]).iter_rows():
        if amount <= 0:
            raise ValueError("amounts to take back must be positive")
        asked[row[0], row[1], row[2], row[3]] += amount
    return asked


def _pots(asked: dict[Asked, int]) -> list[wallets.Pot]:
    return [(holder_id, currency_id) for holder_id, _, _, currency_id in asked]


def _post(cursor: Any, asked: dict[Asked, int], *, now: datetime, actor: str) -> dict[tuple[int, int, int], int]:
    """Write the postings that do not exist yet: (holder_id, activity_id, revision) -> posting_id."""
    causes = {(row[0], idempotency.of_cause(Cause.TAKE_BACK, row[1], row[2])): row[:3] for row in asked}
    cursor.execute(_POSTED, {"holders": [holder for holder, _ in causes], "keys": [key for _, key in causes]})
    for known in cursor.fetchall():
        del causes[known]
    values = {
        "holders": [holder for holder, _ in causes],
        "keys": [key for _, key in causes],
        "activities": [activity for _, activity, _ in causes.values()],
        "actor": actor,
        "now": now,
    }
    cursor.execute(_POST, values)
    return {causes[holder, key]: posting_id for holder, key, posting_id in cursor.fetchall()}


def _take(cursor: Any, demands: list[Demand], *, now: datetime, only_pending: bool) -> list[int]:
    """Draw stage by stage; return what each demand still lacks."""
    rest = [demand.amount for demand in demands]
    moved: dict[wallets.Pot, int] = defaultdict(int)

    def stage(lots: Lots) -> None:
        open_at = [position for position, left in enumerate(rest) if left]
        wanted = [replace(demands[position], amount=rest[position]) for position in open_at]
        for draw in consumption.draw(cursor, wanted, lots, now=now, kind="take_back", contra="clawback"):
            demand = demands[open_at[draw.position]]
            rest[open_at[draw.position]] -= draw.amount
            moved[demand.holder_id, demand.currency_id] -= draw.amount

    if only_pending:
        stage(Lots.OWN_PENDING)
    else:
        stage(Lots.OWN_DEAD)
        for draw in _stand_in(cursor, demands, rest, now):
            rest[draw.position] -= draw.amount
        stage(Lots.OWN)
        stage(Lots.SPENDABLE)
        stage(Lots.PENDING)
    wallets.move(cursor, [(*pot, amount, 0) for pot, amount in sorted(moved.items())])
    return rest


# An expiry already posted, or points given up on leaving (ledger.forfeiting), are turned into a clawback by two entries
# that leave the lot as it is.
STAND_IN = """
WITH demand AS (
    SELECT d.*, sum(amount) OVER own - amount AS d0, sum(amount) OVER own AS d1
    FROM unnest(%(holders)s::bigint[], %(currencies)s::int[], %(amounts)s::bigint[], %(postings)s::bigint[],
                %(activities)s::bigint[]) WITH ORDINALITY
         AS d(holder_id, currency_id, amount, posting_id, activity_id, position)
    WINDOW own AS (PARTITION BY holder_id, currency_id, activity_id ORDER BY position)
), dead AS (
    SELECT l.holder_id, l.currency_id, l.activity_id, l.lot_id, e.contra, -sum(e.amount) AS amount
    FROM (SELECT DISTINCT holder_id, currency_id, activity_id FROM demand) k
    JOIN ledger_lot l ON l.holder_id = k.holder_id AND l.currency_id = k.currency_id AND l.activity_id = k.activity_id
    JOIN ledger_entry e ON e.holder_id = l.holder_id AND e.lot_id = l.lot_id AND e.contra IN ('expire', 'breakage')
    WHERE e.contra = 'breakage' OR l.expires_at <= %(now)s
    GROUP BY l.holder_id, l.currency_id, l.activity_id, l.lot_id, e.contra HAVING sum(e.amount) < 0
), supply AS (
    SELECT *, sum(amount) OVER own - amount AS s0, sum(amount) OVER own AS s1 FROM dead
    WINDOW own AS (PARTITION BY holder_id, currency_id, activity_id ORDER BY lot_id, contra)
), draw AS (
    SELECT d.position, d.holder_id, d.currency_id, d.posting_id, s.lot_id, s.contra AS died_as, s.s0,
           least(d.d1, s.s1) - greatest(d.d0, s.s0) AS amount
    FROM demand d
    JOIN supply s ON s.holder_id = d.holder_id AND s.currency_id = d.currency_id AND s.activity_id = d.activity_id
                 AND d.d0 < s.s1 AND s.s0 < d.d1
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), posting_id, lot_id, currency_id, side.sign * amount, 'take_back',
           side.contra, %(now)s
    FROM draw CROSS JOIN LATERAL (VALUES (1, died_as), (-1, 'clawback')) AS side(sign, contra)
    ORDER BY holder_id, position, s0
)
SELECT position - 1, lot_id, amount::bigint FROM draw ORDER BY holder_id, position, s0
"""


def _stand_in(cursor: Any, demands: list[Demand], rest: list[int], now: datetime) -> list[Draw]:
    positions = [position for position, left in enumerate(rest) if left]
    wanted = [demands[position] for position in positions]
    values = {
        "holders": [demand.holder_id for demand in wanted],
        "currencies": [demand.currency_id for demand in wanted],
        "amounts": [rest[position] for position in positions],
        "postings": [demand.posting_id for demand in wanted],
        "activities": [demand.activity_id for demand in wanted],
        "now": now,
    }
    cursor.execute(STAND_IN, values)
    return [Draw(positions[row[0]], row[1], row[2]) for row in cursor.fetchall()]
