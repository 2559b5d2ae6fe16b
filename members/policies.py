"""What may happen to a member in the state it is in, and by whom: pairs of `check_x`, which says why, and `can_x`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from members import mastering
from members.models import Login, Member, Membership
from members.refusals import Refused


class OwnAccount(Refused):
    """Staff never act on their own account."""

    field = "member"


class CannotSpend(Refused):
    """The membership may earn and not spend."""

    field = "membership"


class MasteredElsewhere(Refused):
    """Another system is the master of this field: it is changed there, and comes here from there."""

    def __init__(self, field: str, system: str) -> None:
        super().__init__(_("This is kept in %(system)s: change it there.") % {"system": system})
        self.field, self.system = field, system


def acts_on_self(user: Any, member_id: int) -> bool:
    """Whether this person of staff is the member. It answers about the asker's own link and tells of no other."""
    return Login.objects.filter(user_id=user.pk, member_id=member_id).exists()


def check_acts_on_another(user: Any, member_id: int) -> None:
    """Raise OwnAccount where staff would act on themselves."""
    if acts_on_self(user, member_id):
        raise OwnAccount("nobody acts on their own account")


def check_spend(membership: Membership) -> None:
    """Raise CannotSpend unless the membership is active: pending and suspended ones earn, closed ones neither."""
    if membership.status != Membership.Status.ACTIVE:
        raise CannotSpend(f"the membership is {membership.status}")


def can_spend(membership: Membership) -> bool:
    return membership.status == Membership.Status.ACTIVE


def check_may_change(member: Member, field: str) -> None:
    """Raise MasteredElsewhere where a CRM masters this field (members.mastering.FIELDS) of the member's population."""
    if system := mastering.elsewhere(member.population_id, field):
        raise MasteredElsewhere(field, system)


def can_change(member: Member, field: str) -> bool:
    return not mastering.elsewhere(member.population_id, field)
