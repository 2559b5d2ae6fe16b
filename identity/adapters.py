"""How allauth behaves here: nobody signs up but by joining, and mails speak in the name of the program one is in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from identity import throttling
from identity.codes import AFTER_SIGN_IN


class AccountAdapter(DefaultAccountAdapter):
    """allauth's questions, answered. `get_login_redirect_url` is asked only where the address names no `next`."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """A login alone is of no use: people join a program, staff are invited."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where the session was heading before the code was asked for, if that is a place of ours."""
        then = request.session.pop(AFTER_SIGN_IN, "")
        if then and url_has_allowed_host_and_scheme(then, allowed_hosts=None):
            return str(then)
        return str(super().get_login_redirect_url(request))

    def get_login_stages(self) -> list[str]:
        """allauth's steps of a sign-in, with our own question of a second factor (identity.factors)."""
        ours = {"allauth.mfa.stages.AuthenticateStage": "identity.factors.SecondFactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted for an address from a network, so that nobody locks its owner out."""
        return throttling.pair(request, _address_of(credentials))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Before a password is looked at: has this network its tries left, and is the brake off?"""
        super().pre_authenticate(request, **credentials)
        if throttling.is_braked(request, _address_of(credentials)):
            said = _("Too many wrong passwords are being tried. Sign in with a code by e-mail.")
            raise ValidationError(said, code="too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        throttling.count_wrong(request, _address_of(credentials))

    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, {"program_name": self._program_name(), **context})

    def _program_name(self) -> str:
        program = getattr(self.request, "program", None)
        names = getattr(program, "names", None) or {}
        language = (get_language() or "en")[:2]
        return str(names.get(language) or next(iter(names.values()), "Fidelio"))


def _address_of(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email", credentials.get("username", "")))
