"""The address a login signs in with, when its person has changed and proven another."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.models import Grant, User


class AddressTaken(Exception):
    """Another login that somebody uses has this address."""


def is_taken(email: str, *, but: int | None = None) -> bool:
    """Whether a login other than `but` has proven this address or works here. A login nobody proved is no obstacle."""
    return _used(email, but).exists()


def follow(*, user_id: int, email: str) -> None:
    """Make `email`, which was just proven, the address of this login, alone. Raises AddressTaken."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if is_taken(email, but=user_id):
            raise AddressTaken(email)
        User.objects.filter(email=email).exclude(pk=user_id).delete()  # typed once to join, proven by nobody
        EmailAddress.objects.filter(user=user).delete()
        user.email = email
        user.save(update_fields=["email"])
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)


def lock_out(*, user_id: int, since: datetime) -> None:
    """End every session of a login and forget its password and whatever key was added since: somebody else was in.

    Its owner comes back by a code to the address.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    user.set_unusable_password()  # a session holds a digest of the password's hash, and this one is another
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user_id=user_id, created_at__gte=since).delete()


def _used(email: str, but: int | None) -> QuerySet[User]:
    """Logins with this address that are somebody's. One statement, whatever the answer."""
    proven = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    works = Grant.objects.filter(user=OuterRef("pk"))
    somebodys = Q(is_staff=True) | Q(is_superuser=True) | Q(is_active=False) | Exists(proven) | Exists(works)
    return User.objects.filter(somebodys, email=email).exclude(pk=but or 0)
