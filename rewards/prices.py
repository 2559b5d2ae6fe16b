"""What a reward costs, and what of a pot may go into it: prices in points, and each currency's rules of release."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ledger import holding
from ledger import queries as ledger
from programs import queries as programs
from programs.queries import Currency
from rewards.refusals import InsufficientPoints, NotOnOffer, WalletFrozen
from rewards.terms import Reward


def spendable(release: Mapping[str, Any], available: int) -> int:
    """The most that may be spent of `available`: nothing below the minimum, and only whole multiples."""
    if available < int(release.get("minimum", 0)):
        return 0
    return available - available % int(release.get("multiple_of", 1))


def priced(program_id: int, terms: Reward, quantity: int) -> list[tuple[Currency, int]]:
    """The currencies a redemption takes and how much of each, in the order in which pots are locked."""
    currencies = {currency.code: currency for currency in programs.currencies_of(program_id)}
    missing = terms.cost.keys() - currencies.keys()
    if missing:
        raise NotOnOffer(f"it costs {', '.join(sorted(missing))}, which there is no more")
    return sorted(
        ((currencies[code], amount * quantity) for code, amount in terms.cost.items()), key=lambda cost: cost[0].id
    )


def set_aside(
    holder_id: int, currency: Currency, amount: int, *, key: str, lapses_at: datetime, now: datetime, by: str
) -> int:  # fmt: skip
    """Hold `amount` of a pot; the hold's number. Raises InsufficientPoints, WalletFrozen."""
    if amount % int(currency.release.get("multiple_of", 1)):
        raise NotOnOffer(f"{currency.code} are spent in multiples of {currency.release['multiple_of']}")
    try:
        held = holding.hold(
            holder_id=holder_id, currency_id=currency.id, amount=amount, key=f"{key}:{currency.id}",
            lapses_at=lapses_at, now=now, actor=by, at_least=int(currency.release.get("minimum", 0)),
        )  # fmt: skip
    except holding.InsufficientPoints as refused:
        raise InsufficientPoints(currency.code, amount, spendable(currency.release, refused.available)) from None
    except holding.InDebt:
        raise InsufficientPoints(currency.code, amount, 0) from None
    except holding.WalletFrozen as refused:
        raise WalletFrozen(refused.reason) from None
    return held.hold_id


def affordable(holder_id: int, program_id: int, now: datetime) -> dict[str, int]:
    """What may be spent of each currency now, by code, for showing what is within reach."""
    balances = {balance.currency_id: balance for balance in ledger.balances(holder_id, now)}
    found = {}
    for currency in programs.currencies_of(program_id):
        balance = balances.get(currency.id)
        free = balance is not None and not balance.debt and not balance.frozen_reason
        found[currency.code] = spendable(currency.release, balance.available) if balance and free else 0
    return found
