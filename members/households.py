"""Memberships of one program pool: founded, joined, left, parted by staff, dissolved.

Whoever joins brings all that they have and owe; from then on what they earn is the household's. Whoever leaves takes
nothing, unless staff split the pot. The last one to leave takes all that is left, which is how a household ends.
Goods that come back later reach whoever has their points, by the ledger's successors.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from audit import trail
from ledger import holders
from members import hooks, pooling, seats, writing
from members.models import Household, Membership
from members.refusals import Refused
from members.seats import NotAnAdult

__all__ = [
    "ALONE", "ENDS", "PARTED", "HouseholdFull", "HouseholdGone", "InAHousehold", "NoHouseholds", "NotActive",
    "NotAnAdult", "NotInIt", "admit", "dissolve", "found", "holder_of", "lead", "leave", "locked", "remove",
]  # fmt: skip

holder_of = pooling.holder_of
ALONE, PARTED, ENDS = "alone", "parted", "ends"


class NoHouseholds(Refused):
    """The program has no households."""


class InAHousehold(Refused):
    """The membership is in a household already: it leaves that one first."""

    field = "membership"


class HouseholdFull(Refused):
    """There are as many in it as the program allows."""


class HouseholdGone(Refused):
    """The household was dissolved."""


class NotInIt(Refused):
    """The membership is not in this household, or may not do this there."""

    field = "membership"


class NotActive(Refused):
    """Only active memberships pool."""

    field = "membership"


@transaction.atomic
def found(*, membership_id: int, now: datetime, by: str) -> Household:
    """Begin a household with one member, its head, whose pots are the household's from now on.

    Raises NoHouseholds, NotActive, NotAnAdult, InAHousehold, pooling.PotsFrozen, pooling.PotsHeld.
    """
    membership = _alone(membership_id)
    seats.check_adult(membership, now)
    if seats.most_of(membership.program) < 2:
        raise NoHouseholds("this program has no households")
    (holder_id,) = holders.open(kind="household", now=now)
    household = Household.objects.create(
        public_id=writing.public_id(), program_id=membership.program_id, holder_id=holder_id, head=membership,
        created_at=now,
    )  # fmt: skip
    pooling.bring(membership=membership, into=holder_id, now=now, by=by)
    _told("households.founded", "household_joined", household, membership, now, by)
    return household


@transaction.atomic
def admit(*, household_id: int, membership_id: int, now: datetime, by: str) -> Household:
    """Let a membership in, with all that it has and owes. Whoever calls this knows that it was asked and agreed.

    Raises NotActive, InAHousehold, HouseholdGone, HouseholdFull, NotInIt (another program's), pooling.PotsFrozen,
    pooling.PotsHeld.
    """
    membership = _alone(membership_id)
    household = locked(household_id)
    if household.program_id != membership.program_id:
        raise NotInIt("a household is of one program")
    if len(seats.seats_of(household)) >= seats.most_of(membership.program):
        raise HouseholdFull(f"at most {seats.most_of(membership.program)}")
    pooling.bring(membership=membership, into=household.holder_id, now=now, by=by)
    _told("households.joined", "household_joined", household, membership, now, by)
    return household


@transaction.atomic
def leave(*, membership_id: int, now: datetime, by: str, reason: str = "", how: str = ALONE) -> Household:
    """Let a membership go: an empty holder of its own from now on. The last one takes all, and the household ends.

    Where the head leaves, whoever of age came first is head. `how`: ALONE, PARTED with a part of the pot, or as the
    household ENDS; whoever writes to people asks for it. Raises NotInIt, and what is raised at pooling.LEAVING.
    """
    membership = pooling.locked([membership_id])[membership_id]
    found_in = seats.household_of(membership_id)
    if found_in is None:
        raise NotInIt("the membership is in no household")
    household = locked(found_in.pk)
    others = [seat.membership for seat in seats.seats_of(household) if seat.membership.pk != membership_id]
    own = pooling.set_out(membership=membership, now=now, by=by)
    if not others:
        pooling.give(old=household.holder_id, new=own, program_id=household.program_id, now=now, by=by)
        household.dissolved_at = now
        household.save(update_fields=["dissolved_at"])
        household.invitations.filter(state="open").update(state="withdrawn", answered_at=now, sent_to="")
    elif household.head_id == membership_id:
        household.head = next((one for one in others if seats.is_adult(one, now)), others[0])
        household.save(update_fields=["head"])
    _told(
        "households.left", "household_left", household, membership, now, by, reason, how=how, last=not others,
        head=household.head_id,
    )  # fmt: skip
    return household


@transaction.atomic
def remove(
    *, household: Household, membership_id: int, head_id: int | None, now: datetime, by: str, reason: str = ""
) -> None:  # fmt: skip
    """Let somebody go by the head's hand (`head_id`, the head's membership) or by staff's (None). Raises NotInIt."""
    current = locked(household.pk)
    if head_id is not None and (head_id != current.head_id or head_id == membership_id):
        raise NotInIt("the head lets others go")
    if membership_id not in {seat.membership.pk for seat in seats.seats_of(current)}:
        raise NotInIt("the membership is not in this household")
    leave(membership_id=membership_id, now=now, by=by, reason=reason)


@transaction.atomic
def lead(*, household: Household, membership_id: int, now: datetime, by: str) -> None:
    """Make somebody else of the household its head. Raises HouseholdGone, NotInIt, NotAnAdult."""
    current = locked(household.pk)
    seat = next((seat for seat in seats.seats_of(current) if seat.membership.pk == membership_id), None)
    if seat is None:
        raise NotInIt("the membership is not in this household")
    seats.check_adult(seat.membership, now)
    current.head = seat.membership
    current.save(update_fields=["head"])
    trail.record(
        action="households.led", actor=by, obj=("household", current.pk), at=now, data={"membership": membership_id}
    )


@transaction.atomic
def dissolve(*, household: Household, now: datetime, by: str, reason: str = "") -> None:
    """End a household: everybody leaves, the head last, who has what is left. Raises HouseholdGone."""
    pooling.locked(seat.membership.pk for seat in seats.seats_of(household))
    current = locked(household.pk)
    for seat in sorted(seats.seats_of(current), key=lambda seat: seat.is_head):
        leave(membership_id=seat.membership.pk, now=now, by=by, reason=reason, how=ENDS)


def _alone(membership_id: int) -> Membership:
    """The membership, locked, active, in no household. Raises NotActive, InAHousehold."""
    membership = pooling.locked([membership_id])[membership_id]
    if membership.status != Membership.Status.ACTIVE:
        raise NotActive(f"the membership is {membership.status}")
    if seats.household_of(membership_id) is not None:
        raise InAHousehold("the membership is in a household")
    return membership


def locked(household_id: int) -> Household:
    """The household, locked; after the memberships, before the pots. Raises HouseholdGone."""
    household = Household.objects.select_for_update(no_key=True).get(pk=household_id)
    if household.dissolved_at is not None:
        raise HouseholdGone("this household was dissolved")
    return household


def _told(
    action: str, what: str, household: Household, membership: Membership, now: datetime, by: str, reason: str = "",
    **values: Any,
) -> None:  # fmt: skip
    data = {"membership": membership.pk, "reason": reason[:300]}
    trail.record(action=action, actor=by, obj=("household", household.pk), at=now, data=data)
    hooks.tell(
        what, membership_id=membership.pk, now=now, by=by, household=household.public_id,
        holder_id=household.holder_id, **values,
    )  # fmt: skip
