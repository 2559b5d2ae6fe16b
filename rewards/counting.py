"""How many are left, what the budget still pays for, and how many one member may still take: counted by conditional
updates, within the transaction that takes them. Rows are always locked in one order (stock, budgets, redemption,
member's count), so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rewards.standing import Who

AT_ONCE = 1_000

_LOCK = "SELECT stock FROM reward_stock WHERE reward_id = %(reward)s FOR NO KEY UPDATE"
_LOCK_BUDGETS = "SELECT unit FROM reward_budget WHERE reward_id = %(reward)s ORDER BY unit FOR NO KEY UPDATE"
_TAKE_STOCK = """
UPDATE reward_stock SET taken = taken + %(quantity)s
WHERE reward_id = %(reward)s AND taken + %(quantity)s <= least(stock, %(stock)s)
"""
_TAKE_BUDGET = """
UPDATE reward_budget SET spent = spent + %(part)s
WHERE reward_id = %(reward)s AND unit = %(unit)s AND spent + %(part)s <= least(allowed, %(allowed)s)
"""
_TAKE_SHARE = """
INSERT INTO reward_taken AS t (holder_id, membership_id, reward_id, taken, allowed)
SELECT %(holder)s, %(membership)s, %(reward)s, %(quantity)s, %(allowed)s::bigint
WHERE %(allowed)s::bigint IS NULL OR %(quantity)s <= %(allowed)s::bigint
ON CONFLICT (holder_id, membership_id, reward_id) DO UPDATE
SET taken = t.taken + EXCLUDED.taken, allowed = EXCLUDED.allowed
WHERE EXCLUDED.allowed IS NULL OR t.taken + EXCLUDED.taken <= EXCLUDED.allowed
"""
_TAKEN_ELSEWHERE = """
SELECT coalesce(sum(taken), 0) FROM reward_taken
WHERE holder_id = ANY(%(holders)s::bigint[]) AND membership_id = ANY(%(memberships)s::bigint[])
  AND reward_id = %(reward)s AND (holder_id, membership_id) <> (%(holder)s, %(membership)s)
"""
# Redemptions end here without being confirmed: their numbers go back. Those another has locked are left to that one.
_END = """
WITH due AS (
    SELECT holder_id, redemption_id FROM redemption r
    WHERE r.reward_id = %(reward)s AND r.state = 'held' AND {which}
    ORDER BY holder_id, redemption_id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
), ended AS (
    UPDATE redemption r SET state = %(state)s, resolved_at = {moment}, resolved_by = %(by)s
    FROM due d WHERE r.holder_id = d.holder_id AND r.redemption_id = d.redemption_id
    RETURNING r.holder_id, r.membership_id, r.reward_id, r.quantity, r.from_stock, r.budget_amount, r.budget_points,
              r.budget_market
), shares AS (
    UPDATE reward_taken t SET taken = t.taken - e.quantity
    FROM (SELECT holder_id, membership_id, reward_id, sum(quantity) AS quantity
          FROM ended GROUP BY holder_id, membership_id, reward_id) e
    WHERE t.holder_id = e.holder_id AND t.membership_id = e.membership_id AND t.reward_id = e.reward_id
), stock AS (
    UPDATE reward_stock s SET taken = s.taken - e.quantity
    FROM (SELECT reward_id, sum(quantity) AS quantity FROM ended WHERE from_stock GROUP BY reward_id) e
    WHERE s.reward_id = e.reward_id
), budgets AS (
    UPDATE reward_budget b SET spent = b.spent - e.part
    FROM (SELECT reward_id, unit, sum(part)::bigint AS part
          FROM ended CROSS JOIN LATERAL (VALUES
              (concat_ws(':', 'amount', nullif(budget_market, '')), budget_amount), ('points', budget_points)
          ) v (unit, part)
          WHERE part > 0 GROUP BY reward_id, unit) e
    WHERE b.reward_id = e.reward_id AND b.unit = e.unit
)
SELECT count(*) FROM ended
"""
_LAPSE = _END.replace("{moment}", "r.lapses_at").replace(
    "{which}", "r.lapses_at <= %(now)s AND (%(holder)s::bigint IS NULL OR r.holder_id = %(holder)s::bigint)"
)
_RELEASE = _END.replace("{moment}", "%(now)s").replace(
    "{which}", "r.holder_id = %(holder)s AND r.redemption_id = %(redemption)s"
)


def lock(cursor: Any, reward_id: int) -> None:
    """Stand in line for a reward's stock and its budgets, where it has any."""
    cursor.execute(_LOCK, {"reward": reward_id})
    cursor.execute(_LOCK_BUDGETS, {"reward": reward_id})


