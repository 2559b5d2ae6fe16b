"""How often somebody may try: for each network, and for each pair of a network and an address. Never for an address.

A limit on the address alone would let anybody lock its owner out by failing in her name. An attacker who floods an
address from one network spends that network's tries; its owner signs in from hers. Rates are in ACCOUNT_RATE_LIMITS.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context, ratelimit
from allauth.core.internal.ratelimit import get_ip
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _


def pair(request: HttpRequest, address: str) -> str:
    """The key of a rate for this address from this network."""
    return f"{get_ip(request)}|{address.strip().lower()}"


def allows(request: HttpRequest, action: str, key: str) -> bool:
    """Count a try of `action` for `key`; False where there were too many."""
    return bool(ratelimit.consume(request, action=action, key=key))


def forgive(request: HttpRequest, action: str, key: str) -> None:
    """Forget the tries of `action` for `key`."""
    ratelimit.clear(request, action=action, key=key)


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
