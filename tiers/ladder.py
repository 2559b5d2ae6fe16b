"""What a ladder decides, from plain values: which step a number reaches or keeps, and when windows end. Pure.

Steps are places on the ladder, 0 the lowest; NOWHERE is below it. Days are local days of the member's home.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, Self

from tiers.terms import EveryDays, Tiers, Window
from values import periods

NOWHERE = -1
_NEVER = datetime.max.replace(tzinfo=UTC)
ONE_DAY = timedelta(days=1)
Policy = Literal["none", "one_step", "deserved"]
When = Literal["at_once", "window_end", "every"]
Kind = Literal["calendar_year", "anniversary", "lifetime", "months", "days"]


@dataclass(frozen=True)
class Home:
    """Where a member is at home: the zone whose midnights count, and the day it joined."""

    zone: str
    joined_on: date

    def day_of(self, at: datetime) -> date:
        return periods.day_of(at, self.zone)

    def begins_at(self, day: date) -> datetime:
        return _begins_at(day, self.zone)


@lru_cache(maxsize=100_000)
def _begins_at(day: date, zone: str) -> datetime:
    return periods.begins_at(day, zone)


@dataclass(frozen=True)
class Ladder:
    """`reach` and `keep` per step, ascending by `reach`, in the smallest unit of what is counted.

    `length` is that of a window of months or days. `counts_balance`: the number is what is there, not what came in a
    window; the window says only how long a step lasts.
    """

    reach: tuple[int, ...]
    keep: tuple[int, ...]
    window: Kind = "calendar_year"
    length: int = 0
    policy: Policy = "one_step"
    when: When = "window_end"
    every_days: int = 0
    grace_months: int = 0
    counts_balance: bool = False

    @classmethod
    def of(cls, terms: Tiers, *, unit: int = 1) -> Self:
        """The ladder of a document whose thresholds count units of so many smallest ones."""
        down, window = terms.downgrade, terms.window
        kind: Kind
        match window:
            case Window(rolling_months=int(months)):
                kind, length = "months", months
            case Window(days=int(days)):
                kind, length = "days", days
            case "calendar_year" | "anniversary" | "lifetime":
                kind, length = window, 0
            case _:
                raise ValueError(f"no window: {window}")
        every = down.at.every_days if isinstance(down.at, EveryDays) else 0
        return cls(
            reach=tuple(step.from_ * unit for step in terms.steps),
            keep=tuple((step.from_ if step.keep is None else step.keep) * unit for step in terms.steps),
            window=kind,
            length=length,
            policy=down.policy,
            when="every" if isinstance(down.at, EveryDays) else down.at,
            every_days=every,
            grace_months=down.grace_months,
            counts_balance=terms.measure.balance is not None,
        )

    def reached(self, value: int) -> int:
        """The highest step whose threshold `value` meets."""
        return bisect_right(self.reach, value) - 1

    def kept(self, place: int, value: int) -> int:
        """The highest step not above `place` that `value` keeps."""
        return max((lower for lower in range(place + 1) if value >= self.keep[lower]), default=NOWHERE)

    def after_review(self, place: int, value: int, floor: int) -> int:
        """Where one who stands at `place` stands after a look at `value`: the same step or lower, never below `floor`
        unless there already."""
        deserved = max(self.kept(place, value), min(floor, place))
        if self.policy == "none" or deserved >= place:
            return place
        return deserved if self.policy == "deserved" else place - 1

    def window_start(self, at: datetime, home: Home) -> datetime | None:
        """From when on things count at a moment; None: from ever."""
        if self.counts_balance or self.window == "lifetime":
            return None
        return home.begins_at(self._first_day(home.day_of(at), home))

    def starts_again_at(self, at: datetime, home: Home) -> datetime:
        """Until when `window_start` stays what it is at a moment."""
        if self.window in ("months", "days"):
            return self.tomorrow(at, home)
        return self.ends_after(at, home.joined_on, home) or _NEVER

    def window_ended(self, end: datetime, home: Home) -> datetime | None:
        """The start of the window that is over at `end`, which was said by `ends_after`."""
        if self.window in ("months", "days"):
            return self.window_start(end, home)
        return self.window_start(end - timedelta(microseconds=1), home)

    def leaves_at(self, at: datetime, home: Home) -> datetime | None:
        """When something of that moment counts no longer; None: never."""
        if self.counts_balance or self.window == "lifetime":
            return None
        day = home.day_of(at)
        match self.window:
            case "months":
                return home.begins_at(periods.plus_months(day, self.length) + ONE_DAY)
            case "days":
                return home.begins_at(day + timedelta(days=self.length + 1))
        return self.ends_after(at, day, home)

    def ends_after(self, at: datetime, since: date, home: Home) -> datetime | None:
        """The next end of a window after a moment, for a step reached on the day `since`; None: it has none.

        A window of n days or months lives through the day `since` + n; later ones are counted from the same day.
        """
        match self.window:
            case "lifetime":
                return None
            case "calendar_year":
                return home.begins_at(date(home.day_of(at).year + 1, 1, 1))
            case "anniversary":
                return _first_after(at, home, lambda years: periods.plus_months(home.joined_on, 12 * years), _years)
            case "months":
                size = self.length
                return _first_after(
                    at, home, lambda k: periods.plus_months(since, k * size) + ONE_DAY,
                    lambda day, _: max(1, ((day.year - since.year) * 12 + day.month - since.month) // size - 1),
                )  # fmt: skip
            case "days":
                return self._aligned(at, since, self.length, home)

    def next_look(self, at: datetime, since: date, home: Home) -> datetime:
        """The first look after a moment, of a ladder that looks every so many days after a step was reached."""
        return self._aligned(at, since, self.every_days, home)

    def tomorrow(self, at: datetime, home: Home) -> datetime:
        """The next midnight."""
        return home.begins_at(home.day_of(at) + ONE_DAY)

    def put_off(self, end: datetime, home: Home) -> datetime:
        """When a window's end is acted on: the grace later."""
        if not self.grace_months:
            return end
        return home.begins_at(periods.plus_months(home.day_of(end), self.grace_months))

    def _aligned(self, at: datetime, since: date, size: int, home: Home) -> datetime:
        return _first_after(
            at, home, lambda k: since + timedelta(days=k * size + 1),
            lambda day, _: max(1, (day - since).days // size - 1),
        )  # fmt: skip

    def _first_day(self, today: date, home: Home) -> date:
        match self.window:
            case "anniversary":
                years = today.year - home.joined_on.year
                day = periods.plus_months(home.joined_on, 12 * years)
                return day if day <= today else periods.plus_months(home.joined_on, 12 * (years - 1))
            case "months":
                day = periods.plus_months(today, -self.length)
                # a day counts while itself plus the months is not past: 28 February is, on 31 March
                return day if periods.plus_months(day, self.length) >= today else day + ONE_DAY
            case "days":
                return today - timedelta(days=self.length)
        return date(today.year, 1, 1)


def _years(day: date, home: Home) -> int:
    return day.year - home.joined_on.year - 1


def _first_after(
    at: datetime, home: Home, day_of: Callable[[int], date], guess: Callable[[date, Home], int]
) -> datetime:
    """The first of the days `day_of(k)`, ascending in k, that begins after a moment; `guess` is a k not past it."""
    k = guess(home.day_of(at), home)
    while (begins := home.begins_at(day_of(k))) <= at:
        k += 1
    return begins
