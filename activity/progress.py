"""What an intake tells while it runs, and what it tells at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class ProgressEvent:
    """`stage` is read (receipt ids, rows unknown) or land; `done` and `total` count rows of the file."""

    stage: str
    done: int
    total: int | None
    counts: Counts | None = None


@dataclass
class Counts:
    """Rows of a file by what became of them, and the activity that landed of it, over every run that read it.

    `ignored`: the file's columns that nobody read.
    """

    rows: int = 0
    skipped: int = 0
    landed_rows: int = 0
    duplicate_rows: int = 0
    quarantined_rows: int = 0
    receipts: int = 0
    returns: int = 0
    anonymous: int = 0
    unmatched: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    ignored: list[str] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        for name in self.__dataclass_fields__:
            if name not in {"reasons", "seconds", "ignored"}:
                setattr(self, name, getattr(self, name) + getattr(other, name))
        self.reasons.update(other.reasons)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "reasons": dict(sorted(self.reasons.items())), "seconds": round(self.seconds, 3)}
