"""Every expiry policy from the receipt to the empty pot."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from earning import auditing, inactivity
from ledger import expiry
from tests.earning import world
from tests.earning.test_returns import bought, pot
from values import periods

pytestmark = pytest.mark.django_db
ACTIVE = "{inactivity: {months: 12, renewed_by: [purchase, visit]}}"
TABLE = '{table: [{earned_from: "01-01", earned_to: "12-31", dies_on: "03-01", years_later: 1}]}'
SPLIT = (
    '{table: [{earned_from: "01-01", earned_to: "10-31", dies_on: "02-01", years_later: 1},'
    ' {earned_from: "11-01", earned_to: "12-31", dies_on: "02-01", years_later: 2}]}'
)


def club_of(policy, now):
    policy = policy.replace("{", "{{").replace("}", "}}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "PLAYBOOK", world.PLAYBOOK.replace("expiry: {{months: 12}}", f"expiry: {policy}"))
        return world.make(world.BASE + "\n- {code: hello, trigger: visit, earn: {fixed: 1}}", now=now)


@pytest.mark.parametrize(
    ("policy", "dies"),
    [
        ("{days: 10}", date(2026, 1, 26)),
        ("{months: 1}", date(2026, 2, 16)),
        ("{end_of: month}", date(2026, 2, 1)),
        ("{end_of: quarter, plus_months: 2}", date(2026, 6, 1)),
        ("{end_of: year}", date(2027, 1, 1)),
        (TABLE, date(2027, 3, 1)),
        (SPLIT, date(2027, 2, 1)),
        (ACTIVE, date(2027, 1, 16)),
    ],
)
def test_points_of_fifteen_january_die(now, policy, dies):
    at = datetime(2026, 1, 15, 12, tzinfo=UTC)
    club = club_of(policy, at)
    bought(club, "R1", ("a", 1, "10.00"), at="2026-01-15T10:00:00", now=at)
    world.drained(at)
    gone = periods.begins_at(dies, "Europe/Paris")
    assert pot(club, gone - timedelta(seconds=1)) == (10, 0, 0)
    assert pot(club, gone) == (0, 0, 0)
    assert expiry.expire_due(gone) == 1
    assert auditing.differences() == []


def test_what_never_dies(now):
    club = club_of("never", now)
    bought(club, "R1", ("a", 1, "10.00"), now=now)
    world.drained(now)
    assert pot(club, datetime(2126, 1, 1, tzinfo=UTC)) == (10, 0, 0)


def at(*day):
    return datetime(*day, 12, tzinfo=UTC)


def test_activity_renews_what_is_alive(now):
    club = club_of(ACTIVE, now)
    bought(club, "R1", ("a", 1, "10.00"), at="2026-01-10T12:00:00", now=at(2026, 1, 10))
    world.drained(at(2026, 1, 10))
    club.buy("V1", "2026-12-01T12:00:00", kind="visit", now=at(2026, 12, 1))
    world.drained(at(2026, 12, 1))
    assert pot(club, at(2027, 11, 30)) == (11, 0, 0)
    bought(club, "R2", ("a", 1, "5.00"), at="2027-12-01T12:00:00", now=at(2027, 12, 1))  # the last day they live
    world.drained(at(2027, 12, 1))
    assert pot(club, at(2028, 12, 1)) == (16, 0, 0)
    assert pot(club, at(2028, 12, 3)) == (0, 0, 0)
    late = at(2028, 12, 10)
    bought(club, "R3", ("a", 1, "2.00"), at="2028-12-10T12:00:00", now=late)
    world.drained(late)
    assert pot(club, late) == (2, 0, 0)  # what is dead stays dead
    expiry.expire_due(late)
    assert pot(club, late) == (2, 0, 0)
    assert auditing.differences() == []


def test_late_activity_finds_the_life_it_would_have_had(now):
    club = club_of(ACTIVE, now)
    moment = at(2027, 12, 1)
    for number, day in enumerate(("2026-11-01", "2027-09-01", "2027-12-01")):
        bought(club, f"R{number}", ("a", 1, "1.00"), at=f"{day}T12:00:00", now=moment)
    world.drained(moment)
    bought(club, "old", ("a", 1, "10.00"), at="2026-01-10T12:00:00", now=moment)
    world.drained(moment)
    assert pot(club, moment) == (13, 0, 0)
    assert pot(club, at(2028, 12, 1)) == (13, 0, 0)
    bought(club, "older", ("a", 1, "100.00"), at="2024-12-10T12:00:00", now=moment)  # nobody came for more than a year
    world.drained(moment)
    assert pot(club, moment) == (13, 0, 0)


@any_of(
    earned=st.dates(date(2020, 1, 1), date(2024, 12, 31)),
    days=st.lists(st.dates(date(2019, 1, 1), date(2030, 1, 1)), max_size=12),
    months=st.integers(1, 24),
)
def test_the_last_day_against_a_walk_day_by_day(earned, days, months):
    active, last = set(days), periods.plus_months(earned, months)
    for ordinal in range(earned.toordinal(), date(2032, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        if day > last:
            break
        if day in active:
            last = max(last, periods.plus_months(day, months))
    assert inactivity.last_day(earned, months, sorted(active)) == last
