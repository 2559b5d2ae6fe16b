"""Who sits in a household, read: which one, who with whom, since when, and whether one may spend for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from members import contacts
from members.models import Household, Membership, MembershipHolder
from members.refusals import Refused
from programs import queries as programs
from programs.models import Program

ADULT = 18
"""Years. Whoever gave no birth date is taken for one: it is asked of few."""

MOST = 6
"""How many a household has at most where the program does not say (`household_members`)."""


class NotAnAdult(Refused):
    """Only adults spend for a household, invite into it, and head it."""

    field = "membership"


@dataclass(frozen=True)
class Seat:
    """A membership in a household, from a moment, until another (None: still)."""

    membership: Membership
    from_at: datetime
    until_at: datetime | None
    is_head: bool


def most_of(program: Program) -> int:
    """How many members a household of this program has at most; below two there are none."""
    return int(program.settings.get("household_members", MOST))


def household_of(membership_id: int) -> Household | None:
    """The household whose pots a membership earns into now."""
    return _of_holder(MembershipHolder.objects.filter(membership_id=membership_id, until_at=None))


def last_household_of(membership_id: int) -> Household | None:
    """The household a membership left last, when it is in none."""
    rows = MembershipHolder.objects.filter(membership_id=membership_id).exclude(until_at=None)
    ids = Household.objects.filter(holder_id__in=rows.values("holder_id")).values_list("holder_id", flat=True)
    return _of_holder(rows.filter(holder_id__in=list(ids)).order_by("-until_at", "-pk"))


def of_holder(holder_id: int) -> Household | None:
    """The household that has this holder."""
    return Household.objects.filter(holder_id=holder_id).first()


def seats_of(household: Household) -> list[Seat]:
    """Everybody who sits in it now, in the order they came."""
    rows = MembershipHolder.objects.filter(holder_id=household.holder_id, until_at=None)
    return _seats(household, rows.filter(membership__merged_into=None))


def every_seat_of(household: Household) -> list[Seat]:
    """Also those who left, once for each time."""
    return _seats(household, MembershipHolder.objects.filter(holder_id=household.holder_id))


def is_adult(membership: Membership, now: datetime) -> bool:
    """By the local day of the member's market."""
    born_on = membership.member.birth_date
    market = programs.market_of(membership.program_id, membership.market_code)
    return born_on is None or contacts.age(born_on, now=now, zone=market.timezone if market else "UTC") >= ADULT


def check_adult(membership: Membership, now: datetime) -> None:
    """Raises NotAnAdult."""
    if not is_adult(membership, now):
        raise NotAnAdult(f"below {ADULT}")


def _of_holder(rows: QuerySet[MembershipHolder]) -> Household | None:
    row = rows.first()
    return of_holder(row.holder_id) if row else None


def _seats(household: Household, rows: QuerySet[MembershipHolder]) -> list[Seat]:
    ordered = rows.select_related("membership__member").order_by("from_at", "pk")
    return [Seat(row.membership, row.from_at, row.until_at, row.membership_id == household.head_id) for row in ordered]
