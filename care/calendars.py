"""Working days of a market: without its weekend and its public holidays, as the library `holidays` knows them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

_SATURDAY = 5


def due_on(opened_on: date, working_days: int, market_code: str) -> date:
    """The last of so many working days after a local day; 0 is that day itself, or the next working day."""
    calendar = _calendar(market_code.upper())
    day, left = opened_on, working_days
    while left > 0 or not _works(calendar, day):
        day += timedelta(days=1)
        left -= _works(calendar, day)
    return day


def _works(calendar: Any, day: date) -> bool:
    if calendar is None:
        return day.weekday() < _SATURDAY
    return bool(calendar.is_working_day(day))


@lru_cache(maxsize=64)
def _calendar(market_code: str) -> Any:
    """The holidays of a country; None for a market that is none, whose weekends alone are known."""
    import holidays  # several hundred modules, of which one is loaded, and only where a case is opened

    try:
        return holidays.country_holidays(market_code)
    except NotImplementedError:
        return None
