"""Redeeming in two phases: a hold that lapses by itself, then confirm or release. `redeem` is both at once.

Each call is one transaction, and a till may send it again with the same key: it gets the same answer, whatever has
become of the reward meanwhile. A refusal changes nothing and leaves its key free.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from ledger import holding, idempotency
from ledger.idempotency import KeyReused
from members import closing, policies, seats
from programs import queries as programs
from rewards import catalogue, counting, eligibility, markets, prices, records, standing, vouchers
from rewards.catalogue import Offer
from rewards.records import Row
from rewards.refusals import (
    AlreadyConfirmed,
    BudgetSpent,
    CardBlocked,
    HoldLapsed,
    LimitReached,
    MembershipClosed,
    NotAnAdult,
    NotEligible,
    NotOnOffer,
    OutOfStock,
    SpendingHeld,
)
from rewards.standing import Who
from rewards.vouchers import VoucherRow

__all__ = ["HOLD_LASTS", "Held", "KeyReused", "Redeemed", "confirm", "hold", "redeem", "release"]

HOLD_LASTS = timedelta(minutes=15)
MOST_AT_ONCE = 100
Key = str | uuid.UUID


@dataclass(frozen=True)
class Held:
    """What is set aside until `lapses_at`. `cost`: smallest units by currency code."""

    redemption_id: int
    reward_code: str
    quantity: int
    cost: Mapping[str, int]
    lapses_at: datetime


@dataclass(frozen=True)
class Redeemed:
    """What took place: the points are spent and the vouchers are in the member's hands."""

    redemption_id: int
    reward_code: str
    quantity: int
    cost: Mapping[str, int]
    vouchers: tuple[VoucherRow, ...]


def hold(
    *, membership_id: int, reward: str, quantity: int = 1, receipt: str | None = None, source: str = "", key: Key,
    channel: str, now: datetime, by: str, card: str | None = None, market: str | None = None,
    lasts: timedelta = HOLD_LASTS,
) -> Held:  # fmt: skip
    """Set aside what a reward costs, and one of its stock, for a member, until confirmed, released or lapsed.

    `receipt` is the number of the receipt on which the reward is spent at once, `source` the code of who sends that
    receipt (two may use the same numbers); `card` the one that was shown; `market` where it is spent, whose price and
    money hold: the member's own unless said.
    Raises, in this order: MembershipClosed, SpendingHeld, NotAnAdult, CardBlocked, NotOnOffer, NotEligible,
    LimitReached, OutOfStock, BudgetSpent, InsufficientPoints or WalletFrozen; KeyReused; ValueError for a quantity out
    of 1..100.
    """
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise ValueError(f"between 1 and {MOST_AT_ONCE} at once")
    said = {name: value for name, value in (("source", source), ("market", market)) if value}
    asked = idempotency.fingerprint(
        do="redeem", membership=membership_id, reward=reward, quantity=quantity, receipt=receipt, **said
    )
    with transaction.atomic(), connection.cursor() as cursor:
        # The membership's lock makes two calls with one key follow each other: the second finds what the first did.
        who = standing.of(membership_id, card, market)
        row = records.find_of(cursor, who, records.idem(key), asked)
        if row is None:
            offer = _offered(who, reward, channel, now)
            around = {"idem": records.idem(key), "fingerprint": asked, "receipt": receipt or "", "source": source}
            _place(cursor, who, offer, quantity, now=now, lapses_at=now + lasts, by=by, channel=channel, **around)
            row = records.must_find_of(cursor, who, records.idem(key))
        return Held(row.redemption_id, reward, row.quantity, _cost(who, row), row.lapses_at)


def confirm(*, membership_id: int, key: Key, now: datetime, by: str) -> Redeemed:
    """Spend what is held under this key and give the vouchers. Raises HoldLapsed, NoSuchRedemption."""
    with transaction.atomic(), connection.cursor() as cursor:
        who = standing.of(membership_id, None)
        row = records.must_find_of(cursor, who, records.idem(key))
        if row.state != "confirmed":
            if row.state != "held" or row.lapses_at <= now:
                raise HoldLapsed("the hold was released or not confirmed in time")
            records.confirm(cursor, row, now=now, by=by)
            for currency_id, _, hold_id, _ in row.costs:
                spent = holding.capture(
                    holder_id=row.holder_id, hold_id=hold_id, now=now, actor=by, source_type="redemption",
                    source_id=row.redemption_id, cost_centre=f"reward:{row.offer['code']}",
                )  # fmt: skip
                records.spent(cursor, row, currency_id, spent.posting_id)
            vouchers.give(cursor, row, who.market, now)
        given = vouchers.of_redemption(cursor, row, who.market.timezone, now)
        return Redeemed(row.redemption_id, row.offer["code"], row.quantity, _cost(who, row), given)


