"""What rooms beside this one do for it, put here by whoever starts them all (loyalty.apps)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from members.refusals import Refused

# Called with member_id, reason, now and by, in the transaction that takes the record.
on_erase: list[Callable[..., object]] = []

# Called with membership ids, when facts are compared: membership -> more facts, plain and without anybody's words.
on_facts: list[Callable[[Sequence[int]], dict[int, dict[str, Any]]]] = []

# Called with facts that are about to be read, to put words into them that only their own room keeps.
on_words: list[Callable[[Sequence[dict[str, Any]]], None]] = []


class NobodyErases(Refused):
    """No room of this installation erases people."""


def erase(*, member_id: int, reason: str, now: datetime, by: str) -> None:
    """Close what a person has here and erase them. Raises NobodyErases, and what refuses an erasure."""
    if not on_erase:
        raise NobodyErases("nobody erases people here")
    for act in on_erase:
        act(member_id=member_id, reason=reason, now=now, by=by)
