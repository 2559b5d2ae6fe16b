"""What a member has and can take, for screens and books. Refusals are for the use cases; here everything is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Sum

from members import pooling
from members.models import Membership
from programs import queries as programs
from rewards import catalogue, eligibility, markets, prices, standing, vouchers
from rewards.models import Spent, Stock, Taken
from rewards.vouchers import IN_HAND, VoucherRow

__all__ = ["Choice", "VoucherRow", "choices_of", "in_hand", "names_of", "vouchers_of"]


@dataclass(frozen=True)
class Choice:
    """A reward on offer to a member. `cost` by currency code; `value` in minor units of `money`.

    `missing`: what the pots lack by currency code, empty when it can be paid. `left`: how many this member can still
    take, None without a limit. `for_me`: whether its conditions hold.
    """

    code: str
    names: Mapping[str, str]
    cost: Mapping[str, int]
    value: int
    money: str
    valid_days: int | None
    missing: Mapping[str, int]
    left: int | None
    for_me: bool


def vouchers_of(membership_id: int, now: datetime) -> list[VoucherRow]:
    """Every voucher of a membership, those that die first before; `state` is in_hand, used or expired at `now`."""
    membership = Membership.objects.get(pk=membership_id)
    market = programs.market_of(membership.program_id, membership.market_code)
    with connection.cursor() as cursor:
        kin = pooling.kin_of(membership_id)
        return vouchers.of_membership(cursor, kin, market.timezone if market else "UTC", now)


def in_hand(membership_id: int, now: datetime) -> list[VoucherRow]:
    """The vouchers a member can use now."""
    return [voucher for voucher in vouchers_of(membership_id, now) if voucher.state == IN_HAND]


def choices_of(membership: Membership, *, channel: str, now: datetime, where: str | None = None) -> list[Choice]:
    """Everything on offer where a member lives, or in the market `where`, in the program's order, with what stands
    between the two."""
    market = programs.market_of(membership.program_id, where or membership.market_code)
    offers = catalogue.offers_of(membership.program_id, market.code, now) if market else []
    if market is None or not offers:
        return []
    holder_id = standing.holder_of(membership.pk)
    facts = eligibility.facts_of(membership, holder_id, market, channel=channel, now=now)
    free = prices.affordable(holder_id, membership.program_id, now)
    left = _left(pooling.kin_of(membership.pk), offers, market.currency)
    return [
        Choice(
            code=offer.code,
            names=offer.names,
            cost=offer.terms.cost,
            value=vouchers.worth(offer.terms, market.currency),
            money=market.currency,
            valid_days=offer.terms.valid_days,
            missing={
                code: amount - free.get(code, 0)
                for code, amount in offer.terms.cost.items()
                if amount > free.get(code, 0)
            },
            left=left[offer.reward_id],
            for_me=eligibility.meets(offer.terms.when, facts),
        )
        for offer in offers
    ]


def names_of(program_id: int) -> dict[str, Mapping[str, str]]:
    """The names of a program's rewards by code, withdrawn ones too."""
    return catalogue.names_of(program_id)


def _left(
    kin: pooling.Kin, offers: Iterable[catalogue.Offer], money: str
) -> dict[int, int | None]:  # fmt: skip
    """What stock, budget and limits leave to one member. Holds that lapsed since may make it a little more."""
    ids = [offer.reward_id for offer in offers]
    hers = Taken.objects.filter(holder_id__in=kin.holders, membership_id__in=kin.memberships, reward_id__in=ids)
    taken = dict(hers.values_list("reward_id").annotate(Sum("taken")))
    out = dict(Stock.objects.filter(reward_id__in=ids).values_list("reward_id", "taken"))
    spent = {
        (reward_id, unit): number
        for reward_id, unit, number in Spent.objects.filter(reward_id__in=ids).values_list("reward_id", "unit", "spent")
    }
    found: dict[int, int | None] = {}
    for offer in offers:
        bounds = []
        if offer.terms.stock is not None:
            bounds.append(offer.terms.stock - out.get(offer.reward_id, 0))
        if offer.terms.per_member is not None:
            bounds.append(offer.terms.per_member - taken.get(offer.reward_id, 0))
        takes = markets.takes(offer.terms, money, offer.budgets)
        for unit, allowed in offer.budgets.items():
            bounds.append((allowed - spent.get((offer.reward_id, unit), 0)) // takes[unit])
        found[offer.reward_id] = max(0, min(bounds)) if bounds else None
    return found
