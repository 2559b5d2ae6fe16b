"""At most so much of a rule in a period, whoever asks first."""

from datetime import UTC, date, datetime

import pytest

from rules_engine.core import usage_periods
from tests.rules_engine.core.receipts import R152, facts, given, rulebook

FIFTY = {"earn": {"fixed": 50}}


def receipts(*days, **others):
    """A receipt of 152.00 at noon of each day of 2026, as (month, day)."""
    return facts(*(R152 | {"occurred_at": datetime(2026, month, day, 11, tzinfo=UTC)} for month, day in days), **others)


def granted(limits, *days, **others):
    found = given(rulebook(FIFTY | {"limits": limits}), receipts(*days, **others))
    return [found.get((place, "r1"), 0) for place in range(1, len(days) + 1)]


@pytest.mark.parametrize(
    ("limit", "days", "expected"),
    [
        ({"max": 70, "per": "day"}, [(1, 5), (1, 5), (1, 6)], [50, 20, 50]),
        ({"max": 70, "per": "day", "overflow": "reject"}, [(1, 5), (1, 5), (1, 6)], [50, 0, 50]),
        ({"max": 1, "of": "times", "per": "day"}, [(1, 5), (1, 5), (1, 6)], [50, 0, 50]),
        ({"max": 70, "per": "week"}, [(1, 5), (1, 11), (1, 12)], [50, 20, 50]),
        ({"max": 70, "per": "month"}, [(1, 1), (1, 31), (2, 1)], [50, 20, 50]),
        ({"max": 70, "per": "year"}, [(1, 1), (12, 31)], [50, 20]),
        ({"max": 70, "per": "campaign"}, [(1, 1), (12, 31)], [50, 20]),
        ({"max": 30}, [(1, 1), (1, 1)], [30, 30]),
    ],
)
def test_periods(limit, days, expected):
    assert granted([limit], *days) == expected


def test_the_order_is_that_of_occurrence():
    assert granted([{"max": 70, "per": "month"}], (1, 20), (1, 10)) == [20, 50]


def test_limits_are_met_in_the_order_written():
    both = [{"max": 30}, {"max": 70, "per": "month", "overflow": "reject"}]
    assert granted(both, (1, 1), (1, 2), (1, 3)) == [30, 30, 0]


def test_what_was_rejected_was_no_time():
    limits = [{"max": 70, "per": "day", "overflow": "reject"}, {"max": 2, "of": "times", "per": "day"}]
    book = rulebook({"earn": {"per_amount": {"points": 1}}, "limits": limits})
    of = facts(*({"lines": [(0, 1, amount)]} for amount in (5000, 5000, 2000, 100)))
    assert given(book, of) == {(1, "r1"): 50, (3, "r1"): 20}


def test_members_do_not_share_a_limit():
    of = facts(R152, R152 | {"holder_id": 2}, R152)
    book = rulebook(FIFTY | {"limits": [{"max": 70, "per": "year"}]})
    assert given(book, of) == {(1, "r1"): 50, (2, "r1"): 50, (3, "r1"): 20}


def test_what_other_activity_took_is_gone():
    used = {"holder_id": 1, "rule": "r1", "period_kind": "month", "period_start": date(2026, 1, 1),
            "points": 90, "times": 3}  # fmt: skip
    assert granted([{"max": 100, "per": "month"}], (1, 5), (1, 6), (2, 1), usage=[used]) == [10, 0, 50]
    assert granted([{"max": 3, "of": "times", "per": "month"}], (1, 5), (2, 1), usage=[used]) == [0, 50]
    assert granted([{"max": 100, "per": "month"}], (1, 5), usage=[used | {"rule": "r2"}]) == [50]
    assert granted([{"max": 100, "per": "month"}], (1, 5), usage=[used | {"points": 500}]) == [0]


def test_what_takes_away_is_not_limited():
    rules = [{"earn": {"per_amount": {"points": 1}}}, {"earn": {"multiply": 0}, "limits": [{"max": 5}]}]
    assert given(rulebook(*rules), facts(R152)) == {(1, "r1"): 152, (1, "r2"): -152}


def test_taking_away_stops_at_what_the_limit_left():
    rules = [{"earn": {"per_amount": {"points": 1}}, "limits": [{"max": 100}]}, {"earn": {"multiply": 0}}]
    assert given(rulebook(*rules), facts(R152)) == {(1, "r1"): 100, (1, "r2"): -100}


def test_the_caller_is_told_which_periods_to_look_up():
    book = rulebook(
        FIFTY | {"limits": [{"max": 5}, {"max": 70, "per": "week"}]},
        FIFTY | {"limits": [{"max": 9, "per": "campaign"}], "valid": {"from": "2026-01-02"}},
        FIFTY,
        week_start="sun",
    )
    asked = usage_periods(book, receipts((1, 7), (1, 8), (1, 11)).activities)
    assert asked.columns == ["holder_id", "rule", "period_kind", "period_start"]
    assert asked.rows() == [
        (1, "r1", "week", date(2026, 1, 4)),
        (1, "r1", "week", date(2026, 1, 11)),
        (1, "r2", "campaign", date(2026, 1, 2)),
    ]
    assert usage_periods(rulebook(FIFTY), receipts((1, 7)).activities).is_empty()


def test_the_market_of_the_activity_may_begin_its_week_elsewhere():
    of = facts(*({**R152, "occurred_at": datetime(2026, 1, day, 11, tzinfo=UTC), "week_start": 6} for day in (9, 10)))
    assert given(rulebook(FIFTY | {"limits": [{"max": 70, "per": "week"}]}), of) == {(1, "r1"): 50, (2, "r1"): 50}
