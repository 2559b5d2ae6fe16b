"""What may happen to a member in the state it is in, and by whom: pairs of `check_x`, which says why, and `can_x`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from members import holds, mastering
from members.models import Login, Member, Membership, MembershipHolder
from members.refusals import Refused


class OwnAccount(Refused):
    """Staff never act on their own account."""

    field = "member"


class CannotSpend(Refused):
    """The membership may earn and not spend."""

    field = "membership"


class SpendingHeld(CannotSpend):
    """A contact was changed, and the old one has not confirmed it. `until` is None where only staff can release it."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__(f"a contact was changed: nothing is spent until {until or 'staff release it'}")
        self.until = until


class MasteredElsewhere(Refused):
    """Another system is the master of this field: it is changed there, and comes here from there."""

    def __init__(self, field: str, system: str) -> None:
        super().__init__(_("This is kept in %(system)s: change it there.") % {"system": system})
        self.field, self.system = field, system


def acts_on_self(user: Any, member_id: int) -> bool:
    """Whether this person of staff is the member, was merged into her, or shares a household with her.

    It answers about the asker's own link and tells of no other.
    """
    return member_id in selves_of(user, [member_id])


def selves_of(user: Any, member_ids: Collection[int]) -> set[int]:
    """Which of the members this person of staff acts on herself with, in two statements for many."""
    own = Login.objects.filter(user_id=user.pk).values("member_id")
    mine = Q(membership__member_id__in=own) | Q(membership__absorbed__member_id__in=own)
    pots = MembershipHolder.objects.filter(mine, until_at=None).values("holder_id")
    hers = MembershipHolder.objects.filter(membership__member_id__in=member_ids, until_at=None, holder_id__in=pots)
    linked = Login.objects.filter(user_id=user.pk, member_id__in=member_ids).values_list("member_id", flat=True)
    return {*linked, *hers.values_list("membership__member_id", flat=True)}


def check_acts_on_another(user: Any, member_id: int) -> None:
    """Raise OwnAccount where staff would act on themselves."""
    if acts_on_self(user, member_id):
        raise OwnAccount("nobody acts on their own account")


def check_spend(membership: Membership, *, now: datetime) -> None:
    """Raise CannotSpend unless the membership is active (pending and suspended ones earn, closed ones neither), and
    SpendingHeld while a change of contact is not confirmed from the old one."""
    if membership.status != Membership.Status.ACTIVE:
        raise CannotSpend(f"the membership is {membership.status}")
    check_not_held(membership, now=now)


def can_spend(membership: Membership, *, now: datetime) -> bool:
    return membership.status == Membership.Status.ACTIVE and not holds.is_held(membership.member_id, now)


def check_not_held(membership: Membership, *, now: datetime) -> None:
    """Raise SpendingHeld for the 72 hours after a change of contact, and as long as one is disputed."""
    if holds.is_held(membership.member_id, now):
        raise SpendingHeld(holds.held_until(membership.member_id, now))


def check_may_change(member: Member, field: str) -> None:
    """Raise MasteredElsewhere where a CRM masters this field (members.mastering.FIELDS) of the member's population."""
    if system := mastering.elsewhere(member.population_id, field):
        raise MasteredElsewhere(field, system)


def can_change(member: Member, field: str) -> bool:
    return not mastering.elsewhere(member.population_id, field)
