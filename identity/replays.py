"""What comes a second time: a code of an app that was used already, a passkey that was copied.

allauth remembers a used code for the thirty seconds it is shown, while one is good for as long again before and after
(MFA_TOTP_TOLERANCE); and it looks at no passkey's counter. Both are looked at here.
"""

from __future__ import annotations

import hashlib
from typing import Any

import structlog
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from django.core.cache import cache
from fido2.utils import websafe_decode
from fido2.webauthn import AuthenticatorData

COUNTER = "counter"
"""Where an authenticator's row keeps the highest count its key has shown."""
log = structlog.get_logger(__name__)


class _CodeOnce:
    """A form that takes a code of an app once in all the time for which it is good."""

    def clean_code(self: Any) -> str:
        code = str(super().clean_code())  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not _is_new(self.user.pk, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_CodeOnce, AuthenticateForm):
    """The code asked for at a sign-in."""


class CodeAgainForm(_CodeOnce, ReauthenticateForm):
    """The code asked for before what could hurt."""


class _KeyInStep:
    """A form that takes a passkey whose counter has gone on since it was last seen."""

    def clean_credential(self: Any) -> Authenticator:
        said = self.cleaned_data["credential"]
        key: Authenticator = super().clean_credential()  # type: ignore[misc]
        if not goes_on(key, AuthenticatorData(websafe_decode(said["response"]["authenticatorData"])).counter):
            raise get_adapter().validation_error("incorrect_code")
        return key


class KeyForm(_KeyInStep, AuthenticateWebAuthnForm):
    """A passkey as the second factor."""


class KeyAloneForm(_KeyInStep, LoginWebAuthnForm):
    """A passkey that signs in by itself."""


class KeyAgainForm(_KeyInStep, ReauthenticateWebAuthnForm):
    """A passkey asked for before what could hurt."""


def goes_on(key: Authenticator, count: int) -> bool:
    """Whether a key's count is higher than any before, which is kept then; False: there are two of it (WebAuthn 6.1.1).

    Most passkeys live on several devices and always count 0: of these nothing can be said.
    """
    known = int(key.data.get(COUNTER, 0))
    if not count and not known:
        return True
    if count <= known:
        log.warning("a passkey counts backwards", user=key.user_id, authenticator=key.pk)
        return False
    key.data[COUNTER] = count
    key.save(update_fields=["data"])
    return True


def _is_new(user_id: int, code: str) -> bool:
    seconds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    digest = hashlib.sha256(f"{user_id}:{code.strip()}".encode()).hexdigest()
    return bool(cache.add(f"code-used:{digest}", 1, timeout=seconds))
