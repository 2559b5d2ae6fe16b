"""Proving an address by a code: how people join, and how they sign in without a password.

Joining is signing in by code. Whoever has no login for the address gets one first, without a password and unproven, so
that known and unknown addresses take the same path, see the same pages and are sent the same mail. allauth counts the
tries, keeps the code and marks the address as proven.
"""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.views import RequestLoginCodeView
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from identity.models import User
from identity.throttling import CodeForm

AFTER_SIGN_IN = "after_sign_in"
"""Session key: where to go once signed in. Read and forgotten by the account adapter."""


class TooMany(Exception):
    """Too many codes were asked for, by this network or for this address."""


class NoAddress(ValueError):
    """No address a code could be sent to."""


def send(request: HttpRequest, *, email: str, then: str) -> HttpResponseRedirect:
    """Send a code to `email` and lead to the page that asks for it; after the right one, on to `then` (a local path).

    Raises TooMany and NoAddress.
    """
    form = CodeForm(data={"email": email})
    if not form.is_valid():
        if form.has_error("email", "invalid") or form.has_error("email", "required"):
            raise NoAddress(email)
        raise TooMany
    form._user = _login_for(form.cleaned_data["email"].lower(), known=form._user)
    request.session[AFTER_SIGN_IN] = then
    view = RequestLoginCodeView()
    view.setup(request)
    view.form_valid(form)
    return HttpResponseRedirect(reverse("account_confirm_login_code"))


def _login_for(address: str, *, known: User | None) -> User | None:
    """The login of an address, made where there was none; None for one that was closed, which looks unknown.

    Nobody can time who is known: the same statements run for everybody, for a known address under a name that is
    thrown away again, and nobody waits for the disk.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
            made = User.objects.create_user(f"{uuid.uuid4().hex}@nobody.invalid" if known else address)
            transaction.set_rollback(known is not None)
            user = known or made
    except IntegrityError:  # closed, or made a moment ago by another tab
        user = User.objects.get(email=address)
    return user if user.is_active else None


def is_proven(user: Any) -> bool:
    """Whether the login's own address has been proven by a code."""
    return EmailAddress.objects.filter(user_id=user.pk, email__iexact=user.email, verified=True).exists()
