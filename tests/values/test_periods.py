from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values import periods

DAYS = st.dates(date(1970, 1, 1), date(2100, 12, 31))
ZONES = st.sampled_from(["Europe/Paris", "America/New_York", "Africa/Cairo", "America/Santiago", "Asia/Kolkata", "UTC"])


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 30), 12, date(2027, 11, 30)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_end_where_the_month_ends(day, months, expected):
    assert periods.plus_months(day, months) == expected


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2026, 3, 29), "Europe/Paris", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 30), "Europe/Paris", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        # Cairo jumps from midnight to one: the day begins with the jump
        (date(2026, 4, 24), "Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),
        # Havana strikes midnight twice: the day begins with the first stroke
        (date(2025, 11, 2), "America/Havana", datetime(2025, 11, 2, 4, tzinfo=UTC)),
    ],
)
def test_a_day_begins_once_whatever_clocks_do(day, zone, expected):
    assert periods.begins_at(day, zone) == expected


@given(DAYS, ZONES)
def test_the_first_instant_of_a_day_is_in_it_and_the_one_before_is_not(day, zone):
    begins = periods.begins_at(day, zone)
    assert periods.day_of(begins, zone) == day
    assert periods.day_of(begins - timedelta(microseconds=1), zone) == day - timedelta(days=1)


@given(DAYS, st.sampled_from(["day", "week", "month", "quarter", "year"]), st.sampled_from(periods.WEEKDAYS))
def test_periods_touch_and_never_overlap(day, period, week_start):
    first, last = periods.first_day(day, period, week_start), periods.last_day(day, period, week_start)
    assert first <= day <= last
    assert periods.first_day(last, period, week_start) == first
    assert periods.first_day(last + timedelta(days=1), period, week_start) == last + timedelta(days=1)
