"""How often somebody may try: for each network, and for each pair of a network and an address. Never for an address.

A limit on the address alone would let anybody lock its owner out by failing in her name. An attacker who floods an
address from one network spends that network's tries; its owner signs in from hers, or from a browser she has signed in
from before, which counts for itself: also behind the one address of a store's network.

Tries that come from many networks are met by a brake: where too many passwords were wrong for one address, or in the
whole house, a password is good only in a browser known to its login. Everybody else is told to take a code by e-mail,
which nobody can keep from them. Rates are in ACCOUNT_RATE_LIMITS.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context, ratelimit
from allauth.core.internal.ratelimit import get_ip
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from identity import devices

HOUSE = "house"
"""The key of a rate that everybody shares."""


def network(request: HttpRequest) -> str:
    """Where a request comes from, past the proxies that are trusted (TRUSTED_PROXIES)."""
    return str(get_ip(request))


def pair(request: HttpRequest, address: str) -> str:
    """The key of a rate for this address from this network, or from this browser where the address signed in there."""
    said = address.strip().lower()
    return f"{devices.known_as(request, said) or network(request)}|{said}"


def is_braked(request: HttpRequest, address: str) -> bool:
    """Whether passwords are not looked at for now from this browser: too many were wrong, wherever they came from."""
    said = address.strip().lower()
    if devices.known_as(request, said):
        return False
    return not (_has_left(request, "wrong_for_address", said) and _has_left(request, "wrong_in_house", HOUSE))


def count_wrong(request: HttpRequest, address: str) -> None:
    """Count a wrong password towards the brake."""
    allows(request, "wrong_for_address", address.strip().lower())
    allows(request, "wrong_in_house", HOUSE)


def _has_left(request: HttpRequest, action: str, key: str) -> bool:
    return bool(ratelimit.consume(request, action=action, key=key, dry_run=True))


def allows(request: HttpRequest, action: str, key: str) -> bool:
    """Count a try of `action` for `key`; False where there were too many."""
    return bool(ratelimit.consume(request, action=action, key=key))


def forgive(request: HttpRequest, action: str, key: str) -> None:
    """Forget the tries of `action` for `key`."""
    ratelimit.clear(request, action=action, key=key)


def forgive_key(action: str, key: str) -> None:
    """The same where nobody is asking: of a rate that is counted for its key alone."""
    ratelimit.clear(HttpRequest(), action=action, key=key)


class CodeForm(RequestLoginCodeForm):
    """An address a code is sent to: so many an hour to one address from one network."""

    def clean_email(self) -> str:
        email = str(super().clean_email())
        _check(context.request, "code_to_address", email)
        return email


class ResetForm(ResetPasswordForm):
    """An address whose password is to be chosen anew."""

    def clean_email(self) -> Any:
        email = super().clean_email()
        _check(context.request, "reset_of_address", str(email))
        return email


def _check(request: HttpRequest, action: str, email: str) -> None:
    if email and not allows(request, action, pair(request, email)):
        raise ValidationError(_("Too many tries from here. Wait a few minutes."), code="too_many_login_attempts")
