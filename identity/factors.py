"""The second factor: whose sign-in needs one, and how allauth.mfa behaves here.

Whoever may move value, reads of everybody or opens the admin has one: an app with codes, or a passkey. A passkey alone
is both factors at once. Members may have them and need none: a member's passkey is another way in, never a lock on the
other ones, while an app with codes, once she has chosen it, is asked for at every sign-in that is not by passkey.
"""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from typing import Any

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from identity import rights
from identity.roles import MOVES_VALUE, SEES_EVERYBODY

OWED_KEY = "second_factor_owed"
"""Session key: this sign-in was let in without a second factor, and leads to the page where one is added."""


def needs_one(user: Any) -> bool:
    """Whether this login may move value, reads of everybody or opens the admin."""
    if not (user.is_authenticated and user.is_active):
        return False
    if user.is_staff or user.is_superuser:
        return True
    return any(rights.may_anywhere(user, action) for action in MOVES_VALUE | SEES_EVERYBODY)


def has_one(user: Any) -> bool:
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return Authenticator.objects.filter(user_id=user.pk, type__in=kinds).exists()


def remember_if_owed(request: HttpRequest, user: Any) -> None:
    """At a sign-in: who needs a second factor and has none is let in as far as the page where it is added."""
    if settings.STAFF_SECOND_FACTOR and needs_one(user) and not has_one(user):
        request.session[OWED_KEY] = True


def is_owed(request: HttpRequest) -> bool:
    """Whether this session still owes one. Sessions from before the rule go on until the next sign-in."""
    if not request.session.get(OWED_KEY):
        return False
    if not has_one(request.user):
        return True
    del request.session[OWED_KEY]
    return False


class SecondFactorStage(AuthenticateStage):
    """Asks for the second factor of who needs one, and of whoever chose an app with codes."""

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        if user is None or not super()._should_handle(request):
            return False
        return needs_one(user) or Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


class FactorAdapter(DefaultMFAAdapter):
    """allauth.mfa's questions, answered: QR codes by segno, secrets encrypted, names in our words."""

    def build_totp_svg(self, url: str) -> str:
        drawn = BytesIO()
        segno.make(url, error="m").save(drawn, kind="svg", xmldecl=False, scale=5, border=4, light="#fff", dark="#000")
        return drawn.getvalue().decode()

    def get_totp_issuer(self) -> str:
        return "Fidelio"

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Fidelio"}


class PasskeyForm(AddWebAuthnForm):
    """Every key added here is a passkey: it signs in by itself, and proves the person as well as the device."""

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.fields["name"].label = _("What you call this device")
        self.fields["passwordless"].required = True


def _box() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = [hashlib.sha256(f"identity.factors:{secret}".encode()).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
