"""Proving once more that it is you, before an act that could hurt: a fresh sign-in, a password, a passkey, a code.

Doors ask `confirmed_recently`, and where it is not so answer with `ask(request, then=...)`.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

KEY = "stepping_code"
TRIES = 5
SECONDS = 900


def confirmed_recently(request: HttpRequest) -> bool:
    """Whether the person at this session proved in the last minutes (ACCOUNT_REAUTHENTICATION_TIMEOUT) who she is.

    Signing in counts: a session that began just now was opened by whoever had the code, the password or the passkey.
    """
    user: Any = request.user
    if not user.is_authenticated:
        return False
    records = get_authentication_records(request, user)
    return bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT


def count_sign_in(request: HttpRequest) -> None:
    """Let allauth's own pages take a sign-in for the proof that it is, as `confirmed_recently` does."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    if records:
        records[-1]["reauthenticated"] = True
        request.session.modified = True


def ask(request: HttpRequest, *, then: str) -> HttpResponseRedirect:
    """Lead to the page that asks for the proof, and from there to `then`, a local path.

    By password, app or passkey where the login has one (allauth's page), else by a code to its own address.
    """
    page = "account_reauthenticate" if get_reauthentication_flows(request.user) else settings.CONFIRM_BY_CODE_URL
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': then})}")


def send_code(request: HttpRequest, *, adapter: Any) -> None:
    """Send a code to the login's own address, and keep its digest in the session. An older one is good no more."""
    code = adapter.generate_login_code()
    request.session[KEY] = {"digest": _digest(request, code), "tries": 0, "at": time.time()}
    user: Any = request.user
    adapter.send_mail("account/email/confirm_code", user.email, {"code": code})


def code_is_sent(request: HttpRequest) -> bool:
    kept: Any = request.session.get(KEY)
    return bool(kept) and kept["tries"] < TRIES and time.time() - kept["at"] < SECONDS


def accept_code(request: HttpRequest, code: str) -> bool:
    """Whether it is the code that was sent; then the session is confirmed. A few wrong ones end it."""
    if not code_is_sent(request):
        return False
    kept = request.session[KEY]
    kept["tries"] += 1
    request.session.modified = True
    if not hmac.compare_digest(kept["digest"], _digest(request, code)):
        return False
    del request.session[KEY]
    record_authentication(request, request.user, method="code", reauthenticated=True)
    return True


def _digest(request: HttpRequest, code: str) -> str:
    said = code.upper().replace("-", "").replace(" ", "")
    key = f"{settings.SECRET_KEY}:{request.user.pk}".encode()
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
