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
LONGEST_SPAN = timedelta(days=400)


class _TooWoven(Exception):
    """More cases than are worth looking at."""


def possible(asked: Iterable[Asked], trigger: str = "purchase") -> bool:
    """Whether some activity of that trigger could meet all of it at once. False only when certainly none can."""
    try:
        return any(_consistent(case, trigger) for case in _all_of([_cases(*one) for one in asked]))
    except _TooWoven:
        return True


def always(condition: Condition, trigger: str = "purchase") -> bool:
    """Whether every activity of that trigger certainly meets it."""
    return not possible([(condition, False)], trigger)


def clash(parts: Sequence[Condition], trigger: str = "purchase") -> tuple[int, int] | None:
    """The places of the first two parts that can never hold together."""
    for second in range(1, len(parts)):
        for first in range(second):
            if not possible([(parts[first], True), (parts[second], True)], trigger):
                return first, second
    return None


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


def _hours(hours: Weekly) -> list[Condition]:
    begins, last = int(hours.from_[:2]), int(hours.to[:2]) - (hours.to[3:] == "00")
    if hours.from_ < hours.to:
        return [_within(hours.days, begins, last)]
    after: tuple[Weekday, ...] = tuple(WEEKDAYS[(WEEKDAYS.index(day) + 1) % 7] for day in hours.days)
    return [_within(hours.days, begins, 23), *([_within(after, 0, last)] if hours.to != "00:00" else [])]


def _within(days: tuple[Weekday, ...], first: int, last: int) -> Condition:
    on = Comparison.model_validate({"fact": "calendar.weekday", "in": days})
    return All(all=(on, Comparison.model_validate({"fact": "calendar.hour", "between": (first, last)})))


def _cases(condition: Condition, wanted: bool) -> list[Case]:
    """The ways in which it comes out as wanted, each a list of atoms that must all come out as theirs."""
    match condition:
        case All(all=parts):
            found = [_cases(part, wanted) for part in parts]
            return _all_of(found) if wanted else _any_of(found)
        case AnyOf(any=parts):
            found = [_cases(part, wanted) for part in parts]
            return _any_of(found) if wanted else _all_of(found)
        case Not(not_=inner):
            return _cases(inner, not wanted)
    return [((condition, wanted),)]


def _any_of(found: list[list[Case]]) -> list[Case]:
    cases = [case for one in found for case in one]
    if len(cases) > MOST_CASES:
        raise _TooWoven
    return cases


def _all_of(found: list[list[Case]]) -> list[Case]:
    cases: list[Case] = [()]
    for one in found:
        if len(cases) * len(one) > MOST_CASES:
            raise _TooWoven
        cases = [(*case, *more) for case in cases for more in one]
    return cases


def _consistent(case: Case, trigger: str) -> bool:
    subjects: dict[object, list[Atom]] = {}
    for atom in case:
        subjects.setdefault(_subject(atom[0]), []).append(atom)
    return all(_has_a_value(atoms, trigger) for atoms in subjects.values())


def _subject(condition: Condition) -> object:
    """What an atom is about: atoms of one subject are looked at together."""
    match condition:
        case Comparison(fact=name):
            # A day decides its month and its weekday; hours are apart.
            return "calendar" if name.startswith("calendar.") and name != "calendar.hour" else name
        case Lines(lines=test):
            return ("lines", test.where, "sum" if test.sum else "units" if test.count == "units" else "lines", test.sum)
    return condition


def _has_a_value(atoms: list[Atom], trigger: str) -> bool:
    first = atoms[0][0]
    if isinstance(first, Lines):
        where = first.lines.where
        none = where is not None and not possible([(where, True)], trigger)
        return telling.some_lines_meet(atoms, none=none)
    assert isinstance(first, Comparison)
    if first.fact.startswith("calendar.") and first.fact != "calendar.hour":
        return telling.some_day_meets(atoms, LONGEST_SPAN)
    return telling.some_value_meets(atoms, trigger)
