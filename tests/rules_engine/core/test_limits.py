"""At most so much of a rule in a period, whoever asks first."""

from datetime import UTC, date, datetime

import pytest

from rules_engine.core import usage_periods
from tests.rules_engine.core.receipts import R152, facts, given, rulebook

FIFTY = {"earn": {"fixed": 50}}


def receipts(*days, **others):
    """A receipt of 152.00 at noon of each day of 2026, as (month, day)."""
    return facts(*(R152 | {"occurred_at": datetime(2026, month, day, 11, tzinfo=UTC)} for month, day in days), **others)


def asked_of(book, of):
    return usage_periods(book, of.activities, of.stores)


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
    used = {"whose": "member", "key": "1", "rule": "r1", "period_kind": "month", "period_start": date(2026, 1, 1),
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
    asked = asked_of(book, receipts((1, 7), (1, 8), (1, 11)))
    assert asked.columns == ["whose", "key", "rule", "period_kind", "period_start"]
    assert asked.rows() == [
        ("member", "1", "r1", "week", date(2026, 1, 4)),
        ("member", "1", "r1", "week", date(2026, 1, 11)),
        ("member", "1", "r2", "campaign", date(2026, 1, 2)),
    ]
    assert asked_of(rulebook(FIFTY), receipts((1, 7))).is_empty()


def test_what_no_activity_may_take_need_not_be_looked_up():
    visits = FIFTY | {"trigger": "visit", "budget": {"points": 9}}
    over = FIFTY | {"valid": {"until": "2026-01-06"}, "budget": {"points": 9}}
    assert asked_of(rulebook(visits, over), receipts((1, 7))).is_empty()


def test_who_shares_a_limit():
    stores = [{"code": code, "kind": None, "banner": banner, "market": "FR"} for code, banner in ("ab", "cd", "eb")]
    of = facts(
        R152 | {"holder_id": 1, "membership_id": 10, "store": 0},
        R152 | {"holder_id": 1, "membership_id": 11, "store": 1},
        R152 | {"holder_id": 1, "membership_id": 10, "store": 2},
        R152 | {"holder_id": 2, "membership_id": 20, "store": 0},
        R152 | {"holder_id": 2, "membership_id": 20, "store": None},
        stores=stores,
    )
    expected = {
        "member": [50, 50, 20, 50, 20],
        "household": [50, 20, 0, 50, 20],
        "banner": [50, 50, 20, 0, 50],
        "program": [50, 20, 0, 0, 0],
    }
    for whose, points in expected.items():
        book = rulebook(FIFTY | {"limits": [{"max": 70, "per": "year", "for": whose}]})
        found = given(book, of)
        assert [found.get((place, "r1"), 0) for place in range(1, 6)] == points


def test_a_budget_is_for_everybody_and_for_as_long_as_the_rule_holds():
    of = facts(R152, R152 | {"holder_id": 2, "occurred_at": datetime(2027, 5, 5, tzinfo=UTC)}, R152)
    for budget, points in (
        ({"points": 70}, [50, 0, 20]),
        ({"points": 70, "overflow": "reject"}, [50, 0, 0]),
        ({"times": 2}, [50, 0, 50]),
        ({"points": 60, "times": 1}, [50, 0, 0]),
    ):
        found = given(rulebook(FIFTY | {"budget": budget}), of)
        assert [found.get((place, "r1"), 0) for place in (1, 2, 3)] == points
    used = {"whose": "program", "key": "", "rule": "r1", "period_kind": "campaign",
            "period_start": date(2026, 1, 1), "points": 65, "times": 2}  # fmt: skip
    book = rulebook(FIFTY | {"budget": {"points": 70}, "valid": {"from": "2026-01-01"}})
    assert given(book, facts(R152, usage=[used])) == {(1, "r1"): 5}


def test_wanted_is_kept_beside_what_was_granted():
    book, of = rulebook(FIFTY | {"budget": {"points": 70}}), facts(R152, R152)
    assert given(book, of, "wanted") == {(1, "r1"): 50, (2, "r1"): 50}


def test_the_market_of_the_activity_may_begin_its_week_elsewhere():
    of = facts(*({**R152, "occurred_at": datetime(2026, 1, day, 11, tzinfo=UTC), "week_start": 6} for day in (9, 10)))
    assert given(rulebook(FIFTY | {"limits": [{"max": 70, "per": "week"}]}), of) == {(1, "r1"): 50, (2, "r1"): 50}
