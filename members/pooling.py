"""Whose pots a membership earns into, changed: into a household, or with the one that stands for it, and out again.

Value moves by postings of the ledger (`ledger.succession`): lots keep their activity and dates, debt follows. The
dated rows of `membership_holder` say whose a receipt is by the moment it occurred, whenever it arrives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from ledger import holders, stilling, succession
from ledger.posting import WalletFrozen
from members import hooks
from members.models import Membership, MembershipHolder
from members.refusals import Refused
from programs import queries as programs

LEAVING = "pots_left"
"""Told before a membership leaves its holder (`holder_id`): whoever has something open there raises."""


class PotsFrozen(Refused):
    """Staff stopped a pot that would have to move."""

    field = "membership"


class PotsHeld(Refused):
    """Points are set aside for a redemption, to be confirmed or released first."""

    field = "membership"


def locked(membership_ids: Iterable[int]) -> dict[int, Membership]:
    """These memberships under their locks, in order: whoever redeems comes before, or finds what became of them."""
    rows = Membership.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(membership_ids))
    return {row.pk: row for row in rows.select_related("member").order_by("pk")}


def holder_of(membership_id: int) -> int:
    """Whose pots a membership earns into now. Raises MembershipHolder.DoesNotExist."""
    return MembershipHolder.objects.get(membership_id=membership_id, until_at=None).holder_id


@dataclass(frozen=True)
class Kin:
    """All that is one person's in one program: her memberships, the standing one first, and every pot they ever had."""

    memberships: tuple[int, ...]
    holders: tuple[int, ...]


def kin_of(membership_id: int) -> Kin:
    """A membership with those that were merged into it, and whose pots they earned into at any time."""
    gone = Membership.objects.filter(merged_into=membership_id).order_by("pk").values_list("pk", flat=True)
    memberships = (membership_id, *gone)
    rows = MembershipHolder.objects.filter(membership_id__in=memberships).order_by("from_at", "pk")
    return Kin(memberships, tuple(dict.fromkeys(rows.values_list("holder_id", flat=True))))


def one_person(membership_id: int) -> QuerySet[Membership, Any]:
    """A membership and those that were merged into it, to ask for their rows in the same statement (`__in`)."""
    return Membership.objects.filter(Q(pk=membership_id) | Q(merged_into=membership_id)).values("pk")


def holder_at(membership_id: int, at: datetime) -> int:
    """Whose pots a membership earned into at a moment; before its first, its first."""
    rows = MembershipHolder.objects.filter(membership_id=membership_id).order_by("from_at", "pk")
    then = rows.filter(Q(until_at=None) | Q(until_at__gt=at), from_at__lte=at).last()
    return (then or rows[0]).holder_id


def currencies_of(program_id: int) -> list[int]:
    """Every currency of a program, in the order in which pots are locked."""
    return sorted(currency.id for currency in programs.currencies_of(program_id))


def bring(*, membership: Membership, into: int, now: datetime, by: str) -> int:
    """Let all that a membership has and owes become another holder's, and let it earn there; the holder it had.

    The membership is locked before. Raises PotsFrozen, PotsHeld, and what is raised at LEAVING.
    """
    before = leaving(membership, now, by)
    # both at once and in order: one by one, this and whoever posts to them could wait for each other in a circle
    stilling.hold_still(holder_ids=[before, into], currency_ids=currencies_of(membership.program_id))
    give(old=before, new=into, program_id=membership.program_id, now=now, by=by)
    _begin(membership, into, now)
    return before


def set_out(*, membership: Membership, now: datetime, by: str) -> int:
    """Let a membership earn into an empty holder of its own from now on; the holder. It takes nothing along.

    The membership is locked before. Raises what is raised at LEAVING.
    """
    leaving(membership, now, by)
    (own,) = holders.open(now=now)
    _begin(membership, own, now)
    return own


def follow(*, membership: Membership, holder_id: int, now: datetime) -> None:
    """Let a membership earn into a holder from now on; what moves is somebody else's affair."""
    if holder_of(membership.pk) != holder_id:
        _begin(membership, holder_id, now)


def instead(*, membership: Membership, holder_id: int) -> None:
    """Let a membership have earned into another holder since its last change: that change is undone."""
    MembershipHolder.objects.filter(membership=membership, until_at=None).update(holder_id=holder_id)


def give(*, old: int, new: int, program_id: int, now: datetime, by: str) -> None:
    """Let `new` have what `old` has, and stand for it. Raises PotsFrozen, PotsHeld."""
    try:
        succession.merge(old=old, new=new, currency_ids=currencies_of(program_id), now=now, by=by)
    except WalletFrozen as refused:
        raise PotsFrozen(refused.reason) from None
    except succession.HoldsOpen:
        raise PotsHeld("points are set aside for a redemption") from None


def leaving(membership: Membership, now: datetime, by: str) -> int:
    """Say that a membership is about to leave the holder it has; that holder."""
    before = holder_of(membership.pk)
    hooks.tell(LEAVING, membership_id=membership.pk, now=now, by=by, holder_id=before)
    return before


def _begin(membership: Membership, holder_id: int, now: datetime) -> None:
    MembershipHolder.objects.filter(membership=membership, until_at=None).update(until_at=now)
    MembershipHolder.objects.create(membership=membership, holder_id=holder_id, from_at=now)
