"""What the rooms above do in the transaction of a movement that they did not post by the thousand themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

Pots = Iterable[tuple[int, int]]

# Called with the cursor, the pots (holder_id, currency_id) and `now`, after one was credited, debited or matured and
# while it is locked. Not for `bulk`: its caller knows whom it posted for.
on_moved: list[Callable[[Any, Pots, datetime], None]] = []


def moved(cursor: Any, pots: Pots, now: datetime) -> None:
    """Tell whoever wants to know that these pots moved."""
    told = sorted(set(pots))
    for act in on_moved:
        act(cursor, told, now)