def take_stock(cursor: Any, reward_id: int, quantity: int, stock: int, now: datetime) -> bool:
    """Take so many while no more than `stock` are taken; what was held too long goes back when there are too few."""
    values = {"reward": reward_id, "quantity": quantity, "stock": stock}
    cursor.execute(_TAKE_STOCK, values)
    taken = bool(cursor.rowcount)
    if not taken and lapse(cursor, reward_id, now):
        cursor.execute(_TAKE_STOCK, values)
        taken = bool(cursor.rowcount)
    return taken


def take_budget(cursor: Any, reward_id: int, parts: Mapping[str, tuple[int, int]], now: datetime) -> bool:
    """Take (part, allowed) of each unit's budget while no more than `allowed` is spent, or take nothing of any; what
    was held too long goes back when there is too little."""
    cursor.execute("SAVEPOINT reward_budget")
    for attempt in (1, 2):
        if all(_take_budget(cursor, reward_id, unit, *parts[unit]) for unit in sorted(parts)):
            cursor.execute("RELEASE SAVEPOINT reward_budget")
            return True
        cursor.execute("ROLLBACK TO SAVEPOINT reward_budget")
        if attempt == 1 and not lapse(cursor, reward_id, now):
            break
    cursor.execute("RELEASE SAVEPOINT reward_budget")
    return False


def _take_budget(cursor: Any, reward_id: int, unit: str, part: int, allowed: int) -> bool:
    cursor.execute(_TAKE_BUDGET, {"reward": reward_id, "unit": unit, "part": part, "allowed": allowed})
    return bool(cursor.rowcount)


def take_share(cursor: Any, who: Who, *, reward_id: int, quantity: int, allowed: int | None) -> bool:
    """Let one member take so many while no more than `allowed` are; always counted, also without a limit.

    What she took out of pots she had before, or by a membership that was merged into hers, counts.
    """
    values: dict[str, Any] = {
        "holder": who.holder_id, "membership": who.membership.pk, "reward": reward_id, "quantity": quantity,
        "holders": list(who.kin.holders), "memberships": list(who.kin.memberships),
    }  # fmt: skip
    if allowed is not None:
        cursor.execute(_TAKEN_ELSEWHERE, values)
        allowed = max(allowed - int(cursor.fetchone()[0]), 0)
    cursor.execute(_TAKE_SHARE, {**values, "allowed": allowed})
    return bool(cursor.rowcount)


def lapse(cursor: Any, reward_id: int, now: datetime, holder_id: int | None = None) -> int:
    """End redemptions of a reward that were held too long, AT_ONCE at most, of one holder or of all; how many.

    The stock is locked before.
    """
    values = {
        "reward": reward_id, "holder": holder_id, "now": now, "state": "lapsed", "by": None, "limit": AT_ONCE
    }  # fmt: skip
    cursor.execute(_LAPSE, values)
    return int(cursor.fetchone()[0])


def release(cursor: Any, reward_id: int, holder_id: int, redemption_id: int, *, now: datetime, by: str) -> None:
    """End one redemption that is held; the stock is locked before."""
    values = {
        "reward": reward_id, "holder": holder_id, "redemption": redemption_id, "now": now, "state": "released",
        "by": by, "limit": 1,
    }  # fmt: skip
    cursor.execute(_RELEASE, values)
