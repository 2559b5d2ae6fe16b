"""Undoing a spend: points go back to the very lots they were drawn from, the last drawn first, as if so many fewer
had been spent. A lot that died meanwhile stays dead: what was drawn from it comes back as a new lot of the same
origin, with a grace date. What comes back repays debt first, like any credit.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger import debts, idempotency, lapsing, records
from ledger.idempotency import Cause

SOURCE = "posting"
"""`source_type` of what gives back: the source is the posting that had spent."""


class NotSpent(Exception):
    """This holder has no posting of that number that spent anything, or less was spent."""


@dataclass(frozen=True)
class Back:
    """What came back by one call: `amount` in all, of which `repaid` went to debt and `renewed` into new lots."""

    posting_id: int | None
    amount: int
    repaid: int = 0
    renewed: int = 0


_SPENT = """
SELECT e.currency_id, -sum(e.amount)::bigint FROM ledger_entry e
WHERE e.holder_id = %(holder)s AND e.posting_id = %(posting)s AND e.kind = 'spend' GROUP BY e.currency_id
"""
_BACK_BEFORE = """
SELECT coalesce(sum(e.amount), 0)::bigint
FROM ledger_posting p JOIN ledger_entry e ON e.holder_id = p.holder_id AND e.posting_id = p.posting_id
WHERE p.holder_id = %(holder)s AND p.kind = 'give_back' AND p.source_id = %(posting)s AND e.kind = 'give_back'
"""
# The draws of the spend laid end to end, the last drawn first; this time's part is [before, before + amount).
_SHARES = """
SELECT d.lot_id, (least(d.s1, %(until)s) - greatest(d.s0, %(since)s))::bigint, d.dead
FROM (
    SELECT e.lot_id, l.expires_at IS NOT NULL AND l.expires_at <= %(now)s AS dead,
           sum(-e.amount) OVER drawn + e.amount AS s0, sum(-e.amount) OVER drawn AS s1
    FROM ledger_entry e JOIN ledger_lot l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
    WHERE e.holder_id = %(holder)s AND e.posting_id = %(posting)s AND e.kind = 'spend'
    WINDOW drawn AS (ORDER BY e.entry_id DESC)
) d
WHERE d.s0 < %(until)s AND d.s1 > %(since)s
ORDER BY d.s0
"""
_RESTORE = """
WITH back AS (
    SELECT %(holder)s::bigint AS holder_id, lot_id, amount, place
    FROM unnest(%(lots)s::bigint[], %(amounts)s::bigint[]) WITH ORDINALITY AS b(lot_id, amount, place)
), lots AS (
    UPDATE ledger_lot l SET remaining = l.remaining + b.amount FROM back b
    WHERE l.holder_id = b.holder_id AND l.lot_id = b.lot_id
)
INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
SELECT holder_id, nextval('ledger_entry_id'), %(back)s, lot_id, %(currency)s, amount, 'give_back', 'redeem', %(now)s
FROM back ORDER BY place
"""
# A lot of the same activity and day, with another end.
_RENEW = """
WITH made AS (
    INSERT INTO ledger_lot (holder_id, lot_id, posting_id, activity_id, initial, remaining, available_at, expires_at,
                            currency_id, occurred_on)
    SELECT l.holder_id, nextval('ledger_entry_id'), %(back)s, l.activity_id, b.amount, b.amount, %(now)s, %(grace)s,
           l.currency_id, l.occurred_on
    FROM unnest(%(lots)s::bigint[], %(amounts)s::bigint[]) WITH ORDINALITY AS b(lot_id, amount, place)
    JOIN ledger_lot l ON l.holder_id = %(holder)s AND l.lot_id = b.lot_id
    ORDER BY b.place
    RETURNING holder_id, lot_id, currency_id, initial
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
    SELECT holder_id, lot_id, %(back)s, lot_id, currency_id, initial, 'give_back', 'redeem', %(now)s FROM made
)
SELECT lot_id, initial FROM made ORDER BY lot_id
"""
_CREDIT = """
UPDATE ledger_wallet w SET total = w.total + %(amount)s, version = w.version + 1
WHERE w.holder_id = %(holder)s AND w.currency_id = %(currency)s
"""


def give_back(
    cursor: Any, *, holder_id: int, posting_id: int, up_to: int, grace_until: datetime, now: datetime, actor: str,
    source: str = "",
) -> Back:  # fmt: skip
    """Bring what has come back of a spend to `up_to` in all; asked again, or asked for less, it moves nothing.

    `grace_until` is when points whose lot died meanwhile die again. Runs in the caller's transaction and locks the
    wallet. Raises NotSpent for a posting that did not spend that much.
    """
    currency_id, spent = _spent(cursor, holder_id, posting_id)
    if up_to > spent:
        raise NotSpent(f"posting {posting_id} spent {spent}, less than {up_to}")
    pot = (holder_id, currency_id)
    wallet = lapsing.locked(cursor, [pot], now)[pot]
    cursor.execute(_BACK_BEFORE, {"holder": holder_id, "posting": posting_id})
    (before,) = cursor.fetchone()
    if up_to <= before:
        return Back(None, 0)
    values: dict[str, Any] = {
        "holder": holder_id, "posting": posting_id, "currency": currency_id, "since": before, "until": up_to,
        "now": now, "grace": grace_until, "amount": up_to - before,
    }  # fmt: skip
    cursor.execute(_SHARES, values)
    shares: list[tuple[int, int, bool]] = cursor.fetchall()
    around = records.Circumstances(actor, source, source_type=SOURCE, source_id=posting_id)
    values["back"] = records.post(
        cursor, holder_id, _key(posting_id, up_to), idempotency.fingerprint(do="give_back", spend=posting_id, to=up_to),
        "give_back", around, now,
    )  # fmt: skip
    living = [(lot_id, amount) for lot_id, amount, dead in shares if not dead]
    renewed = _renew(cursor, values, [(lot_id, amount) for lot_id, amount, dead in shares if dead])
    _restore(cursor, values, living)
    cursor.execute(_CREDIT, values)
    repaid = debts.repay_with(cursor, values["back"], pot, living + renewed, now=now) if wallet.debt else 0
    return Back(values["back"], up_to - before, repaid, sum(amount for _, amount in renewed))


def _spent(cursor: Any, holder_id: int, posting_id: int) -> tuple[int, int]:
    cursor.execute(_SPENT, {"holder": holder_id, "posting": posting_id})
    rows = cursor.fetchall()
    if len(rows) != 1:
        raise NotSpent(f"posting {posting_id} spent nothing")
    return rows[0][0], rows[0][1]


def _key(posting_id: int, up_to: int) -> uuid.UUID:
    return uuid.uuid5(idempotency.NAMESPACE, f"{Cause.GIVE_BACK.name}:{posting_id}:{up_to}")


def _restore(cursor: Any, values: dict[str, Any], shares: Sequence[tuple[int, int]]) -> None:
    if shares:
        lots, amounts = zip(*shares, strict=True)
        cursor.execute(_RESTORE, {**values, "lots": list(lots), "amounts": list(amounts)})


def _renew(cursor: Any, values: dict[str, Any], shares: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    if not shares:
        return []
    lots, amounts = zip(*shares, strict=True)
    cursor.execute(_RENEW, {**values, "lots": list(lots), "amounts": list(amounts)})
    made: list[tuple[int, int]] = cursor.fetchall()
    return made
