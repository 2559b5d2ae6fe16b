"""What happens when somebody has signed in through allauth: her device is noted, a missing second factor too."""

from __future__ import annotations

from typing import Any

from audit import clock
from identity import devices, factors, stepping


def on_signed_in(sender: Any, **values: Any) -> None:
    """allauth's signal, not Django's: a session put in place by a command or a test is no sign-in."""
    request, user = values["request"], values["user"]
    stepping.count_sign_in(request)
    devices.seen(request, user, now=clock.now())
    factors.remember_if_owed(request, user)
