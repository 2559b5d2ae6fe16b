"""What a query answers for many rows, said over plain values for few: a till asks about a dozen lines.

Each stands for an expression of `matching` or `limits`; both give the same, and the property tests run both.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rules_engine.core import comparing
from rules_engine.core.catalogue import WEEKDAYS
from rules_engine.core.facts import EVENT, PURCHASE, VISIT
from rules_engine.core.rules import Validity, Weekly


def triggered(trigger: str, kinds: Sequence[int | None], events: Sequence[str | None]) -> list[bool]:
    """Whether an activity is of the kind that sets a rule off."""
    if trigger.startswith("event:"):
        wanted = trigger.removeprefix("event:")
        return [kind == EVENT and event == wanted for kind, event in zip(kinds, events, strict=True)]
    wanted_kind = {"purchase": PURCHASE, "visit": VISIT}.get(trigger, EVENT)
    return [kind == wanted_kind for kind in kinds]


def valid(validity: Validity, days: Sequence[date], moments: Sequence[datetime]) -> list[bool]:
    first, last = validity.from_ or date.min, validity.until or date.max
    return [
        first <= day <= last and (validity.weekly is None or any(within(hours, day, at) for hours in validity.weekly))
        for day, at in zip(days, moments, strict=True)
    ]


def within(hours: Weekly, day: date, at: datetime) -> bool:
    """Local time inside the hours. Past midnight the second part belongs to the day it began on."""
    time, today = f"{at:%H:%M}", WEEKDAYS[day.weekday()]
    if hours.from_ < hours.to:
        return today in hours.days and hours.from_ <= time < hours.to
    yesterday = WEEKDAYS[day.weekday() - 1]
    return (today in hours.days and time >= hours.from_) or (yesterday in hours.days and time < hours.to)


def calendar(name: str, day: date, at: datetime) -> Any:
    """A fact of the calendar."""
    match name:
        case "calendar.date":
            return day
        case "calendar.weekday":
            return WEEKDAYS[day.weekday()]
        case "calendar.hour":
            return at.hour
        case "calendar.month":
            return day.month
    return day.day


def compared(operator: str, found: Sequence[Any], value: Any, unit: int = 1) -> list[bool]:
    """Which of the found values, whole numbers in `unit`-ths when they are numbers, meet a comparison."""
    if operator == "is_set":
        return [(one is not None) == value for one in found]
    value = scaled(value, unit) if unit != 1 else value
    return [one is not None and comparing.compared(operator, one, value) for one in found]


def scaled(value: Any, unit: int) -> Any:
    """What whole numbers in `unit`-ths are compared with."""
    return tuple(one * unit for one in value) if isinstance(value, tuple) else Decimal(value) * unit


def period_start(kind: str, day: date, week_start: int, begins: date) -> date:
    """First day of the period a day falls in; that of a campaign is given."""
    match kind:
        case "week":
            return day - timedelta(days=(day.isoweekday() - week_start) % 7)
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
        case "campaign":
            return begins
    return day
