"""What happens when somebody has signed in through allauth, or changed how: her device is noted, a missing second
factor too, and whatever opens her account from now on is told to her.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals
from allauth.mfa import signals as factor_signals
from allauth.mfa.models import Authenticator

from audit import clock
from identity import devices, factors, hooks, stepping


def on_signed_in(sender: Any, **values: Any) -> None:
    """allauth's signal, not Django's: a session put in place by a command or a test is no sign-in."""
    request, user = values["request"], values["user"]
    stepping.count_sign_in(request)
    devices.seen(request, user, now=clock.now())
    factors.remember_if_owed(request, user)


def connect() -> None:
    """Listen to allauth: to sign-ins, and to every password and key that is added, changed or taken away."""
    signals.user_logged_in.connect(on_signed_in, dispatch_uid="identity.signing")
    for signal in (signals.password_set, signals.password_changed, signals.password_reset):
        signal.connect(on_password, dispatch_uid="identity.signing")
    factor_signals.authenticator_added.connect(on_added, dispatch_uid="identity.signing")
    factor_signals.authenticator_reset.connect(on_codes, dispatch_uid="identity.signing")
    factor_signals.authenticator_removed.connect(on_removed, dispatch_uid="identity.signing")


def on_password(sender: Any, **values: Any) -> None:
    _tell("password", values)


def on_codes(sender: Any, **values: Any) -> None:
    _tell("recovery_codes", values)


def on_added(sender: Any, **values: Any) -> None:
    _tell_of_key("added", values)


def on_removed(sender: Any, **values: Any) -> None:
    _tell_of_key("removed", values)


def _tell_of_key(did: str, values: dict[str, Any]) -> None:
    """Of a passkey or an app; recovery codes come and go with the first and the last of them."""
    if (kind := values["authenticator"].type) != Authenticator.Type.RECOVERY_CODES:
        _tell(f"{kind}_{did}", values)


def _tell(what: str, values: dict[str, Any]) -> None:
    request, user = values["request"], values["user"]
    profile, program = getattr(user, "staff", None), getattr(request, "program", None)
    hooks.tell(
        "way_in", user_id=user.pk, address=user.email, now=clock.now(), by="system:sign-in", changed=what,
        device=devices.device_name(request), device_id=devices.number_of(request, user),
        program_id=program.pk if program else None, language=profile.language if profile else "",
    )  # fmt: skip
