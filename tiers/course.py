"""The course of a holder over its ladder: everything that counts in, the steps it stood on and will stand on out. Pure.

The course is worked out to its end: things known today (points that mature or die, windows that end) take their turn,
so the last stand is where the holder stays if nothing more happens. Goods that come back are taken out of what
counted as if they had never been bought: a step that would not stand without them is withdrawn there and then.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tiers import bookmarks
from tiers.bookmarks import Bookmark
from tiers.ladder import NOWHERE, Home, Ladder
from tiers.tally import Change, Tally, in_order


@dataclass(frozen=True, slots=True)
class Given:
    """By hand: a floor from a moment on (NOWHERE lifts it), or a step as if reached then."""

    at: datetime
    kind: str  # floor, reached
    place: int


@dataclass(frozen=True, slots=True)
class Stand:
    """On a step from a moment on. `key` is of the change that did it; None: a window's end or somebody's hand."""

    place: int
    from_at: datetime
    reason: str  # reached, given, floor, lost, returned
    key: int | None = None


def course(
    ladder: Ladder, changes: Iterable[Change], given: Iterable[Given], home: Home, *, after: Bookmark | None = None
) -> list[Stand]:
    """The stands in order, the first one after where everyone begins; two of one moment are both told.

    With a bookmark, `changes` are those from its moment on, and none of them takes back.
    """
    return walked(ladder, changes, given, home, after=after)[0]


def walked(
    ladder: Ladder, changes: Iterable[Change], given: Iterable[Given], home: Home, *, after: Bookmark | None = None,
    mark_at: datetime | None = None,
) -> tuple[list[Stand], Bookmark | None]:  # fmt: skip
    """`course`, and a bookmark of it at a midnight (its digest and circumstances still to be said)."""
    walk = _Walk(ladder, home, mark_at=mark_at)
    if after is None:
        walk.run(changes, given)
    else:
        walk.go_on(after, changes, given)
    return walk.stands, walk.marked


def beginning(ladder: Ladder) -> int:
    """Where everyone begins."""
    return ladder.reached(0)


def place_before(stands: Sequence[Stand], start: int, at: datetime, key: int) -> int:
    """Where one stood just before the change `key` of a moment: ends of windows come before it, rivals by key."""
    place = start
    for stand in stands:
        if stand.from_at > at or (stand.from_at == at and stand.key is not None and stand.key >= key):
            break
        place = stand.place
    return place


def settled(stands: Sequence[Stand], start: int) -> list[Stand]:
    """One stand a moment, the last of it, and none that changes nothing."""
    kept: list[Stand] = []
    for stand in stands:
        if kept and kept[-1].from_at == stand.from_at:
            kept.pop()
        if stand.place != (kept[-1].place if kept else start):
            kept.append(stand)
    return kept


def value_at(ladder: Ladder, changes: Iterable[Change], home: Home, at: datetime) -> int:
    """What counts at a moment."""
    tally = Tally()
    for change in sorted(changes, key=in_order):
        if change.at > at:
            break
        tally.take(change)
    return tally.since(ladder.window_start(at, home))


_Event = tuple[datetime, int, int, Change | Given | None]


@dataclass
class _Walk:
    """One pass over everything that happens, in order of time."""

    ladder: Ladder
    home: Home
    place: int = NOWHERE
    floor: int = NOWHERE
    since: date = date.min
    end: datetime | None = None  # of the window that is awaited
    look: datetime | None = None  # when the step is looked at next
    stands: list[Stand] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    gifts: list[Given] = field(default_factory=list)
    opened: tuple[datetime | None, datetime] | None = None  # where the window starts, and until when that is so
    mark_at: datetime | None = None
    marked: Bookmark | None = None

    def __post_init__(self) -> None:
        self.place = self.start = self.ladder.reached(0)

    def run(self, changes: Iterable[Change], given: Iterable[Given], until: datetime | None = None) -> None:
        """Take everything in order; with `until`, stop after that moment."""
        events: list[_Event] = []
        for number, gift in enumerate(sorted(given, key=lambda one: one.at)):
            events.append((gift.at, 1, number, gift))
        self._take_all(events + self._changes(changes), until)

    def go_on(self, mark: Bookmark, changes: Iterable[Change], given: Iterable[Given]) -> None:
        """Take everything from a bookmark on."""
        self.place, self.floor, self.since = mark.place, mark.floor, mark.stood_on
        self.end, self.look = mark.end, mark.look
        self.stands = [Stand(*stand) for stand in mark.stands]
        self.tally = bookmarks.unfolded(mark.tally)
        events: list[_Event] = []
        for number, gift in enumerate(sorted(given, key=lambda one: one.at)):
            if gift.at >= mark.since:
                events.append((gift.at, 1, number, gift))
        leaving = [self._leaves(Change(*one)) for one in mark.tally] if self.ladder.when == "at_once" else []
        events += [(leaves, 0, 0, None) for leaves in leaving if leaves is not None and leaves >= mark.since]
        self._take_all(events + self._changes(changes), None)

    def _changes(self, changes: Iterable[Change]) -> list[_Event]:
        events: list[_Event] = []
        for number, change in enumerate(sorted(changes, key=in_order)):
            events.append((change.at, 2, number, change))
            leaves = self._leaves(change)
            if leaves is not None:
                events.append((leaves, 0, number, None))
        return events

    def _take_all(self, events: list[_Event], until: datetime | None) -> None:
        if self.mark_at is not None:
            events.append((self.mark_at, -1, 0, None))
        events.sort(key=lambda event: event[:3])
        following = 0
        while following < len(events) or self.look is not None:
            upcoming = events[following][0] if following < len(events) else None
            if self.look is not None and (upcoming is None or self.look <= upcoming):
                if until is not None and self.look > until:
                    return
                self._take_a_look(self.look, upcoming)
            elif upcoming is not None:
                if until is not None and upcoming > until:
                    return
                at, order, _, what = events[following]
                following += 1
                if order < 0:
                    self._put_bookmark(at)
                else:
                    self._happens(at, what)

    def _put_bookmark(self, at: datetime) -> None:
        tally = bookmarks.folded(self.tally, self.ladder, self.home, at=at, end=self.end)
        if tally is not None:
            self.marked = Bookmark(
                at, "", bookmarks.NOTHING, self.place, self.floor, self.since, self.end, self.look, tally,
                tuple((one.place, one.from_at, one.reason, one.key) for one in self.stands),
            )  # fmt: skip

    def _leaves(self, change: Change) -> datetime | None:
        """Where the ladder lowers at once, what leaves the window is an event of its own."""
        if self.ladder.when != "at_once" or change.undoes:
            return None
        return self.ladder.leaves_at(change.at, self.home)

    def _happens(self, at: datetime, what: Change | Given | None) -> None:
        match what:
            case Given(kind="floor", place=place):
                self.gifts.append(what)
                self.floor = place
                if place > self.place:
                    self._stand(place, at, "floor")
                elif self.look is None:
                    self._await(at)
            case Given(place=place):
                self.gifts.append(what)
                if place > self.place:
                    self._stand(place, at, "given")
            case Change(undoes=True):
                self.tally.take(what)
                self._withdraw(at, what.key)
            case Change():
                self.tally.take(what)
                if what.amount > 0 and self.ladder.reached(self.tally.most) > self.place:
                    self._climb(at, what.key)
        if self.ladder.when == "at_once" and self.look is None:
            self._lower_at_once(at, what.key if isinstance(what, Change) else None)

    def _climb(self, at: datetime, key: int) -> None:
        reached = self.ladder.reached(self._value(at))
        if reached > self.place:
            self._stand(reached, at, "reached", key)

    def _value(self, at: datetime) -> int:
        return max(0, self.tally.since(self._window_start(at)))

    def _window_start(self, at: datetime) -> datetime | None:
        """As the ladder says; asked once for each window, or each day of one that rolls."""
        if self.opened is None or at >= self.opened[1]:
            self.opened = self.ladder.window_start(at, self.home), self.ladder.starts_again_at(at, self.home)
        return self.opened[0]

    @property
    def _may_fall(self) -> bool:
        return self.place > max(self.start, self.floor)

    def _stand(self, place: int, at: datetime, reason: str, key: int | None = None) -> None:
        self.place, self.since = place, self.home.day_of(at)
        self.stands.append(Stand(place, at, reason, key))
        self._await(at)

    def _await(self, at: datetime) -> None:
        """Say when the step is looked at next, counted from a moment."""
        self.end = self.look = None
        if self.ladder.policy == "none" or not self._may_fall:
            return
        if self.ladder.when == "every":
            self.look = self.ladder.next_look(at, self.since, self.home)
        elif self.ladder.when == "window_end":
            self.end = self.ladder.ends_after(at, self.since, self.home)
            self.look = None if self.end is None else self.ladder.put_off(self.end, self.home)

    def _take_a_look(self, at: datetime, upcoming: datetime | None) -> None:
        """A planned look: at a window's end (and grace), every so many days, or the day after one step down."""
        if self.ladder.when == "at_once":
            self.look = None
            self._lower_at_once(at, None)
            return
        value, is_final = self._value(at), upcoming is None
        if self.end is not None and not self.ladder.counts_balance:
            start = self.ladder.window_ended(self.end, self.home)
            value = max(value, self.tally.since(start, self.end))
            is_final = is_final and self.tally.is_empty_since(start)
        elif not self.ladder.counts_balance and self.ladder.window != "lifetime":
            is_final = is_final and self.tally.is_empty_since(self.ladder.window_start(at, self.home))
        after = self.ladder.after_review(self.place, value, self.floor)
        if after < self.place:
            self._stand(after, at, "lost")
        elif is_final:
            self.end = self.look = None  # nothing will ever be different
        else:
            self._await_next(at, upcoming)

    def _await_next(self, at: datetime, upcoming: datetime | None) -> None:
        """The step was kept: the next look, leaving out those before anything can be different."""
        if self.ladder.when == "every":
            changes_at = [moment for moment in (upcoming, self._next_leaving(at)) if moment is not None]
            self.look = self.ladder.next_look(at, self.since, self.home)
            if changes_at and self.look < (soonest := min(changes_at)):
                self.look = self.ladder.next_look(soonest - timedelta(microseconds=1), self.since, self.home)
            return
        while self.end is not None and self.look is not None and self.look <= at:
            self.end = self.ladder.ends_after(self.end, self.since, self.home)
            self.look = None if self.end is None else self.ladder.put_off(self.end, self.home)

    def _next_leaving(self, at: datetime) -> datetime | None:
        start = self.ladder.window_start(at, self.home)
        first = bisect_left(self.tally.moments, start) if start else len(self.tally.moments)
        return self.ladder.leaves_at(self.tally.moments[first], self.home) if first < len(self.tally.moments) else None

    def _lower_at_once(self, at: datetime, key: int | None) -> None:
        if not self._may_fall:
            return
        after = self.ladder.after_review(self.place, self._value(at), self.floor)
        if after < self.place:
            self._stand(after, at, "lost", key)
            if self.ladder.policy == "one_step":  # one step a day, until the step is deserved
                self.look = self.ladder.tomorrow(at, self.home)

    def _withdraw(self, at: datetime, key: int) -> None:
        """Without the goods that came back: would the step stand? If not, it does so no longer."""
        if not self._may_fall or self.ladder.reached(self._value(at)) >= self.place:
            return  # nothing to lose, or deserved anew by what is left
        otherwise = _Walk(self.ladder, self.home)
        otherwise.run(self._as_if_never_bought(), self.gifts, until=at)
        if otherwise.place < self.place:
            self.place, self.since = otherwise.place, otherwise.since
            self.end, self.look = otherwise.end, otherwise.look
            self.stands.append(Stand(self.place, at, "returned", key))

    def _as_if_never_bought(self) -> list[Change]:
        pairs = zip(self.tally.moments, self.tally.amounts, strict=True)
        return [Change(at, amount, number) for number, (at, amount) in enumerate(pairs)]
