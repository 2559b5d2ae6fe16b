"""A step on its way, what it came to, and what later steps may name it for."""

from __future__ import annotations

from dataclasses import dataclass, field

from playbooks.rehearsals.format import Step


@dataclass
class Done:
    """What a step came to: a refusal or reason by its stable name, or nothing; and what only it can tell."""

    refused: str = ""
    quarantined: str = ""
    waiting: str = ""
    activity_id: int | None = None
    points: int | None = None  # of a quote: what it would add
    awards: dict[str, int] | None = None  # of a quote
    made: Made | None = None


@dataclass(frozen=True)
class Made:
    """What a step made that another names it for: a movement, a hold by its key, codes of vouchers."""

    membership_id: int
    holder_id: int = 0
    posting_id: int = 0
    key: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Played:
    """A step with its place in the book."""

    place: int
    step: Step
    key: str = field(default="")
