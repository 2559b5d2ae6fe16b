"""Telling what was changed in the admin. The trail stands on a higher floor and registers itself when it is ready."""

from collections.abc import Callable
from typing import Any

Teller = Callable[[Any, str, Any, list[str]], None]

_tellers: list[Teller] = []


def tell_with(teller: Teller) -> None:
    """Call `teller(user, "added" | "changed" | "deleted", row, names of fields)` in the transaction of each change."""
    _tellers.append(teller)


def tell(user: Any, did: str, row: Any, fields: list[str]) -> None:
    """Somebody changed a row in the admin."""
    for teller in _tellers:
        teller(user, did, row, fields)
