"""What the rooms above do in the transaction in which something happened to a membership.

Rooms above register in `AppConfig.ready`; whoever changes a membership tells, and never asks who listens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Happened:
    """Something that happened to a membership. `values` are plain: numbers, texts, codes of templates."""

    what: str
    membership_id: int
    now: datetime
    by: str
    values: dict[str, Any] = field(default_factory=dict)


# "joined", "card_blocked", "card_replaced", "contact_changed", "closed", ...: each told by one use case
on_happened: list[Callable[[Happened], None]] = []


def tell(what: str, *, membership_id: int, now: datetime, by: str, **values: Any) -> None:
    """Tell whoever wants to know, within the transaction of the act; what they raise undoes the act."""
    for act in on_happened:
        act(Happened(what, membership_id, now, by, values))
