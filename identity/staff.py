"""People of staff: their logins, what colleagues call them, what they may do and where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from audit import trail
from identity import departing, hooks
from identity.models import Grant, Role, StaffProfile, User
from identity.rights import Scope
from identity.roles import OF_A_STORE

RoleInScope = tuple[str, Scope]


class InvalidStaff(ValueError):
    """A login, role or scope that cannot be given."""


def invite(
    email: str,
    display_name: str,
    roles: Sequence[RoleInScope],
    *,
    now: datetime,
    by: str,
    language: str = "en",
    admin: bool = False,
) -> User:
    """Give a person of staff a login without a password: the first sign-in is by a code to the address.

    `roles` are (role, scope) pairs and replace those the person had; `admin` opens the admin. Somebody who has a login
    already (as a member, say) keeps it. Raises InvalidStaff.
    """
    return create_staff(email, display_name, roles, now=now, by=by, language=language, admin=admin)


def create_staff(
    email: str,
    display_name: str,
    roles: Sequence[RoleInScope],
    *,
    now: datetime,
    by: str,
    language: str = "en",
    admin: bool = False,
    superuser: bool = False,
    password: str | None = None,
    proven: bool = False,
) -> User:
    """`invite`, and for demos and first installations a password and an address taken as `proven`."""
    address = email.strip().lower()
    _check(address, display_name, roles)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email=address).first() or User.objects.create_user(address)
        user.is_staff = admin or superuser
        user.is_superuser = superuser
        if password:
            user.set_password(password)
        user.save(update_fields=["is_staff", "is_superuser", "password"])
        StaffProfile.objects.update_or_create(
            user=user, defaults={"display_name": display_name.strip(), "language": language}
        )
        if proven:
            EmailAddress.objects.update_or_create(
                user=user, email=address, defaults={"verified": True, "primary": True}
            )
        _grant(user, roles)
        tell(user, now=now, by=by)
    return user


def is_staff(address: str) -> bool:
    """Whether somebody who works here signs in with this address."""
    found = User.objects.filter(email=address.strip().lower(), is_active=True)
    return found.filter(Q(is_superuser=True) | Q(grants__isnull=False)).exists()


def tell(user: User, *, now: datetime, by: str) -> None:
    """Write to the trail what a person of staff holds from now on, and tell rooms above that it may be less."""
    grants = Grant.objects.filter(user=user).order_by("pk")  # as they stand, whatever the caller has loaded
    held = [[grant.role, grant.banner_code, grant.market_code, grant.store_code] for grant in grants]
    trail.record(
        action="staff.granted", actor=by, obj=("user", user.pk), at=now,
        data={"roles": held, "active": user.is_active, "admin": user.is_staff, "superuser": user.is_superuser},
    )  # fmt: skip
    hooks.tell("rights", user_id=user.pk, address=user.email, now=now, by=by)


def dismiss(user: User, *, now: datetime, by: str) -> None:
    """Take every right away and close the login. It stays, because the audit trail names it."""
    with transaction.atomic():
        Grant.objects.filter(user=user).delete()
        user.is_active = user.is_staff = user.is_superuser = False
        user.save(update_fields=["is_active", "is_staff", "is_superuser"])
        departing.is_gone(user, now=now, by=by)
        trail.record(action="staff.dismissed", actor=by, obj=("user", user.pk), at=now)


def _grant(user: User, roles: Sequence[RoleInScope]) -> None:
    Grant.objects.filter(user=user).delete()
    Grant.objects.bulk_create(
        Grant(user=user, role=role, banner_code=scope.banner, market_code=scope.market, store_code=scope.store)
        for role, scope in dict.fromkeys(roles)
    )
    user.__dict__.pop("_held_grants", None)


def _check(address: str, display_name: str, roles: Sequence[RoleInScope]) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidStaff(f"{address!r} is not an e-mail address") from None
    if not display_name.strip() or len(display_name) > 80:
        raise InvalidStaff("a member of staff has a name of 1 to 80 letters")
    for role, scope in roles:
        if role not in Role.values:
            raise InvalidStaff(f"{role!r} is no role: {', '.join(Role.values)}")
        if role in OF_A_STORE and not scope.store:
            raise InvalidStaff(f"{role} is given for a store")


def member_login(email: str, *, password: str, proven: bool = True) -> User:
    """A member's login with a password, as demos need one; people get theirs by joining (identity.codes)."""
    address = email.strip().lower()
    _check(address, address[:80], [])
    with transaction.atomic():
        user = User.objects.filter(email=address).first() or User.objects.create_user(address)
        user.set_password(password)
        user.save(update_fields=["password"])
        EmailAddress.objects.update_or_create(user=user, email=address, defaults={"verified": proven, "primary": True})
    return user
