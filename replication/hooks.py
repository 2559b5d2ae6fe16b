"""What rooms beside this one do for it, put here by whoever starts them all (loyalty.apps)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from members.refusals import Refused

# Called with membership_id, now and by, in the transaction that closed the membership.
on_erase: list[Callable[..., object]] = []


class NobodyErases(Refused):
    """No room of this installation erases people."""


def erase(*, membership_id: int, now: datetime, by: str) -> None:
    """Erase the person of a closed membership. Raises NobodyErases, and what refuses an erasure."""
    if not on_erase:
        raise NobodyErases("nobody erases people here")
    for act in on_erase:
        act(membership_id=membership_id, now=now, by=by)
