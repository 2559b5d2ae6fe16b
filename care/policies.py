"""Who may work on what: staff never on their own account, and nobody on a case that has ended."""

from __future__ import annotations

from django.utils.translation import gettext as _

from care.models import Case
from care.refusals import NotInThisState
from identity.models import User
from members import policies as members
from members.models import Membership

LIVING = (Case.State.OPEN, Case.State.WAITING, Case.State.REOPENED)


def check_acts_on_another(by: str, membership: Membership) -> None:
    """Raise members.policies.OwnAccount where a person of staff ("user:12") would act on herself."""
    user = user_of(by)
    if user is not None:
        members.check_acts_on_another(user, membership.member_id)


def user_of(by: str) -> User | None:
    """The person of staff an actor names; None for members, commands and the system."""
    kind, _colon, number = by.partition(":")
    if kind != "user" or not number.isdigit():
        return None
    return User.objects.filter(pk=int(number)).first()


def check_lives(case: Case) -> None:
    """Raise NotInThisState unless the case is still worked on."""
    if case.state not in LIVING:
        raise NotInThisState(_("This case is closed. Reopen it first."))
