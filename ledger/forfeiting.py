"""Giving up a pot for good: what lives in it repays what it owes, the rest is gone, pending points too.

Each currency is one posting of kind `expire` whose entries stand against `breakage`, so that what was given up is told
apart from what died by its dates. A return of the goods later on takes nothing a second time (ledger.clawback).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import consumption, debts, hooks, idempotency, lapsing, records, wallets
from ledger.consumption import Demand, Lots
from ledger.posting import Key, WalletFrozen
from ledger.wallets import Wallet

CONTRA = "breakage"
_POTS = "SELECT holder_id, currency_id FROM ledger_wallet WHERE holder_id = %s ORDER BY currency_id"
_ALIVE = f"""
SELECT coalesce(sum(l.remaining), 0)::bigint FROM ledger_lot l
WHERE l.holder_id = %(holder)s AND l.currency_id = %(currency)s AND l.remaining > 0 AND {consumption.ALIVE}
"""
_DONE = """
SELECT currency_id, -sum(amount) FILTER (WHERE contra = 'breakage'), -sum(amount) FILTER (WHERE contra = 'debt_repay')
FROM ledger_entry WHERE holder_id = %(holder)s AND posting_id = %(posting)s GROUP BY currency_id
"""


class PointsHeld(Exception):
    """Points are set aside by a hold that is still open: it has to be resolved, or lapse, first."""


@dataclass(frozen=True)
class Forfeited:
    """What became of one pot, in smallest units of its currency."""

    currency_id: int
    forfeited: int
    repaid: int


def forfeit(
    *, holder_id: int, key: str, now: datetime, actor: str, source_type: str = "", source_id: int | None = None
) -> list[Forfeited]:
    """Empty every pot of a holder; the same key answers as the first time. Raises PointsHeld, WalletFrozen."""
    around = records.Circumstances(actor, source_type=source_type, source_id=source_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_POTS, [holder_id])
        pots = cursor.fetchall()
        lapsing.locked(cursor, pots, now)
        locked = wallets.lock(cursor, pots)  # as they stand without the holds that lapsed
        found = [_empty(cursor, locked[pot], key, around, now) for pot in pots]
        hooks.moved(cursor, pots, now)
        return [one for one in found if one is not None]


def _empty(
    cursor: Any, wallet: Wallet, key: Key, around: records.Circumstances, now: datetime
) -> Forfeited | None:  # fmt: skip
    holder_id, currency_id = pot = (wallet.holder_id, wallet.currency_id)
    idem = idempotency.of_client(f"{key}:{currency_id}")
    asked = idempotency.fingerprint(do="forfeit", currency=currency_id)
    done = records.find(cursor, holder_id, idem, asked)
    if done is not None:
        return _answer(cursor, holder_id, done)
    cursor.execute(_ALIVE, {"holder": holder_id, "currency": currency_id, "now": now})
    (alive,) = cursor.fetchone()
    if not alive:
        return None
    if wallet.frozen_reason:
        raise WalletFrozen(wallet.frozen_reason)
    if wallet.held:
        raise PointsHeld(f"{wallet.held} set aside")
    posting_id = records.post(cursor, holder_id, idem, asked, "expire", around, now)
    repaid = _draw(cursor, pot, posting_id, min(wallet.debt, alive), now, kind="repay", contra="debt_repay")
    if repaid:
        debts.owe(cursor, [(holder_id, posting_id, currency_id, -repaid)], now=now, reason="repay")
    lost = _draw(cursor, pot, posting_id, alive - repaid, now, kind="expire", contra=CONTRA)
    wallets.move(cursor, [(*pot, -repaid - lost, 0)])
    return Forfeited(currency_id, lost, repaid)


def _draw(cursor: Any, pot: wallets.Pot, posting_id: int, amount: int, now: datetime, **side: str) -> int:
    """Take `amount` from what is spendable, then from what is pending."""
    drawn = 0
    for lots in (Lots.SPENDABLE, Lots.PENDING):
        if amount > drawn:
            demand = Demand(*pot, amount - drawn, posting_id)
            drawn += sum(draw.amount for draw in consumption.draw(cursor, [demand], lots, now=now, **side))
    return drawn


def _answer(cursor: Any, holder_id: int, posting_id: int) -> Forfeited:
    cursor.execute(_DONE, {"holder": holder_id, "posting": posting_id})
    currency_id, forfeited, repaid = cursor.fetchone()
    return Forfeited(currency_id, int(forfeited or 0), int(repaid or 0))
