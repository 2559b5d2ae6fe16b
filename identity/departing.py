"""What somebody who works here no more loses, at once and whichever door it came by: nothing is left to sign in with
for the desk, and what she looked after finds other hands.

The login stays: the trail names it, and it may be a member's. What is hers as a member stays hers, passkeys too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import F

from audit import trail
from identity import hooks
from identity.models import Badge, Grant, StaffProfile, User

TO_BEGIN = timedelta(days=14)
"""How long an invitation waits for the first sign-in."""


def end_sessions(user: User) -> None:
    """Sign a login out everywhere, at once: a session of an older round is none, at a shared till either."""
    User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)
    UserSession.objects.filter(user_id=user.pk).delete()


def works_here(user: User) -> bool:
    return user.is_active and (user.is_superuser or Grant.objects.filter(user_id=user.pk).exists())


def is_gone(user: User, *, now: datetime, by: str) -> bool:
    """Once the last grant is taken or the login closed: badge, admin, keys and sessions go, and rooms above are told.

    Of somebody who still works here the sessions end, and rooms above are told that her rights changed: False.
    """
    gone = not works_here(user)
    if gone:
        Badge.objects.filter(user_id=user.pk).delete()
        User.objects.filter(pk=user.pk).update(is_staff=False)
        user.is_staff = False
        if not any(knows(user.pk) for knows in hooks.somebodys_besides):
            Authenticator.objects.filter(user_id=user.pk).delete()
    hooks.tell("left" if gone else "rights", user_id=user.pk, address=user.email, now=now, by=by)
    end_sessions(user)
    return gone


def let_lapse(*, now: datetime, by: str = "system:retention") -> int:
    """Take the work from whoever was invited and never signed in within TO_BEGIN; how many people.

    The mail may have gone to a mistyped address. Somebody who had a login before, or a password, has begun.
    """
    waiting = User.objects.filter(
        grants__isnull=False, last_login=None, date_joined__lt=now - TO_BEGIN, is_superuser=False,
        password__startswith="!",
    )  # fmt: skip
    with transaction.atomic():
        found = list(User.objects.select_for_update().filter(pk__in=waiting.values("pk")))
        for user in found:
            Grant.objects.filter(user=user).delete()
            is_gone(user, now=now, by=by)
            StaffProfile.objects.filter(user=user).delete()  # then the login goes as any that nobody used
            trail.record(action="staff.lapsed", actor=by, obj=("user", user.pk), at=now)
    return len(found)
