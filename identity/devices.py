"""Browsers a login has signed in from. A sign-in from one not seen before is told to its owner.

The browser carries a random cookie for as long as browsers keep one; the table keeps its digest. The very first sign-in
of a login tells nobody: there is no device to compare it with.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from identity import hooks
from identity.models import Device

COOKIE = "device"
SECONDS = 400 * 24 * 3600  # as long as browsers keep any cookie


def seen(request: HttpRequest, user: Any, *, now: datetime) -> bool:
    """Note that `user` signed in from this browser; True where it was a new one, and she is told."""
    token = request.COOKIES.get(COOKIE, "")
    if len(token) != 43:
        token = secrets.token_urlsafe(32)
        request.new_device_token = token  # type: ignore[attr-defined]
    digest = hashlib.sha256(token.encode()).hexdigest()
    with transaction.atomic():
        if Device.objects.filter(user_id=user.pk, digest=digest).update(last_seen_at=now):
            return False
        is_first = not Device.objects.filter(user_id=user.pk).exists()
        row, new = Device.objects.get_or_create(
            user_id=user.pk, digest=digest, defaults={"first_seen_at": now, "last_seen_at": now}
        )
        if is_first or not new:
            return False
        program, profile = getattr(request, "program", None), getattr(user, "staff", None)
        hooks.tell(
            "new_device", user_id=user.pk, address=user.email, now=now, by="system:sign-in",
            device=device_name(request), device_id=row.pk, program_id=program.pk if program else None,
            language=profile.language if profile else "",
        )  # fmt: skip
    return True


def number_of(request: HttpRequest, user: Any) -> int | None:
    """The row of this browser, where this login has signed in from it."""
    digest = known_as(request, user.email)
    return Device.objects.filter(user_id=user.pk, digest=digest).values_list("pk", flat=True).first()


def known_as(request: HttpRequest, address: str) -> str:
    """The digest of this browser where the login of `address` has signed in from it before, else nothing."""
    token = request.COOKIES.get(COOKIE, "")
    if len(token) != 43:
        return ""
    digest = hashlib.sha256(token.encode()).hexdigest()
    return digest if Device.objects.filter(digest=digest, user__email=address).exists() else ""


def remember(request: HttpRequest, response: HttpResponse, *, secure: bool) -> None:
    """Give the browser its cookie, where this request made one."""
    token = getattr(request, "new_device_token", "")
    if token:
        response.set_cookie(COOKIE, token, max_age=SECONDS, httponly=True, secure=secure, samesite="Lax")


SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Mac OS", "Mac"), ("Windows", "Windows"),
           ("Linux", "Linux"))  # fmt: skip
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))


def device_name(request: HttpRequest) -> str:
    """Browser and system as people name them ("Firefox, Windows"); empty where the browser does not say."""
    return name_of(request.headers.get("user-agent", ""))


def name_of(agent: str) -> str:
    """The same of a user agent that was kept."""
    found = (next((name for mark, name in marks if mark in agent), "") for marks in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))
