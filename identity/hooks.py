"""What the rooms above do when something happens to a login, in the transaction in which it happened.

Rooms above register in `AppConfig.ready`; whoever changes a login tells, and never asks who listens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Happened:
    """Something that happened to a login. `values` are plain: numbers, texts, codes of templates."""

    what: str
    user_id: int
    address: str
    now: datetime
    by: str
    values: dict[str, Any] = field(default_factory=dict)


# "new_device": signed in from a browser not seen before; "way_in": a password or key added, changed or taken away;
# "invited": given work at a store; "badge_set": given a badge or another PIN; "left": works here no more, so that what
# the person owned (cases, tasks) finds other hands; "rights": may hold other rights than before, or fewer
on_happened: list[Callable[[Happened], None]] = []

# whether a login is somebody's for another reason than work (a member's): what she signs in with is hers then
somebodys_besides: list[Callable[[int], bool]] = []


def tell(what: str, *, user_id: int, address: str, now: datetime, by: str, **values: Any) -> None:
    """Tell whoever wants to know, within the transaction of the act; what they raise undoes the act."""
    for act in on_happened:
        act(Happened(what, user_id, address, now, by, values))
