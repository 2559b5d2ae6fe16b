"""Staff part a household's pot: some of what can be spent goes to somebody who leaves, or left."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit import trail
from ledger import posting, stilling
from ledger import queries as ledger
from members import hooks, households, pooling, seats
from members.households import HouseholdGone, InAHousehold, NotInIt
from members.models import Household
from members.refusals import Refused
from programs import queries as programs


class NotSplit(Refused):
    """The pot cannot give that: too little can be spent, it is owed, or stopped. `available` in smallest units."""

    field = "amount"

    def __init__(self, why: str, currency_id: int, available: int = 0) -> None:
        super().__init__(why)
        self.currency_id, self.available = currency_id, available


@dataclass(frozen=True)
class Part:
    """Of one pot, in smallest units: what can be spent now, and what of it would be given."""

    currency_id: int
    there: int
    given: int

    @property
    def stays(self) -> int:
        return self.there - self.given


def foreseen(
    *, household: Household, amounts: Mapping[int, int] | None = None, percent: int = 0, now: datetime
) -> list[Part]:  # fmt: skip
    """Who would get what, for looking at before `split` with the same values. Raises NotSplit."""
    parts = _parts(household, amounts or {}, percent, now)
    pots = {one.currency_id: one for one in ledger.balances(household.holder_id, now)}
    told = []
    for currency_id, given in sorted(parts.items()):
        pot = pots.get(currency_id)
        if pot is None or pot.available < given:
            raise NotSplit("too little can be spent", currency_id, pot.available if pot else 0)
        if pot.debt:
            raise NotSplit("the household owes", currency_id)
        told.append(Part(currency_id, pot.available, given))
    return told


@transaction.atomic
def split(
    *, household: Household, membership_id: int, amounts: Mapping[int, int] | None = None, percent: int = 0,
    reason: str, now: datetime, by: str, key: str = "",
) -> dict[int, int]:  # fmt: skip
    """Give a part of the pot: `amounts` by currency id, in smallest units, or `percent` of what can be spent.

    Whoever is still in it leaves. Lots go nearest expiry first, with their dates, into the pots of the one who left;
    what went where is returned. Raises NotInIt, InAHousehold (another one meanwhile), NotSplit.
    """
    membership = pooling.locked([membership_id])[membership_id]
    here = seats.household_of(membership_id)
    if here is not None and here.pk == household.pk:
        households.leave(membership_id=membership_id, now=now, by=by, reason=reason, how=households.PARTED)
    elif here is not None:
        raise InAHousehold("the membership is in another household by now")
    elif membership_id not in {seat.membership.pk for seat in seats.every_seat_of(household)}:
        raise NotInIt("the membership was never in this household")
    current = Household.objects.get(pk=household.pk)
    if current.dissolved_at is not None:
        raise HouseholdGone("whoever left last has the pot")
    own = pooling.holder_of(membership_id)
    currency_ids = pooling.currencies_of(household.program_id)
    stilling.hold_still(holder_ids=[household.holder_id, own], currency_ids=currency_ids)
    parts = _parts(household, amounts or {}, percent, now)
    for currency_id, amount in sorted(parts.items()):
        _transfer(household, own, currency_id, amount, key or uuid.uuid4().hex, now, by)
    told = {str(currency_id): amount for currency_id, amount in parts.items()}
    data = {"membership": membership_id, "amounts": told, "reason": reason[:300]}
    trail.record(action="households.split", actor=by, obj=("household", household.pk), at=now, data=data)
    hooks.tell(
        "household_split", membership_id=membership.pk, now=now, by=by, household=household.public_id, parts=told,
        left_now=here is not None,
    )  # fmt: skip
    return parts


def _parts(household: Household, amounts: Mapping[int, int], percent: int, now: datetime) -> dict[int, int]:
    """The part of each pot, rounded down; what is not positive is left out. A share is of what can be spent: steps are
    the household's, and so is what they are reached by."""
    if percent:
        spent = {one.id for one in programs.currencies_of(household.program_id) if one.kind != "status"}
        balances = ledger.balances(household.holder_id, now)
        amounts = {one.currency_id: one.available * percent // 100 for one in balances if one.currency_id in spent}
    return {currency_id: amount for currency_id, amount in amounts.items() if amount > 0}


def _transfer(
    household: Household, own: int, currency_id: int, amount: int, key: str, now: datetime, by: str
) -> None:  # fmt: skip
    try:
        posting.transfer(
            from_holder=household.holder_id, to_holder=own, currency_id=currency_id, amount=amount,
            key=f"split:{key}:{currency_id}", now=now, actor=by, source_type="household", source_id=household.pk,
        )  # fmt: skip
    except posting.InsufficientPoints as refused:
        raise NotSplit("too little can be spent", currency_id, refused.available) from None
    except posting.InDebt:
        raise NotSplit("the household owes", currency_id) from None
    except posting.WalletFrozen:
        raise NotSplit("the pot is stopped", currency_id) from None
