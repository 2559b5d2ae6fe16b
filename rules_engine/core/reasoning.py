"""Whether conditions can ever hold together: decided by trying a few telling values of each fact.

A "no" is certain; whatever is too large or too woven to follow counts as possible.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from rules_engine.core import telling
from rules_engine.core.catalogue import WEEKDAYS, Weekday
from rules_engine.core.conditions import All, AnyOf, Comparison, Condition, Lines, Not
from rules_engine.core.rules import Validity, Weekly
from rules_engine.core.telling import Atom

# What is asked of a rule: a condition, and whether it is to hold or to fail.
Asked = tuple[Condition, bool]
Case = tuple[Atom, ...]

MOST_CASES = 400
MOST_PARTS = 50
LONGEST_SPAN = timedelta(days=400)
# Values looked at for one question. A rulebook that marketing wrote takes hundreds.
MOST_EFFORT = 200_000


class _TooWoven(Exception):
    """More than is worth looking at."""


class Reasoning:
    """Answers about the activity of one kind of trigger, until `effort` (values looked at) is used up."""

    def __init__(self, effort: int = MOST_EFFORT):
        self._left = effort

    def possible(self, asked: Iterable[Asked], trigger: str = "purchase") -> bool:
        """Whether some activity of that trigger could meet all of it at once. False only when certainly none can."""
        try:
            cases = self._all_of([self._cases(*one) for one in asked])
            return any(self._consistent(case, trigger) for case in cases)
        except _TooWoven:
            return True

    def always(self, condition: Condition, trigger: str = "purchase") -> bool:
        """Whether every activity of that trigger certainly meets it."""
        return not self.possible([(condition, False)], trigger)

    def clash(self, parts: Sequence[Condition], trigger: str = "purchase") -> tuple[int, int] | None:
        """The places of the first two parts that can never hold together."""
        for second in range(1, min(len(parts), MOST_PARTS)):
            for first in range(second):
                if not self.possible([(parts[first], True), (parts[second], True)], trigger):
                    return first, second
        return None

    def _spend(self, effort: int) -> None:
        self._left -= effort
        if self._left < 0:
            raise _TooWoven

    def _cases(self, condition: Condition, wanted: bool) -> list[Case]:
        """The ways in which it comes out as wanted, each a list of atoms that must all come out as theirs."""
        match condition:
            case All(all=parts):
                found = [self._cases(part, wanted) for part in parts]
                return self._all_of(found) if wanted else self._any_of(found)
            case AnyOf(any=parts):
                found = [self._cases(part, wanted) for part in parts]
                return self._any_of(found) if wanted else self._all_of(found)
            case Not(not_=inner):
                return self._cases(inner, not wanted)
        return [((condition, wanted),)]

    def _any_of(self, found: list[list[Case]]) -> list[Case]:
        cases = [case for one in found for case in one]
        if len(cases) > MOST_CASES:
            raise _TooWoven
        return cases

    def _all_of(self, found: list[list[Case]]) -> list[Case]:
        cases: list[Case] = [()]
        for one in found:
            if len(cases) * len(one) > MOST_CASES:
                raise _TooWoven
            self._spend(len(cases) * len(one) * (1 + max((len(case) for case in cases), default=0) // 10))
            cases = [(*case, *more) for case in cases for more in one]
        return cases

    def _consistent(self, case: Case, trigger: str) -> bool:
        subjects: dict[object, list[Atom]] = {}
        for atom in case:
            subjects.setdefault(_subject(atom[0]), []).append(atom)
        return all(self._has_a_value(atoms, trigger) for atoms in subjects.values())

    def _has_a_value(self, atoms: list[Atom], trigger: str) -> bool:
        first = atoms[0][0]
        self._spend(telling.effort(atoms))
        if isinstance(first, Lines):
            where = first.lines.where
            none = where is not None and not self.possible([(where, True)], trigger)
            return telling.some_lines_meet(atoms, none=none)
        assert isinstance(first, Comparison)
        if first.fact.startswith("calendar.") and first.fact != "calendar.hour":
            return telling.some_day_meets(atoms, LONGEST_SPAN)
        return telling.some_value_meets(atoms, trigger)


def of_validity(validity: Validity | None) -> list[Asked]:
    """The days and hours of a rule as conditions on the calendar. Minutes are widened to whole hours."""
    if validity is None:
        return []
    asked: list[Asked] = []
    if validity.from_ is not None:
        asked.append((Comparison.model_validate({"fact": "calendar.date", "ge": validity.from_}), True))
    if validity.until is not None:
        asked.append((Comparison.model_validate({"fact": "calendar.date", "le": validity.until}), True))
    if validity.weekly is not None:
        asked.append((AnyOf(any=tuple(one for hours in validity.weekly for one in _hours(hours))), True))
    return asked


def is_of_whole_hours(validity: Validity) -> bool:
    """Whether `of_validity` says it exactly."""
    return all(hours.from_[3:] == hours.to[3:] == "00" for hours in validity.weekly or ())


def _hours(hours: Weekly) -> list[Condition]:
    begins, last = int(hours.from_[:2]), int(hours.to[:2]) - (hours.to[3:] == "00")
    if hours.from_ < hours.to:
        return [_within(hours.days, begins, last)]
    after: tuple[Weekday, ...] = tuple(WEEKDAYS[(WEEKDAYS.index(day) + 1) % 7] for day in hours.days)
    return [_within(hours.days, begins, 23), *([_within(after, 0, last)] if hours.to != "00:00" else [])]


def _within(days: tuple[Weekday, ...], first: int, last: int) -> Condition:
    on = Comparison.model_validate({"fact": "calendar.weekday", "in": days})
    return All(all=(on, Comparison.model_validate({"fact": "calendar.hour", "between": (first, last)})))


def _subject(condition: Condition) -> object:
    """What an atom is about: atoms of one subject are looked at together."""
    match condition:
        case Comparison(fact=name):
            # A day decides its month and its weekday; hours are apart.
            return "calendar" if name.startswith("calendar.") and name != "calendar.hour" else name
        case Lines(lines=test):
            return ("lines", test.where, "sum" if test.sum else "units" if test.count == "units" else "lines", test.sum)
    return condition
