"""Facts S39 and S40 and those of cash pots in the market stand here with their numbers (scenarios of peers)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs import lifetimes
from values import periods

PARIS = "Europe/Paris"
NEXT_MARCH = {"table": [{"earned_from": "01-01", "earned_to": "12-31", "dies_on": "03-01", "years_later": 1}]}
SPLIT_YEAR = {
    "table": [
        {"earned_from": "01-01", "earned_to": "10-31", "dies_on": "02-01", "years_later": 1},
        {"earned_from": "11-01", "earned_to": "12-31", "dies_on": "02-01", "years_later": 2},
    ]
}
FEBRUARY_YEAR = {"table": [{"earned_from": "02-01", "earned_to": "01-31", "dies_on": "02-01", "years_later": 1}]}


def first_day_gone(policy, earned_on, zone=PARIS):
    dies = lifetimes.dies_at(policy, earned_on, zone)
    day = periods.day_of(dies, zone)
    assert dies == periods.begins_at(day, zone), "points die at a local midnight"
    return day


@pytest.mark.parametrize(
    ("policy", "earned_on", "gone_on"),
    [
        ({"end_of": "month"}, date(2018, 1, 22), date(2018, 2, 1)),  # S39
        ({"end_of": "year"}, date(2018, 5, 3), date(2019, 1, 1)),  # S39
        ({"months": 1}, date(2026, 1, 31), date(2026, 3, 1)),  # S40: lives through 28 February
        ({"months": 0}, date(2026, 1, 1), date(2026, 1, 2)),  # S40
        ({"end_of": "month", "plus_months": 1}, date(2026, 1, 5), date(2026, 3, 1)),  # S40: end of 28 February
        ({"end_of": "month", "plus_months": 1}, date(2026, 2, 5), date(2026, 4, 1)),
        ({"end_of": "quarter"}, date(2026, 5, 5), date(2026, 7, 1)),
        ({"end_of": "quarter", "plus_months": 1}, date(2026, 6, 30), date(2026, 8, 1)),
        ({"end_of": "year", "plus_months": 2}, date(2026, 7, 14), date(2027, 3, 1)),
        ({"days": 90}, date(2026, 1, 1), date(2026, 4, 2)),
        ({"days": 0}, date(2026, 1, 1), date(2026, 1, 2)),
        ({"months": 12}, date(2024, 2, 29), date(2025, 3, 1)),
        (NEXT_MARCH, date(2026, 1, 1), date(2027, 3, 1)),
        (NEXT_MARCH, date(2026, 12, 31), date(2027, 3, 1)),
        (SPLIT_YEAR, date(2026, 10, 31), date(2027, 2, 1)),
        (SPLIT_YEAR, date(2026, 11, 1), date(2028, 2, 1)),
        (FEBRUARY_YEAR, date(2026, 2, 1), date(2027, 2, 1)),
        (FEBRUARY_YEAR, date(2027, 1, 31), date(2027, 2, 1)),
    ],
)
def test_points_live_through_whole_local_days(policy, earned_on, gone_on):
    assert first_day_gone(policy, earned_on) == gone_on


def test_the_hour_of_midnight_follows_the_summer():
    assert lifetimes.dies_at({"months": 3}, date(2026, 1, 14), PARIS) == datetime(2026, 4, 14, 22, tzinfo=UTC)
    assert lifetimes.dies_at({"months": 3}, date(2026, 8, 14), PARIS) == datetime(2026, 11, 14, 23, tzinfo=UTC)


def test_what_never_dies_has_no_death():
    assert lifetimes.dies_at(None, date(2026, 1, 1), PARIS) is None
    assert lifetimes.dies_at({}, date(2026, 1, 1), PARIS) is None


@pytest.mark.parametrize("policy", [{"weeks": 3}, {"table": []}])
def test_what_is_no_policy_is_refused(policy):
    with pytest.raises(ValueError, match="no expiry policy|says nothing about"):
        lifetimes.dies_at(policy, date(2026, 1, 1), PARIS)


def test_what_lives_by_activity_lives_from_the_day_it_was_earned():
    assert lifetimes.dies_at({"inactivity": {"months": 12}}, date(2026, 1, 1), PARIS) == datetime(
        2027, 1, 1, 23, tzinfo=UTC
    )


def test_what_waits_for_an_event_waits_until_somebody_says():
    bought = datetime(2026, 1, 1, tzinfo=UTC)
    assert lifetimes.available_at({"until": "delivered"}, bought, date(2026, 1, 1), PARIS) == lifetimes.UNTIL_SAID


def test_points_can_be_spent_at_once_or_from_the_midnight_of_their_day():
    bought = datetime(2026, 3, 27, 18, 30, tzinfo=UTC)
    on = periods.day_of(bought, PARIS)
    assert lifetimes.available_at({}, bought, on, PARIS) == bought
    assert lifetimes.available_at({"days": 0}, bought, on, PARIS) == bought
    assert lifetimes.available_at({"days": 1}, bought, on, PARIS) == datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert lifetimes.available_at({"days": 3}, bought, on, PARIS) == datetime(2026, 3, 29, 22, tzinfo=UTC)


POLICIES = st.one_of(
    st.builds(lambda n: {"days": n}, st.integers(0, 4000)),
    st.builds(lambda n: {"months": n}, st.integers(0, 120)),
    st.builds(
        lambda period, n: {"end_of": period, "plus_months": n},
        st.sampled_from(["month", "quarter", "year"]),
        st.integers(0, 60),
    ),
    st.sampled_from([NEXT_MARCH, SPLIT_YEAR, FEBRUARY_YEAR]),
)
DAYS = st.dates(date(2000, 1, 1), date(2060, 1, 1))


@given(POLICIES, DAYS, st.sampled_from([PARIS, "America/New_York", "America/Santiago"]))
def test_no_policy_kills_points_on_the_day_they_are_earned(policy, day, zone):
    assert lifetimes.dies_at(policy, day, zone) > periods.begins_at(day, zone) + timedelta(hours=22)


@given(POLICIES.filter(lambda policy: "table" not in policy), DAYS)
def test_later_points_never_die_earlier(policy, day):
    assert lifetimes.dies_at(policy, day, PARIS) <= lifetimes.dies_at(policy, day + timedelta(days=1), PARIS)
