"""The values of a fact that tell whether comparisons of it can hold together: those written, and those beside them."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rules_engine.core import catalogue
from rules_engine.core.comparing import as_text, compared, each, meets
from rules_engine.core.conditions import Comparison, Condition, Lines, LinesTest

# A comparison or a test over lines, and whether it is to come out true.
Atom = tuple[Condition, bool]

_BETWEEN = "\x1f"  # parts made-up text, so that nothing is contained in it by chance
_SMALLEST = Decimal("0.000001")
_RANGES = {"calendar.hour": 24, "calendar.month": 13, "calendar.day": 32}
# What every activity of the trigger is known to have; anything else may be unknown.
_ALWAYS_KNOWN = {"line.sku", "line.quantity", "line.gross", "line.net", "receipt.gross", "receipt.net", "calendar.hour"}
_NEGATIVE = {"line.quantity", "line.gross", "line.net"}


def effort(atoms: list[Atom]) -> int:
    """About how many times a value is compared to answer for them."""
    written = 1
    for one, _ in atoms:
        asked = one.value if isinstance(one, Comparison) else None
        written += len(asked) if isinstance(asked, tuple) else 1
    return 10 * len(atoms) * written


def some_value_meets(atoms: list[Atom], trigger: str) -> bool:
    """Whether the fact they are all about could have a value (or be unknown) that brings each out as wanted."""
    comparisons = [(one, wanted) for one, wanted in atoms if isinstance(one, Comparison)]
    fact = catalogue.find(comparisons[0][0].fact)
    if never_known(fact, trigger):
        return all(meets(one, None, fact) == wanted for one, wanted in comparisons)
    candidates = list(_candidates(fact, [one for one, _ in comparisons]))
    if fact.many:
        return _some_set_meets(candidates, comparisons, fact)
    unknown = [] if fact.name in _ALWAYS_KNOWN else [None]
    return any(
        all(meets(one, value, fact) == wanted for one, wanted in comparisons) for value in (*candidates, *unknown)
    )


def never_known(fact: catalogue.Fact, trigger: str) -> bool:
    """Whether activity of that trigger never knows the fact, so that no comparison of it holds."""
    if fact.scope == "event":
        return not trigger.startswith("event:")
    return trigger != "purchase" and (
        fact.scope == "line" or fact.name in {"receipt.gross", "receipt.net", "receipt.tender"}
    )


def _some_set_meets(candidates: list[Any], comparisons: list[tuple[Comparison, bool]], fact: catalogue.Fact) -> bool:
    asked = [(one, wanted) for one, wanted in comparisons if one.operator != "is_set"]
    known = {bool(one.value) == wanted for one, wanted in comparisons if one.operator == "is_set"}
    left = [value for value in candidates if not any(meets(one, value, fact) for one, wanted in asked if not wanted)]
    needed = [one for one, wanted in asked if wanted]
    if len(known) > 1 or (known == {False} and needed) or (known == {True} and not left):
        return False
    return all(any(meets(one, value, fact) for value in left) for one in needed)


def some_day_meets(atoms: list[Atom], longest: timedelta) -> bool:
    """Whether there is a local day that all of them agree on: its date, weekday, month and number."""
    comparisons = [(one, wanted) for one, wanted in atoms if isinstance(one, Comparison)]
    dated = [(one, wanted) for one, wanted in comparisons if one.fact == "calendar.date"]
    fact = catalogue.find("calendar.date")
    days = [
        day
        for day in _candidates(fact, [one for one, _ in dated])
        if all(meets(one, day, fact) == wanted for one, wanted in dated)
    ]
    if not days:
        return False
    rest = [(one, wanted) for one, wanted in comparisons if one.fact != "calendar.date"]
    first, last = min(days), max(days)
    if last - first > longest or last == _LAST_DAY or first == _FIRST_DAY:
        return all(_apart(rest, name) for name in {one.fact for one, _ in rest})
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return any(all(_on(one, day) == wanted for one, wanted in comparisons) for day in every)


def _apart(atoms: list[tuple[Comparison, bool]], name: str) -> bool:
    fact, own = catalogue.find(name), [(one, wanted) for one, wanted in atoms if one.fact == name]
    values = _candidates(fact, [one for one, _ in own])
    return any(all(meets(one, value, fact) == wanted for one, wanted in own) for value in values)


def _on(comparison: Comparison, day: date) -> bool:
    value = {
        "calendar.date": day, "calendar.weekday": catalogue.WEEKDAYS[day.weekday()],
        "calendar.month": Decimal(day.month), "calendar.day": Decimal(day.day),
    }[comparison.fact]  # fmt: skip
    return meets(comparison, value, catalogue.find(comparison.fact))


def some_lines_meet(atoms: list[Atom], *, none: bool) -> bool:
    """Whether a number (of lines, of units or of money) exists that all tests over the same lines agree on.

    `none`: no line can meet their `where`, so that the number is always 0.
    """
    tests = [(one.lines, wanted) for one, wanted in atoms if isinstance(one, Lines)]
    if none:
        numbers = [Decimal(0)]
    else:
        written = [value for test, _ in tests if test.any is None and test.every is None for value in each(test.value)]
        whole = tests[0][0].sum is None and tests[0][0].count != "units"
        numbers = [one for one in _beside(written, Decimal(1) if whole else _SMALLEST) if one >= 0]
        if whole:
            numbers = [one for one in numbers if one == one.to_integral_value()] + [Decimal(10**9)]
    every = {wanted for test, wanted in tests if test.every}
    if len(every) > 1:
        return False
    # Every line of the receipt is at least one; that not every line is so says nothing of how many are.
    lowest = 1 if every == {True} else 0
    numbered = [(test, wanted) for test, wanted in tests if not test.every]
    return any(all(_counts(test, one) == wanted for test, wanted in numbered) for one in numbers if one >= lowest)


def _counts(test: LinesTest, number: Decimal) -> bool:
    return number > 0 if test.any else compared(test.operator, number, test.value)


def _candidates(fact: catalogue.Fact, comparisons: list[Comparison]) -> Iterator[Any]:
    if fact.choices:
        yield from fact.choices
        return
    if fact.type == "boolean":
        yield from (True, False)
        return
    if fact.name in _RANGES:
        yield from (Decimal(number) for number in range(fact.name != "calendar.hour", _RANGES[fact.name]))
        return
    written = [value for one in comparisons if one.operator != "is_set" for value in each(one.value)]
    if fact.type == "date":
        yield from _days([value for value in written if isinstance(value, date)])
        return
    if fact.type in ("number", "money", "quantity", "attribute"):
        step = Decimal(1) if fact.type == "number" else _SMALLEST
        lowest = None if fact.type == "attribute" or fact.name in _NEGATIVE else 0
        found = _beside([value for value in written if isinstance(value, Decimal)], step)
        yield from (one for one in found if lowest is None or one >= lowest)
    if fact.type in ("text", "attribute"):
        yield from _texts(comparisons, written)


_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)


def _days(written: list[date]) -> Iterator[date]:
    yield from (_FIRST_DAY, _LAST_DAY)
    for day in written:
        yield day
        for days in (-1, 1):
            if _FIRST_DAY < day < _LAST_DAY:
                yield day + timedelta(days=days)


def _beside(written: list[Decimal], step: Decimal) -> Iterator[Decimal]:
    yield Decimal(0)
    for number in written:
        low = number.to_integral_value(rounding="ROUND_FLOOR") if step == 1 else number
        yield from (low - step, low, low + step)
    yield from (max(written, default=Decimal(0)) + 10**6, min(written, default=Decimal(0)) - 10**6)


def _texts(comparisons: list[Comparison], written: list[Any]) -> Iterator[str]:
    texts = [as_text(value) for value in written]
    yield from texts
    yield _BETWEEN
    begins = sorted((one.value for one in comparisons if one.operator == "starts_with"), key=len)
    inside = [one.value for one in comparisons if one.operator == "contains"]
    for start in ("", *begins):
        yield start + _BETWEEN
        yield _BETWEEN.join((start, *inside, ""))
        for part in inside:
            yield _BETWEEN.join((start, part, ""))
    # A written text may meet what another begins with or contains: as it is, or with more behind it.
    yield from (text + _BETWEEN for text in texts)
