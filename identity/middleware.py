"""What every request of somebody signed in is asked: is it a badge at a till, and does it owe a second factor?"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from identity import devices, factors, stepping, tills

FREE = ("account", "language", "theme", "static", "metrics", "livez", "readyz")
"""First segments of a path that are open while a second factor is owed: where it is added, and nothing to see."""


class SignInMiddleware:
    """After session and user are known. A sign-in by badge is narrowed to its till, and ends when left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if tills.AT_KEY in request.session:
            _narrow(request)
        elif request.session.get(factors.OWED_KEY) and not _is_free(request) and factors.is_owed(request):
            return HttpResponseRedirect(reverse("mfa_index"))
        elif _adds_a_way_in(request) and request.user.is_authenticated and not stepping.confirmed_recently(request):
            return stepping.ask(request, then=request.get_full_path())
        response = self.get_response(request)
        devices.remember(request, response, secure=settings.SESSION_COOKIE_SECURE)
        return response


def _narrow(request: HttpRequest) -> None:
    """Give the person at a till what a badge is good for; sign out who left, and whoever is at another browser."""
    till, now = tills.till_of(request), time.time()
    idle = now - float(request.session.get(tills.SEEN_KEY, 0))
    if till is None or till.pk != request.session[tills.AT_KEY] or idle > tills.IDLE_SECONDS:
        logout(request)
        return
    request.session[tills.SEEN_KEY] = now
    user = request.user
    user.at_till_of = till.store_code  # type: ignore[union-attr]
    user.is_staff = user.is_superuser = False  # of this request alone: never saved


def _adds_a_way_in(request: HttpRequest) -> bool:
    """allauth asks for a proof only who has a password or a factor already; here everybody is asked."""
    path = request.path_info
    return path.startswith("/account/2fa/") and path.endswith(("/webauthn/add/", "/totp/activate/"))


def _is_free(request: HttpRequest) -> bool:
    return request.path_info.lstrip("/").partition("/")[0] in FREE
