"""Posting one movement: earn, spend, adjust, transfer. Each is one transaction, and answers a repeated key as before.

The wallet is locked first; the statements after it see what every rival has committed, so what is available cannot
change under them. Two wallets are locked in the order of their holders.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from ledger import consumption, debts, hooks, idempotency, lapsing, records, wallets
from ledger.consumption import Demand, Lots
from ledger.idempotency import KeyReused
from ledger.wallets import Wallet

__all__ = [
    "InDebt", "InsufficientPoints", "KeyReused", "Posted", "Spent", "Transferred", "WalletFrozen",
    "adjust", "earn", "spend", "transfer",
]  # fmt: skip

Key = str | uuid.UUID


class InsufficientPoints(Exception):
    """Less is available than was asked for; nothing was written."""

    def __init__(self, available: int) -> None:
        super().__init__(f"only {available} available")
        self.available = available


class WalletFrozen(Exception):
    """Nothing leaves this wallet until staff let it; `reason` is theirs."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the wallet is frozen: {reason}")
        self.reason = reason


class InDebt(Exception):
    """Nothing is spent while points are owed."""

    def __init__(self, debt: int) -> None:
        super().__init__(f"{debt} owed")
        self.debt = debt


@dataclass(frozen=True)
class Posted:
    """A credit: the lot it made, and how much of it repaid debt at once."""

    posting_id: int
    lot_id: int
    repaid: int


@dataclass(frozen=True)
class Spent:
    """A debit: what it took from which lots, (lot_id, amount) in the order of consumption."""

    posting_id: int
    draws: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Transferred:
    """Two postings of one transfer; the receiver's lots have the dates of those they came from."""

    transfer_id: int
    sent: Spent
    received_posting_id: int


def earn(
    *, holder_id: int, currency_id: int, amount: int, key: Key, now: datetime, actor: str,
    available_at: datetime | None = None, expires_at: datetime | None = None, occurred_on: date | None = None,
    activity_id: int | None = None, kind: str = "earn", contra: str = "issue", fingerprint: bytes | None = None,
    channel: str = "", store_id: int | None = None, source_type: str = "", source_id: int | None = None,
    cost_centre: str = "",
) -> Posted:  # fmt: skip
    """Credit a new lot of `amount` (> 0), available at once unless said; debt of the pot is repaid from it.

    The same key with the same request answers as the first time; with another request it raises KeyReused.
    """
    check_positive(amount)
    around = records.Circumstances(actor, channel, store_id, source_type, source_id, cost_centre)
    idem = idempotency.of_client(key)
    asked = fingerprint or idempotency.fingerprint(
        do=kind, currency=currency_id, amount=amount, contra=contra, activity=activity_id,
        available_at=available_at, expires_at=expires_at,
    )  # fmt: skip
    pot = (holder_id, currency_id)
    with transaction.atomic(), connection.cursor() as cursor:
        wallets.make(cursor, [pot])
        wallet = wallets.lock(cursor, [pot])[pot]
        found = records.find(cursor, holder_id, idem, asked)
        if found is not None:
            return Posted(found, *records.made(cursor, holder_id, found))
        posting_id = records.post(cursor, holder_id, idem, asked, kind, around, now)
        records.make_lot(
            cursor, *pot, posting_id, amount, kind=kind, contra=contra, available_at=available_at or now,
            expires_at=expires_at, occurred_on=occurred_on or now.date(), activity_id=activity_id,
            cost_centre=cost_centre, now=now,
        )  # fmt: skip
        wallets.move(cursor, [(*pot, amount, 0)])
        if wallet.debt:
            debts.repay(cursor, [posting_id], [pot], now=now)
        hooks.moved(cursor, [pot], now)
        return Posted(posting_id, *records.made(cursor, holder_id, posting_id))


def spend(
    *, holder_id: int, currency_id: int, amount: int, key: Key, now: datetime, actor: str, contra: str = "redeem",
    fingerprint: bytes | None = None, debt_allowed: bool = False, channel: str = "", store_id: int | None = None,
    source_type: str = "", source_id: int | None = None, cost_centre: str = "",
) -> Spent:  # fmt: skip
    """Debit `amount` (> 0) from the pot's spendable lots, nearest expiry first, or nothing at all.

    Raises InsufficientPoints, WalletFrozen, InDebt (unless `debt_allowed`) or KeyReused.
    """
    check_positive(amount)
    around = records.Circumstances(actor, channel, store_id, source_type, source_id, cost_centre)
    idem = idempotency.of_client(key)
    asked = fingerprint or idempotency.fingerprint(do="spend", currency=currency_id, amount=amount, contra=contra)
    pot = (holder_id, currency_id)
    with transaction.atomic(), connection.cursor() as cursor:
        wallet = lapsing.locked(cursor, [pot], now).get(pot)
        found = records.find(cursor, holder_id, idem, asked)
        if found is not None:
            return Spent(found, records.drawn(cursor, holder_id, found))
        check_may_leave(wallet, debt_allowed)
        spent = _debit(cursor, pot, amount, idem, asked, "spend", contra, around, now)
        hooks.moved(cursor, [pot], now)
        return spent