def release(*, membership_id: int, key: Key, now: datetime, by: str) -> None:
    """Let go of what is held under this key; what was released or has lapsed is free already.

    Raises AlreadyConfirmed, NoSuchRedemption.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        who = standing.of(membership_id, None)
        row = records.must_find_of(cursor, who, records.idem(key))
        if row.state == "confirmed":
            raise AlreadyConfirmed("what was confirmed cannot be released")
        if row.state == "held":
            counting.lock(cursor, row.reward_id)
            if row.lapses_at <= now:
                counting.lapse(cursor, row.reward_id, now, row.holder_id)
            else:
                counting.release(cursor, row.reward_id, row.holder_id, row.redemption_id, now=now, by=by)
            for _, _, hold_id, _ in row.costs:
                holding.release(holder_id=row.holder_id, hold_id=hold_id, now=now)


def redeem(
    *, membership_id: int, reward: str, quantity: int = 1, receipt: str | None = None, source: str = "", key: Key,
    channel: str, now: datetime, by: str, card: str | None = None, market: str | None = None,
) -> Redeemed:  # fmt: skip
    """Hold and confirm at once. Raises as both of them do."""
    with transaction.atomic():
        hold(
            membership_id=membership_id, reward=reward, quantity=quantity, receipt=receipt, source=source, key=key,
            channel=channel, now=now, by=by, card=card, market=market,
        )  # fmt: skip
        return confirm(membership_id=membership_id, key=key, now=now, by=by)


def _offered(who: Who, reward: str, channel: str, now: datetime) -> Offer:
    """The offer, for a member who may take it."""
    if not who.is_active and not closing.spends_what_is_left(who.membership, now):
        raise MembershipClosed(f"the membership is {who.membership.status}")
    try:
        policies.check_not_held(who.membership, now=now)
    except policies.SpendingHeld as held:
        raise SpendingHeld(str(held)) from None
    if not seats.is_adult(who.membership, now) and seats.of_holder(who.holder_id):
        raise NotAnAdult("the pot is a household's")
    if not who.card_works:
        raise CardBlocked("the card is blocked, replaced or another member's")
    offers = catalogue.offers_of(who.program_id, who.market.code, now)
    offer = next((offer for offer in offers if offer.code == reward), None)
    if offer is None:
        raise NotOnOffer(f"{reward!r} is not on offer")
    if offer.terms.when is not None:
        facts = eligibility.facts_of(who.membership, who.holder_id, who.market, channel=channel, now=now)
        if not eligibility.meets(offer.terms.when, facts):
            raise NotEligible(f"{reward!r} is for other members")
    return offer


def _place(
    cursor: Any, who: Who, offer: Offer, quantity: int, *, now: datetime, lapses_at: datetime, by: str, **around: Any
) -> None:  # fmt: skip
    """Take the stock, the budget, a share and the points, in the order of locks; refuse in the order of refusals."""
    stock, allowed = offer.terms.stock, offer.terms.per_member
    counting.lock(cursor, offer.reward_id)
    counting.lapse(cursor, offer.reward_id, now, who.holder_id)
    enough = stock is None or counting.take_stock(cursor, offer.reward_id, quantity, stock, now)
    parts = _parts(who, offer, quantity)
    drawn = {"points" if unit == markets.POINTS else "amount": (unit, part) for unit, (part, _) in parts.items()}
    affordable = not parts or counting.take_budget(cursor, offer.reward_id, parts, now)
    if not counting.take_share(cursor, who, reward_id=offer.reward_id, quantity=quantity, allowed=allowed):
        raise LimitReached(f"at most {allowed} a member")
    if not enough:
        raise OutOfStock(f"fewer than {quantity} are left")
    if not affordable:
        raise BudgetSpent(f"the budget of {offer.code!r} does not pay for {quantity} more")
    redemption_id = records.place(
        cursor, offer.terms.document(), holder=who.holder_id, membership=who.membership.pk, reward=offer.reward_id,
        quantity=quantity, from_stock=stock is not None, now=now, lapses_at=lapses_at, actor=by,
        budget_amount=drawn.get("amount", ("", 0))[1], budget_points=drawn.get("points", ("", 0))[1],
        budget_market=drawn.get("amount", ("", 0))[0].partition(":")[2], money=who.market.currency, **around,
    )  # fmt: skip
    for currency, amount in prices.priced(who.program_id, offer.terms, quantity):
        hold_id = prices.set_aside(
            who.holder_id, currency, amount, key=f"redemption:{redemption_id}", lapses_at=lapses_at, now=now, by=by
        )
        records.add_cost(
            cursor, who.holder_id, redemption_id, currency_id=currency.id, amount=amount, hold_id=hold_id
        )  # fmt: skip


def _parts(who: Who, offer: Offer, quantity: int) -> dict[str, tuple[int, int]]:
    """(what this takes, what is allowed) of each budget it draws on."""
    takes = markets.takes(offer.terms, who.market.currency, offer.budgets)
    return {unit: (takes[unit] * quantity, allowed) for unit, allowed in offer.budgets.items()}


def _cost(who: Who, row: Row) -> dict[str, int]:
    codes = {currency.id: currency.code for currency in programs.currencies_of(who.program_id)}
    return {codes[currency_id]: amount for currency_id, amount, _, _ in row.costs}
