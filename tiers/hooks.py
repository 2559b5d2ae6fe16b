"""What the room that knows activity does for this one, put here when it starts: tiers knows only plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

# measured: what counts for one holder at a moment. followed: work out where these holders stand, and write it.
_measured: list[Callable[[int, int, datetime], int]] = []
_followed: list[Callable[[int, Iterable[int], datetime], None]] = []


def register(
    *, measured: Callable[[int, int, datetime], int], followed: Callable[[int, Iterable[int], datetime], None]
) -> None:
    """Say who measures `(holder_id, program_id, at)` and who follows `(program_id, holder_ids, now)`."""
    _measured[:] = [measured]
    _followed[:] = [followed]


def measure(holder_id: int, program_id: int, at: datetime) -> int:
    """What counts towards a step at a moment; 0 when nobody measures."""
    return sum(one(holder_id, program_id, at) for one in _measured)


def follow(program_id: int, holder_ids: Iterable[int], now: datetime) -> None:
    """Work out anew where these holders stand."""
    for one in _followed:
        one(program_id, holder_ids, now)
