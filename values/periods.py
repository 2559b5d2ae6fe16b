"""Days, months and the instants at which local days begin. Days are dates; instants are aware datetimes in UTC."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Period = Literal["day", "week", "month", "quarter", "year"]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises KeyError-like ZoneInfoNotFoundError or ValueError."""
    return ZoneInfo(name)


def day_of(moment: datetime, zone_name: str) -> date:
    """The local day in which a moment falls."""
    return moment.astimezone(zone(zone_name)).date()


def begins_at(day: date, zone_name: str) -> datetime:
    """The first instant of a local day, also where clocks jump over midnight or strike it twice."""
    # fold=0 reads a skipped midnight with the offset before the jump, which is the jump itself.
    return datetime.combine(day, time(), zone(zone_name)).astimezone(UTC)


def plus_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day when the month is shorter."""
    place = day.year * 12 + day.month - 1 + months
    year, month = place // 12, place % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def last_day(day: date, period: Period, week_start: str = "mon") -> date:
    """The last day of the period a day falls in."""
    match period:
        case "day":
            return day
        case "week":
            return first_day(day, "week", week_start) + timedelta(days=6)
        case "month":
            return day.replace(day=calendar.monthrange(day.year, day.month)[1])
        case "quarter":
            return last_day(date(day.year, (day.month + 2) // 3 * 3, 1), "month")
        case "year":
            return date(day.year, 12, 31)


def first_day(day: date, period: Period, week_start: str = "mon") -> date:
    """The first day of the period a day falls in."""
    match period:
        case "day":
            return day
        case "week":
            return day - timedelta(days=(day.weekday() - WEEKDAYS.index(week_start)) % 7)
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case "year":
            return date(day.year, 1, 1)
