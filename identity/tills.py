"""Shared tills: a browser that belongs to a store, in which its people switch by badge number and PIN.

The till's cookie holds no right: it says at which store badges are good. Every act names the person. A badge is good
where the person holds a role for that very store, and for less than a full sign-in (identity.roles.NOT_BY_BADGE); a few
idle minutes end it, and the till asks for a badge again.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from audit import trail
from identity import hooks, places, rights, throttling
from identity.models import Badge, Till, User
from identity.rights import Scope
from identity.roles import OF_A_STORE

COOKIE = "till"
SECONDS = 400 * 24 * 3600
IDLE_SECONDS = 180
AT_KEY, SEEN_KEY = "till", "till_seen_at"
"""Session keys of a sign-in by badge: the till, and when its last request was (seconds)."""

PIN = re.compile(r"\d{4,8}")
NUMBER = re.compile(r"[A-Z0-9]{3,16}")


class InvalidPin(ValueError):
    """Not four to eight digits, or one that everybody would try first."""


class InvalidBadge(ValueError):
    """Not a number of a badge, or somebody else's."""


class TooManyTries(Exception):
    """This badge was tried too often at this till, or this till tried too many badges."""


def open_till(*, name: str, store_code: str, now: datetime, by: str) -> tuple[Till, str]:
    """Make a browser a till of a store: the row, and the token its cookie is to carry (kept as a digest)."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        till = Till.objects.create(
            name=name.strip()[:40] or store_code, store_code=store_code, digest=_digest(token), opened_at=now,
            opened_by=by,
        )  # fmt: skip
        trail.record(action="till.opened", actor=by, obj=("till", till.pk), at=now, data={"store": store_code})
    return till, token


def close_till(till: Till, *, now: datetime, by: str) -> None:
    """The browser is no till any more; who works at it is signed out at the next click."""
    with transaction.atomic():
        if Till.objects.filter(pk=till.pk, closed_at=None).update(closed_at=now):
            trail.record(action="till.closed", actor=by, obj=("till", till.pk), at=now, data={"store": till.store_code})


def till_of(request: HttpRequest) -> Till | None:
    """The till this browser is, while it is one."""
    token = request.COOKIES.get(COOKIE, "")
    return Till.objects.filter(digest=_digest(token), closed_at=None).first() if token else None


def set_badge(user: User, *, number: str, pin: str, now: datetime, by: str) -> Badge:
    """Give a person a badge, or another number or PIN; wrong tries with it are forgotten. Raises InvalidBadge,
    InvalidPin."""
    shown = number.strip().upper()
    if not NUMBER.fullmatch(shown):
        raise InvalidBadge("a badge has 3 to 16 letters or digits")
    if not PIN.fullmatch(pin) or len(set(pin)) == 1 or pin in "0123456789876543210":
        raise InvalidPin("a PIN has 4 to 8 digits, not all the same and not in a row")
    try:
        with transaction.atomic():
            badge, _new = Badge.objects.update_or_create(
                user=user, defaults={"number": shown, "pin": make_password(pin), "set_at": now, "set_by": by}
            )
            trail.record(action="staff.badge", actor=by, obj=("user", user.pk), at=now)
            profile = getattr(user, "staff", None)
            hooks.tell(
                "badge_set", user_id=user.pk, address=user.email, now=now, by=by, number=shown,
                language=profile.language if profile else "",
            )  # fmt: skip
    except IntegrityError:
        raise InvalidBadge("somebody else has this badge") from None
    stores = {grant.store_code for grant in rights.grants_of(user) if grant.role in OF_A_STORE}
    for till in Till.objects.filter(closed_at=None, store_code__in=stores):
        throttling.forgive_key("badge_at_till", _tried(till, shown))
    return badge


def person_of(request: HttpRequest, till: Till, *, number: str, pin: str) -> User | None:
    """Whose badge and PIN these are, among the people of the till's store; None whatever is wrong with them.

    A PIN is checked whether the badge is known or not, so that both take as long. Raises TooManyTries.
    """
    shown = number.strip().upper()[:16]
    pair = _tried(till, shown)
    allowed = throttling.allows(request, "badge_at_till", pair) and throttling.allows(request, "badges", str(till.pk))
    if not allowed:
        raise TooManyTries
    badge = Badge.objects.select_related("user").filter(number=shown).first()
    right = check_password(pin[:8], badge.pin if badge else _nobodys())
    if badge is None or not right or not badge.user.is_active or not works_at(badge.user, till.store_code):
        return None
    throttling.forgive(request, "badge_at_till", pair)
    return badge.user


def works_at(user: Any, store_code: str) -> bool:
    """Whether the person holds a role for this very store."""
    return any(grant.role in OF_A_STORE and grant.store_code == store_code for grant in rights.grants_of(user))


def scope_of(till: Till) -> Scope:
    return places.complete(Scope(store=till.store_code))


def tills_of(user: Any, action: str) -> list[Till]:
    """The open tills of the stores at which `user` may do `action`."""
    found = list(Till.objects.filter(closed_at=None).order_by("store_code", "name", "pk"))
    where = places.complete_all({Scope(store=till.store_code) for till in found})
    return [till for till in found if rights.may(user, action, where[Scope(store=till.store_code)])]


def _tried(till: Till, shown: str) -> str:
    """What wrong PINs are counted for: this badge at this till."""
    return f"{till.pk}|{shown}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


_kept: list[str] = []


def _nobodys() -> str:
    """A PIN's digest that nothing matches, made once for each process."""
    if not _kept:
        _kept.append(make_password(secrets.token_urlsafe(16)))
    return _kept[0]
