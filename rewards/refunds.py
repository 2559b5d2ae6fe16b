"""Points that come back because the goods they were spent on came back.

A redemption that names its receipt was spent on it. When a share of that receipt's goods has come back, the same
share of the points has: of 150 points on a receipt of which a third came back, 50. Rounded down, so that several
partial returns never give more than one whole return, and the last of them gives the rest. What has come back stays:
a share that becomes smaller again takes nothing. The voucher itself was used on the receipt and stays used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from ledger import families, reversal
from values import periods

GRACE_DAYS = 30


@dataclass(frozen=True)
class GivenBack:
    """What one redemption gave back this time, in one currency, and how much of it went to debt at once."""

    redemption_id: int
    currency_id: int
    amount: int
    repaid: int


# A redemption names its receipt by the number the till prints, which may land later than the redemption. Whoever was
# merged with the receipt's holder may have redeemed as well. Two sources may use one number: where nobody said which,
# the receipt nearest in time is meant.
_SPENT_ON = """
SELECT c.holder_id, c.redemption_id, c.currency_id, c.amount, c.posting_id, m.timezone,
       coalesce((p.settings ->> 'grace_days')::int, %(grace)s)
FROM attribution t
JOIN activity a ON a.activity_id = t.activity_id AND a.occurred_on = t.occurred_on
JOIN source o ON o.id = a.source_id
JOIN redemption r ON r.holder_id = ANY(%(family)s) AND r.receipt = a.external_id AND r.state = 'confirmed'
JOIN redemption_cost c ON c.holder_id = r.holder_id AND c.redemption_id = r.redemption_id
JOIN membership s ON s.id = r.membership_id AND s.program_id = t.program_id
JOIN program p ON p.id = s.program_id
JOIN market m ON m.program_id = p.id AND m.code = s.market_code
WHERE t.activity_id = %(activity)s AND t.ended_at IS NULL AND t.holder_id = ANY(%(family)s)
  AND (r.source = o.code OR (r.source = '' AND NOT EXISTS (
    SELECT FROM source other JOIN activity_key k ON k.source_id = other.id AND k.external_id = r.receipt
    JOIN attribution t2 ON t2.activity_id = k.activity_id AND t2.ended_at IS NULL AND t2.program_id = t.program_id
                       AND t2.holder_id = ANY(%(family)s)
    JOIN activity a2 ON a2.activity_id = t2.activity_id AND a2.occurred_on = t2.occurred_on AND a2.kind = 1
    WHERE (greatest(a2.occurred_at, r.placed_at) - least(a2.occurred_at, r.placed_at), a2.activity_id)
        < (greatest(a.occurred_at, r.placed_at) - least(a.occurred_at, r.placed_at), a.activity_id))))
ORDER BY c.holder_id, c.currency_id, c.redemption_id
"""
_HOLDERS = "SELECT holder_id FROM attribution WHERE activity_id = %s AND ended_at IS NULL AND holder_id IS NOT NULL"


def give_back(
    cursor: Any, *, activity_id: int, returned: Fraction, now: datetime, by: str = "system"
) -> list[GivenBack]:  # fmt: skip
    """Bring what came back of the redemptions spent on a receipt to the share `returned` (0..1) of its goods.

    Runs in the caller's transaction; asked again it moves nothing. Points go back to the very lots they were drawn
    from; those that died meanwhile live again for the program's `grace_days` (30), by whole local days.
    """
    if not 0 <= returned <= 1:
        raise ValueError("a share is between 0 and 1")
    cursor.execute(_HOLDERS, [activity_id])
    given = []
    for redeemed in [row for (holder,) in cursor.fetchall() for row in _spent_on(cursor, activity_id, holder)]:
        holder_id, redemption_id, currency_id, amount, posting_id, zone, grace = redeemed
        grace_until = periods.begins_at(periods.day_of(now, zone) + timedelta(days=grace + 1), zone)
        back = reversal.give_back(
            cursor, holder_id=holder_id, posting_id=posting_id, up_to=int(amount * returned), grace_until=grace_until,
            now=now, actor=by,
        )  # fmt: skip
        if back.amount:
            given.append(GivenBack(redemption_id, currency_id, back.amount, back.repaid))
    return given


def _spent_on(cursor: Any, activity_id: int, holder_id: int) -> list[tuple[Any, ...]]:
    family = families.family_of(cursor, holder_id)
    cursor.execute(_SPENT_ON, {"activity": activity_id, "grace": GRACE_DAYS, "family": family})
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