def adjust(
    *, holder_id: int, currency_id: int, amount: int, key: Key, now: datetime, actor: str, contra: str = "goodwill",
    expires_at: datetime | None = None, fingerprint: bytes | None = None, channel: str = "",
    store_id: int | None = None, source_type: str = "", source_id: int | None = None, cost_centre: str = "",
) -> Posted | Spent:  # fmt: skip
    """Correct a pot by hand: `amount` > 0 gives (and repays debt), < 0 takes what is spendable, frozen or not.

    Raises InsufficientPoints or KeyReused.
    """
    if amount >= 0:
        return earn(
            holder_id=holder_id, currency_id=currency_id, amount=amount, key=key, now=now, actor=actor,
            expires_at=expires_at, kind="adjust", contra=contra, fingerprint=fingerprint, channel=channel,
            store_id=store_id, source_type=source_type, source_id=source_id, cost_centre=cost_centre,
        )  # fmt: skip
    around = records.Circumstances(actor, channel, store_id, source_type, source_id, cost_centre)
    idem = idempotency.of_client(key)
    asked = fingerprint or idempotency.fingerprint(do="adjust", currency=currency_id, amount=amount, contra=contra)
    pot = (holder_id, currency_id)
    with transaction.atomic(), connection.cursor() as cursor:
        lapsing.locked(cursor, [pot], now)
        found = records.find(cursor, holder_id, idem, asked)
        if found is not None:
            return Spent(found, records.drawn(cursor, holder_id, found))
        spent = _debit(cursor, pot, -amount, idem, asked, "adjust", contra, around, now)
        hooks.moved(cursor, [pot], now)
        return spent


def transfer(
    *, from_holder: int, to_holder: int, currency_id: int, amount: int, key: Key, now: datetime, actor: str,
    fingerprint: bytes | None = None, debt_allowed: bool = False, channel: str = "", store_id: int | None = None,
    source_type: str = "", source_id: int | None = None,
) -> Transferred:  # fmt: skip
    """Move `amount` (> 0) of spendable points to another holder, lot by lot with their dates; repays no debt there.

    `key` is the sender's. Raises InsufficientPoints, WalletFrozen, InDebt, KeyReused; ValueError for oneself.
    """
    check_positive(amount)
    if from_holder == to_holder:
        raise ValueError("a transfer needs two holders")
    around = records.Circumstances(actor, channel, store_id, source_type, source_id)
    idem = idempotency.of_client(key)
    asked = fingerprint or idempotency.fingerprint(do="transfer", to=to_holder, currency=currency_id, amount=amount)
    sender, receiver = (from_holder, currency_id), (to_holder, currency_id)
    with transaction.atomic(), connection.cursor() as cursor:
        wallets.make(cursor, [sender, receiver])
        wallet = lapsing.locked(cursor, [sender, receiver], now)[sender]
        found = records.find(cursor, from_holder, idem, asked)
        if found is not None:
            sent = Spent(found, records.drawn(cursor, from_holder, found))
            return Transferred(found, sent, records.received(cursor, to_holder, found))
        check_may_leave(wallet, debt_allowed)
        sent = _debit(cursor, sender, amount, idem, asked, "transfer", "transfer", around, now, transfers=True)
        there = uuid.uuid5(idempotency.NAMESPACE, f"transfer:{from_holder}:{idem}")
        received = records.post(cursor, to_holder, there, asked, "transfer", around, now, transfer_id=sent.posting_id)
        records.receive(cursor, from_holder, sent.posting_id, to_holder, received, now)
        wallets.move(cursor, [(*receiver, amount, 0)])
        hooks.moved(cursor, [sender, receiver], now)
        return Transferred(sent.posting_id, sent, received)


def check_positive(amount: int) -> None:
    """Raises ValueError."""
    if amount <= 0:
        raise ValueError("an amount must be positive")


def check_may_leave(wallet: Wallet | None, debt_allowed: bool) -> None:
    """Raises WalletFrozen or InDebt."""
    if wallet is not None and wallet.frozen_reason:
        raise WalletFrozen(wallet.frozen_reason)
    if wallet is not None and wallet.debt and not debt_allowed:
        raise InDebt(wallet.debt)


def _debit(
    cursor: Any, pot: wallets.Pot, amount: int, idem: uuid.UUID, asked: bytes, kind: str, contra: str,
    around: records.Circumstances, now: datetime, transfers: bool = False,
) -> Spent:  # fmt: skip
    """Take `amount` out of a locked pot, or raise InsufficientPoints having written nothing."""
    available = consumption.available(cursor, *pot, now)
    if available < amount:
        raise InsufficientPoints(available)
    posting_id = records.post(cursor, pot[0], idem, asked, kind, around, now, transfers=transfers)
    draws = consumption.draw(
        cursor, [Demand(*pot, amount, posting_id)], Lots.SPENDABLE,
        now=now, kind=kind, contra=contra, cost_centre=around.cost_centre,
    )  # fmt: skip
    assert sum(draw.amount for draw in draws) == amount, "a locked pot gave other than it had"
    wallets.move(cursor, [(*pot, -amount, 0)])
    return Spent(posting_id, tuple((draw.lot_id, draw.amount) for draw in draws))
