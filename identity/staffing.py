"""People of a store, looked after by its manager: invited within his own rights, given badges, ended.

A manager gives a role only where he may himself do all that the role may do, and touches only grants that lie within
the scopes in which he may invite. What a person holds elsewhere is not his to see or to end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from audit import trail
from identity import departing, hooks, places, rights, staff
from identity.models import Grant, Role, StaffProfile, User
from identity.rights import Scope
from identity.roles import ALLOWED, OF_A_STORE
from identity.staff import InvalidStaff

ACTION = "staff.invite"


class BeyondOwnRights(rights.NotAllowed):
    """Nobody gives what they do not hold, nor where they do not hold it."""


class NotYourself(rights.NotAllowed):
    """Nobody ends their own work, or changes their own badge, rights or PIN."""


@dataclass(frozen=True)
class Person:
    """A person of staff as her manager sees her: only the grants that lie within his scopes."""

    user: User
    name: str
    grants: list[Grant]
    badge: str


def roles_to_give(user: Any, scope: Scope) -> list[str]:
    """The roles `user` may give in a scope: those whose every action is his own there."""
    whole = places.complete(scope)
    if not rights.may(user, ACTION, whole):
        return []
    return [role for role in Role.values if _is_own(user, role, whole) and (role not in OF_A_STORE or scope.store)]


def invite(
    by_user: Any, *, address: str, display_name: str, role: str, scope: Scope, now: datetime, language: str = "en"
) -> User:
    """Give a person a role at a store, with a login where there is none, and tell her by mail.

    Whoever has a login keeps it with all it holds. Raises BeyondOwnRights, NotYourself, InvalidStaff.
    """
    email = address.strip().lower()
    _check_person(email, display_name)
    if role not in roles_to_give(by_user, scope):
        raise BeyondOwnRights(role)
    if email == by_user.email:
        raise NotYourself
    by = f"user:{by_user.pk}"
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email=email).first() or User.objects.create_user(email)
        if not user.is_active:
            raise InvalidStaff("this login is closed")
        StaffProfile.objects.get_or_create(
            user=user, defaults={"display_name": display_name.strip(), "language": language}
        )
        Grant.objects.get_or_create(
            user=user, role=role, banner_code=scope.banner, market_code=scope.market, store_code=scope.store
        )
        staff.tell(user, now=now, by=by)
        hooks.tell(
            "invited", user_id=user.pk, address=email, now=now, by=by, language=language, store=scope.store, role=role,
            name=display_name.strip(),
        )  # fmt: skip
    return user


def people_of(by_user: Any) -> list[Person]:
    """The people with a grant within the scopes in which `by_user` may invite, by name."""
    scopes = rights.scopes(by_user, ACTION)
    found: dict[int, Person] = {}
    rows = Grant.objects.select_related("user", "user__staff", "user__badge").exclude(user_id=by_user.pk)
    held = list(rows.filter(user__is_active=True).order_by("user__staff__display_name", "user_id", "pk"))
    where = places.complete_all({_scope(grant) for grant in held})
    for grant in held:
        if not _within(scopes, where[_scope(grant)]):
            continue
        user = grant.user
        person = found.get(user.pk) or found.setdefault(user.pk, _person(user))
        person.grants.append(grant)
    return list(found.values())


def person_of(by_user: Any, user_id: int) -> Person | None:
    """One of his people; None for anybody else."""
    return next((person for person in people_of(by_user) if person.user.pk == user_id), None)


def end_work(by_user: Any, person: Person, *, now: datetime) -> None:
    """The end of a person's work in the manager's scopes: these grants go, and sessions end at once.

    With the last grant everything goes that `identity.departing` names. Raises NotYourself, BeyondOwnRights.
    """
    user, by = person.user, f"user:{by_user.pk}"
    if user.pk == by_user.pk:
        raise NotYourself
    scopes = rights.scopes(by_user, ACTION)
    where = [(grant.role, places.complete(_scope(grant))) for grant in person.grants]
    if not all(_within(scopes, place) and _is_own(by_user, role, place) for role, place in where):
        raise BeyondOwnRights
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        Grant.objects.filter(pk__in=[grant.pk for grant in person.grants]).delete()
        gone = departing.is_gone(locked, now=now, by=by)
        trail.record(action="staff.left", actor=by, obj=("user", user.pk), at=now, data={"gone": gone})


def _is_own(user: Any, role: str, scope: Scope) -> bool:
    return all(rights.may(user, action, scope) for action, roles in ALLOWED.items() if role in roles)


def _within(scopes: Sequence[Scope], place: Scope) -> bool:
    return any(scope.covers(place) for scope in scopes)


def _scope(grant: Grant) -> Scope:
    """What the grant says; `places` completes it."""
    return Scope(grant.banner_code, grant.market_code, grant.store_code)


def _person(user: User) -> Person:
    profile, badge = getattr(user, "staff", None), getattr(user, "badge", None)
    return Person(user, profile.display_name if profile else user.email, [], badge.number if badge else "")


def _check_person(email: str, display_name: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidStaff(f"{email!r} is not an e-mail address") from None
    if not display_name.strip() or len(display_name) > 80:
        raise InvalidStaff("a member of staff has a name of 1 to 80 letters")
