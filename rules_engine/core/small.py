"""Below so many rows a loop over plain values is done before a query is even planned: a till asks about a dozen lines.

Only the arithmetic has two ways, here and beside each expression it stands for; both give the same integers, and the
property tests run both.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from rules_engine.core.catalogue import WEEKDAYS
from rules_engine.core.rules import Validity, Weekly

ROWS = 64


def gathered(values: pl.Series, places: pl.Series) -> pl.Series:
    """`values.gather(places)`; null where the place is."""
    if places.len() > ROWS or values.len() > 16 * ROWS:
        return values.gather(places)
    known = values.to_list()
    found = [None if place is None else known[place] for place in places.to_list()]
    return pl.Series(values.name, found, dtype=values.dtype)


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


def scaled(value: Any, unit: int) -> Any:
    """What whole numbers in `unit`-ths are compared with."""
    return tuple(one * unit for one in value) if isinstance(value, tuple) else value * unit
