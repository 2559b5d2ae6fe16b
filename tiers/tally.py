"""What counts, kept so that any window of it is summed at once, and goods that came back are taken out again. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What counts changes by `amount` at a moment. With `undoes` the (positive) amount is taken out of what counted
    under the same key, whenever that was; `key` orders changes of one moment."""

    at: datetime
    amount: int
    key: int = 0
    undoes: bool = False


def in_order(change: Change) -> tuple[datetime, bool, int]:
    """Sorts changes: what comes back at a moment after what came then."""
    return (change.at, change.undoes, change.key)


@dataclass
class Tally:
    """What came, in order of time, with running sums: what counted between two moments is one subtraction."""

    moments: list[datetime] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    sums: list[int] = field(default_factory=lambda: [0])
    places: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    owed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    most: int = 0  # no window ever held more

    def take(self, change: Change) -> None:
        """Add the next change, not earlier than the last."""
        if change.undoes:
            self._undo(change.key, change.amount)
            return
        amount = change.amount
        if amount > 0 and (early := min(amount, self.owed.get(change.key, 0))):
            self.owed[change.key] -= early  # came back before it counted
            amount -= early
        if amount > 0:
            self.most += amount
            self.places[change.key].append(len(self.amounts))
        self.moments.append(change.at)
        self.amounts.append(amount)
        self.sums.append(self.sums[-1] + amount)

    def _undo(self, key: int, amount: int) -> None:
        for place in reversed(self.places[key]):
            taken = min(amount, self.amounts[place])
            self.amounts[place] -= taken
            amount -= taken
            for later in range(place + 1, len(self.sums)):
                self.sums[later] -= taken
        self.owed[key] += amount

    def since(self, start: datetime | None, end: datetime | None = None) -> int:
        """What counted from a moment on (null: ever), before another (null: now)."""
        first = bisect_left(self.moments, start) if start else 0
        last = bisect_left(self.moments, end) if end else len(self.amounts)
        return self.sums[last] - self.sums[first] if last > first else 0

    def is_empty_since(self, start: datetime | None) -> bool:
        """Whether nothing came from a moment on."""
        return start is not None and bisect_left(self.moments, start) == len(self.moments)
