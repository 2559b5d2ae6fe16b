"""What became one parts again: what an old holder brought and is still there goes to a new holder, which stands for it
from then on. Lots keep their activity and their dates; what was spent, repaid, taken back or died meanwhile stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import consumption, copying, debts, handing, holders, hooks, succession
from ledger.posting import WalletFrozen
from ledger.succession import HoldsOpen


@dataclass(frozen=True)
class Share:
    """What old holders brought into one pot, in its smallest units: `brought` in all, `there` what could go back now.

    `debt` is what of their debt is still owed there. `gone` tells where the rest went, by contra: redeem, debt_repay,
    expire, clawback.
    """

    currency_id: int
    brought: int
    there: int
    debt: int
    gone: dict[str, int]


# Lots that came by a transfer of one of the old holders; a sender's posting carries the number of its transfer.
_CAME = """
SELECT l.holder_id, l.lot_id, l.currency_id, l.initial, l.remaining, l.held, l.expires_at
FROM ledger_posting sent
JOIN ledger_posting got ON got.transfer_id = sent.posting_id AND got.holder_id = %(holder)s
JOIN ledger_lot l ON l.holder_id = got.holder_id AND l.posting_id = got.posting_id
WHERE sent.holder_id = ANY(%(olds)s::bigint[]) AND sent.transfer_id = sent.posting_id
  AND l.currency_id = ANY(%(currencies)s::int[])
"""
_SHARES = f"""
SELECT l.currency_id, sum(l.initial)::bigint,
       coalesce(sum(l.remaining - l.held) FILTER (WHERE {consumption.ALIVE}), 0)::bigint
FROM ({_CAME}) l GROUP BY l.currency_id
"""
_GONE = f"""
SELECT l.currency_id, e.contra, -sum(e.amount)::bigint
FROM ({_CAME}) l JOIN ledger_entry e ON e.holder_id = l.holder_id AND e.lot_id = l.lot_id
WHERE e.contra IN ('redeem', 'debt_repay', 'expire', 'clawback') GROUP BY l.currency_id, e.contra
HAVING sum(e.amount) <> 0
"""
_DEBT = """
SELECT w.currency_id, least(w.debt, greatest(coalesce(sum(d.amount), 0), 0))::bigint
FROM ledger_wallet w
JOIN ledger_posting got ON got.holder_id = w.holder_id
JOIN ledger_posting sent ON sent.posting_id = got.transfer_id AND sent.holder_id = ANY(%(olds)s::bigint[])
JOIN ledger_debt_entry d ON d.holder_id = got.holder_id AND d.posting_id = got.posting_id
     AND d.currency_id = w.currency_id AND d.reason = 'transfer'
WHERE w.holder_id = %(holder)s AND w.currency_id = ANY(%(currencies)s::int[]) AND got.transfer_id IS NOT NULL
GROUP BY w.currency_id, w.debt
"""
_DRAW = f"""
WITH part AS (
    SELECT l.holder_id, l.lot_id, l.currency_id, l.remaining - l.held AS amount FROM ({_CAME}) l
    WHERE l.currency_id = %(currency)s AND l.remaining > l.held AND {consumption.ALIVE}
), lots AS (
    UPDATE ledger_lot l SET remaining = l.remaining - p.amount FROM part p
    WHERE l.holder_id = p.holder_id AND l.lot_id = p.lot_id
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), %(posting)s, lot_id, currency_id, -amount, 'transfer', 'transfer',
           %(now)s
    FROM part ORDER BY lot_id
)
SELECT coalesce(sum(amount), 0)::bigint FROM part
"""


def shares(*, olds: Iterable[int], holder_id: int, currency_ids: Sequence[int], now: datetime) -> list[Share]:
    """What these old holders brought into a holder's pots and what of it is there, in order of currency."""
    with connection.cursor() as wrapper:
        return _shares(copying.plain(wrapper), list(olds), holder_id, list(currency_ids), now)


@transaction.atomic
def part(
    *, olds: Iterable[int], holder_id: int, to: int, currency_ids: Sequence[int], now: datetime, by: str
) -> list[Share]:  # fmt: skip
    """Let `to`, a holder opened for it, have what is left of what `olds` brought to `holder_id`, and stand for them.

    Returns what there was, as `shares`. Raises HoldsOpen, WalletFrozen.
    """
    old_ids = sorted(set(olds))
    with connection.cursor() as wrapper:
        cursor = copying.plain(wrapper)
        locked = succession.lock(cursor, [*old_ids, holder_id, to], currency_ids, now)
        for currency_id in currency_ids:
            wallet = locked[holder_id, currency_id]
            if wallet.frozen_reason:
                raise WalletFrozen(wallet.frozen_reason)
            if wallet.held:
                raise HoldsOpen(holder_id)
        found = _shares(cursor, old_ids, holder_id, list(currency_ids), now)
        holders.lead(olds=old_ids, new=to)
        for share in found:
            if share.there or share.debt:
                _send(cursor, share, old_ids, holder_id, to, now, by)
        hooks.moved(cursor, [(one, share.currency_id) for share in found for one in (holder_id, to)], now)
    return found


def _shares(cursor: Any, olds: list[int], holder_id: int, currency_ids: list[int], now: datetime) -> list[Share]:
    values = {"olds": olds, "holder": holder_id, "currencies": currency_ids, "now": now}
    cursor.execute(_SHARES, values)
    lots = {currency: (brought, there) for currency, brought, there in cursor.fetchall()}
    cursor.execute(_DEBT, values)
    owed = dict(cursor.fetchall())
    gone: dict[int, dict[str, int]] = {}
    cursor.execute(_GONE, values)
    for currency, contra, amount in cursor.fetchall():
        gone.setdefault(currency, {})[contra] = amount
    return [
        Share(currency, *lots.get(currency, (0, 0)), owed.get(currency, 0), gone.get(currency, {}))
        for currency in sorted(lots.keys() | owed.keys())
    ]


def _send(cursor: Any, share: Share, olds: list[int], holder_id: int, to: int, now: datetime, by: str) -> None:
    sent, received = handing.begin(cursor, holder_id, to, now, by)
    if share.there:
        values = {
            "olds": olds, "holder": holder_id, "currencies": [share.currency_id], "currency": share.currency_id,
            "posting": sent, "now": now,
        }  # fmt: skip
        cursor.execute(_DRAW, values)
        handing.arrive(cursor, (holder_id, share.currency_id), sent, to, received, cursor.fetchone()[0], now)
    if share.debt:
        rows = [
            (to, received, share.currency_id, share.debt),
            (holder_id, sent, share.currency_id, -share.debt),
        ]
        debts.owe(cursor, rows, now=now, reason=handing.MOVED)
    handing.repay(cursor, (to, share.currency_id), received, now)
