"""What leaving would do to each pot, in numbers: the same sums that settling posts, before anything is posted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger import queries as ledger
from members import closing
from members.models import Closing, Membership, MembershipHolder
from programs import queries as programs
from rewards import farewell


@dataclass(frozen=True)
class Fate:
    """What would become of one pot, in smallest units: `voucher` and `lost`; `owed` is what it owes now."""

    currency_id: int
    kind: str
    available: int
    pending: int
    owed: int
    voucher: int
    lost: int


@dataclass(frozen=True)
class Foreseen:
    """`pot` is the program's choice, carried out at `settles_at`; `spend_until` None: nothing is spent any more.

    `held`: a reward is being taken at this moment. `fates` leaves out pots with nothing in them.
    """

    pot: str
    settles_at: datetime
    spend_until: datetime | None
    held: bool
    in_household: bool
    fates: tuple[Fate, ...]


def of(membership: Membership, now: datetime) -> Foreseen:
    """What would happen if this membership were closed now; of a closed one, what will happen."""
    under_way = closing.open_closing(membership.pk)
    choice = closing.choice_of(membership.program_id, now)
    pot, settles_at, before = choice.pot, choice.settles_at, membership.status
    if under_way is not None:
        pot, settles_at, before = under_way.pot, under_way.settles_at, under_way.status_before
    holder_id = MembershipHolder.objects.get(membership=membership, until_at=None).holder_id
    shared = closing.in_household(membership.pk)
    fates = () if shared else _fates(membership, holder_id, gives_voucher(pot, before), now)
    held = any(one.held for one in ledger.balances(holder_id, now))
    spends = pot == Closing.Pot.GRACE and before == Membership.Status.ACTIVE
    return Foreseen(pot, settles_at, settles_at if spends else None, held, shared, fates)


def gives_voucher(pot: str, status_before: str) -> bool:
    """Whether cash becomes a voucher: a suspended member may not spend, so none is given to her."""
    return pot == Closing.Pot.VOUCHER and status_before == Membership.Status.ACTIVE


def _fates(membership: Membership, holder_id: int, vouchers: bool, now: datetime) -> tuple[Fate, ...]:
    market = programs.market_of(membership.program_id, membership.market_code)
    kinds = {row.id: row.kind for row in programs.currencies_of(membership.program_id)}
    worth = (
        farewell.worth(holder_id=holder_id, program_id=membership.program_id, money=market.currency, now=now)
        if vouchers and market
        else {}
    )
    found = []
    for one in ledger.balances(holder_id, now):
        whole = one.available + one.pending
        given = worth.get(one.currency_id, 0)
        if (whole or one.debt) and one.currency_id in kinds:
            lost = max(0, whole - given - one.debt)
            found.append(
                Fate(one.currency_id, kinds[one.currency_id], one.available, one.pending, one.debt, given, lost)
            )
    return tuple(found)
