"""What each effect gives, to the last unit."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from rules_engine.core import Facts, InvalidFacts, score
from tests.rules_engine.core.receipts import R152, facts, given, per_euro, rulebook, total

SKU_123 = {"fact": "line.sku", "eq": "123"}
POT = [{"code": "points"}, {"code": "pot", "kind": "cash", "money": "EUR", "scale": 2}]


def one(rule, of, **others):
    return given(rulebook(rule, **others), of).get((1, "r1"), 0)


def test_whole_steps_count_over_the_lines_together():
    rule = {"earn": {"per_amount": {"points": 3, "every": 10, "step": "whole"}}}
    assert one(rule, facts({"lines": [(0, 1, 999), (1, 1, 999), (2, 1, 2)]})) == 6
    assert given(rulebook(rule), facts({"lines": [(0, 1, -1999)]}), "wanted") == {}


def test_s54_two_units_then_one():
    rule = {"earn": {"per_unit": 50}}
    assert one(rule, facts({"lines": [(0, 2, 5000)]})) == 100
    assert one(rule, facts({"lines": [(0, 1, 2500)]})) == 50


def test_per_unit_counts_weights():
    assert one({"earn": {"per_unit": 10}}, facts({"lines": [{"product": 0, "net": 100, "quantity": 350}]})) == 3


def test_fixed_is_once_however_the_till_splits_a_line():
    rule = {"earn": {"fixed": 100}, "when": SKU_123}
    assert one(rule, facts({"lines": [(0, 2, 1200)]})) == one(rule, facts({"lines": [(0, 1, 600), (0, 1, 600)]})) == 100


@pytest.mark.parametrize(("amount", "expected"), [(10000, 10), (4700, 5), (3200, 3)])
def test_s79_a_percentage_in_whole_units_rounds_to_the_nearest(amount, expected):
    currencies = [{"code": "points", "rounding": "nearest"}]
    assert one(per_euro("0.1"), facts({"lines": [(0, 1, amount)]}), currencies=currencies) == expected


def test_a_percentage_goes_into_the_pot_in_its_minor_units():
    rule = {"earn": {"percent": "2.5", "currency": "pot"}}
    assert one(rule, facts(R152), currencies=POT) == 380
    assert one(rule, facts(R152 | {"currency": "USD"}), currencies=POT) == 0
    assert one(rule, facts(R152 | {"currency": "USD"}), currencies=POT, overridden=["r1"]) == 380


def test_money_without_decimals_is_compared_and_earned_in_its_own_units():
    rule = per_euro(1, earn={"per_amount": {"points": 1, "every": 100}}, when={"fact": "receipt.net", "ge": 1000})
    yen = R152 | {"currency": "JPY", "activity_id": 2, "lines": [(0, 1, 1000), (1, 1, 50)]}
    euro = R152 | {"lines": [(0, 1, 100_000)]}
    assert given(rulebook(rule), facts(euro, yen)) == {(1, "r1"): 10, (2, "r1"): 10}


def test_net_or_gross_by_rule_else_by_setting():
    of = facts({"lines": [{"product": 0, "net": 800, "gross": 1000}]})
    assert one(per_euro(1), of) == 8
    assert one(per_euro(1), of, settings={"basis": "gross"}) == 10
    assert one({"earn": {"per_amount": {"points": 1, "of": "net"}}}, of, settings={"basis": "gross"}) == 8


def test_rounding_per_receipt_or_per_line():
    of = facts({"lines": [(0, 1, 150), (1, 1, 150)]})
    assert one(per_euro(1), of) == 3
    assert one(per_euro(1), of, currencies=[{"code": "points", "round_per": "line"}]) == 2
    assert one(per_euro(1, rounding="up"), of, currencies=[{"code": "points", "round_per": "line"}]) == 4


@pytest.mark.parametrize(("policy", "expected"), [("best", 36), ("sum", 48), ("product", 72)])
def test_several_multipliers_on_one_line(policy, expected):
    rules = [per_euro(1), {"earn": {"multiply": 2}, "when": SKU_123}, {"earn": {"multiply": 3}, "when": SKU_123}]
    of = facts({"lines": [(0, 1, 1200)]})
    best_is_shown = given(rulebook(*rules, settings={"multipliers": policy}), of)
    assert sum(best_is_shown.values()) == expected
    assert ((1, "r2") in best_is_shown) == (policy != "best")


def test_zero_beats_every_factor_and_takes_away_what_the_base_gave():
    rules = [per_euro(1), {"earn": {"multiply": 5}}, {"earn": {"multiply": 0}, "when": SKU_123}]
    assert given(rulebook(*rules), facts(R152)) == {(1, "r1"): 152, (1, "r2"): 560, (1, "r3"): -12}


def test_taking_away_rounds_down_too_but_never_below_nothing():
    rules = [per_euro(1), {"earn": {"multiply": 0}}]
    of = facts({"lines": [(0, 1, 190)]})
    assert given(rulebook(*rules), of, "wanted") == {(1, "r1"): 1, (1, "r2"): -2}
    assert given(rulebook(*rules), of) == {(1, "r1"): 1, (1, "r2"): -1}


def test_a_multiplier_looks_at_its_own_currency():
    currencies = [{"code": "points"}, {"code": "status", "kind": "status"}]
    rules = [per_euro(1), per_euro(1, earn={"per_amount": {"points": 1}, "currency": "status"}),
             {"earn": {"multiply": 3, "currency": "status"}}]  # fmt: skip
    assert given(rulebook(*rules, currencies=currencies), facts(R152)) == {
        (1, "r1"): 152, (1, "r2"): 152, (1, "r3"): 304,
    }  # fmt: skip


def test_what_is_excluded_counts_nowhere():
    rules = [
        per_euro(1),
        {"earn": {"exclude": True}, "when": {"fact": "line.tag", "eq": "blue"}},
        {"earn": {"fixed": 5}, "when": {"fact": "receipt.net", "ge": 60}},
        {"earn": {"fixed": 7}, "when": {"lines": {"count": "lines", "ge": 3}}},
        {"earn": {"fixed": 9}, "when": {"lines": {"count": "lines", "eq": 2}}},
    ]
    assert given(rulebook(*rules), facts(R152)) == {(1, "r1"): 52, (1, "r5"): 9}


def test_the_best_of_a_group_and_the_first_of_equals():
    group = {"combine": {"group": "g", "how": "best"}}
    rules = [{"earn": {"fixed": 5}} | group, {"earn": {"fixed": 9}} | group, {"earn": {"fixed": 9}} | group]
    assert given(rulebook(*rules), facts(R152)) == {(1, "r2"): 9}


def test_a_stop_ends_later_phases_but_not_what_came_before():
    rules = [{"earn": {"fixed": 5}}, per_euro(1), {"earn": {"multiply": 2}}, per_euro(1, stop=True), per_euro(7)]
    assert given(rulebook(*rules), facts(R152)) == {(1, "r2"): 152, (1, "r4"): 152}


def test_triggers():
    rules = [
        {"earn": {"fixed": 1}},
        {"earn": {"fixed": 2}, "trigger": "visit"},
        {"earn": {"fixed": 3}, "trigger": "event:review", "when": {"fact": "event.stars", "ge": 4}},
    ]
    review = {"kind": "event", "event_type": "review"}
    of = facts(
        R152, {"kind": "visit"}, review | {"event.stars": "5"}, review | {"event.stars": "3"},
        {"kind": "event", "event_type": "other", "event.stars": "5"}, {"kind": "return", "lines": [(0, 1, 1200)]},
    )  # fmt: skip
    assert given(rulebook(*rules), of) == {(1, "r1"): 1, (2, "r2"): 2, (3, "r3"): 3}


def test_a_visit_can_be_doubled():
    rules = [{"earn": {"fixed": 5}, "trigger": "visit", "phase": "base"}, {"earn": {"multiply": 2}, "trigger": "visit"}]
    assert given(rulebook(*rules), facts({"kind": "visit"})) == {(1, "r1"): 5, (1, "r2"): 5}


def test_large_numbers_stay_exact():
    rule = {"earn": {"per_amount": {"points": "999999.999999", "every": "0.000001"}}}
    of = facts({"lines": [(0, 1, 10**5)]})
    assert one(rule, of) == 999_999_999_999 * 10**3
    with pytest.raises(InvalidFacts):
        score(rulebook(rule), facts({"lines": [(0, 1, 10**12)]}))
    with pytest.raises(InvalidFacts):
        score(rulebook(per_euro(1)), facts({"lines": [(0, 1, 10**12 + 1)]}))


def test_facts_that_are_missing_are_named():
    book = rulebook(per_euro(1, when={"fact": "member.tier", "eq": "gold"}))
    with pytest.raises(InvalidFacts, match=r"member\.tier"):
        score(book, facts(R152))
    of = facts(R152, R152)
    twice = Facts(of.activities.with_columns(activity_id=pl.lit(1)), of.lines.head(3), of.products, of.stores)
    with pytest.raises(InvalidFacts, match="twice"):
        score(rulebook(per_euro(1)), twice)
    with pytest.raises(InvalidFacts, match="lines of activities"):
        score(rulebook(per_euro(1)), Facts(of.activities.head(1), of.lines, of.products, of.stores))


def test_nothing_gives_nothing():
    of = facts(R152)
    empty = Facts(of.activities.clear(), of.lines.clear(), of.products, of.stores)
    assert score(rulebook(per_euro(1)), empty).awards.is_empty()
    assert score(rulebook(), of).awards.schema == score(rulebook(per_euro(1)), of).awards.schema


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"fact": "store.code", "eq": "s1"}, False),
        ({"not": {"fact": "store.code", "eq": "s1"}}, True),
        ({"fact": "store.code", "is_set": True}, False),
        ({"fact": "store.code", "is_set": False}, True),
        ({"fact": "receipt.tender", "ne": "cash"}, False),
        ({"fact": "line.tag", "ne": "red"}, True),
        ({"fact": "line.net", "lt": "12.005"}, True),
        ({"fact": "line.net", "ge": "11.995"}, True),
        ({"fact": "line.net", "le": "11.995"}, False),
        ({"fact": "line.net", "gt": "12.005"}, False),
        ({"fact": "line.net", "gt": "11.995"}, True),
        ({"fact": "line.net", "between": ["11.995", "12.005"]}, True),
        ({"fact": "line.net", "in": ["12.005", 13]}, False),
        ({"fact": "line.colour", "eq": "red"}, True),
        ({"fact": "line.colour", "ne": "green"}, True),
        ({"fact": "line.size", "eq": 5}, True),
        ({"fact": "line.size", "eq": "5.00"}, True),
        ({"fact": "line.size", "ge": Decimal("5.5")}, False),
        ({"fact": "line.unheard", "is_set": False}, True),
        ({"fact": "calendar.date", "between": ["2026-01-10", date(2026, 1, 10)]}, True),
        ({"fact": "calendar.hour", "between": [13, 14]}, True),
        ({"fact": "calendar.weekday", "in": ["sat"]}, True),
        ({"fact": "line.category", "starts_with": "Kitchen/"}, True),
        ({"fact": "line.category", "starts_with": "kitchen"}, False),
        ({"lines": {"sum": "net", "where": {"fact": "line.tag", "eq": "red"}, "lt": "12.01"}}, True),
        ({"lines": {"count": "units", "between": [1, 2]}}, True),
        ({"lines": {"every": True, "where": {"fact": "line.brand", "is_set": False}}}, True),
    ],
)
def test_conditions(when, holds):
    product = {"sku": "1", "tags": ["red", "blue"], "category": "Kitchen/Electric", "attr.size": "5.0"}
    line = {"product": 0, "net": 1200, "line.colour": "red"}
    of = facts({"lines": [line], "store": None, "tenders": None}, products=[product])
    assert total(rulebook({"earn": {"fixed": 1}, "when": when}), of) == holds


def test_what_the_line_says_comes_before_what_its_product_says():
    products = [{"sku": "1", "tags": [], "attr.colour": "red"}]
    lines = [{"product": 0, "net": 100, "line.colour": "blue"}, {"product": 0, "net": 200, "line.colour": None}]
    of = facts({"lines": lines}, products=products)
    assert one(per_euro(1, when={"fact": "line.colour", "eq": "red"}), of) == 2
    assert one(per_euro(1, when={"fact": "line.colour", "eq": "blue"}), of) == 1


@pytest.mark.parametrize(
    ("at", "applies"),
    [
        ((2026, 1, 9, 21, 59), False),
        ((2026, 1, 9, 22, 0), True),
        ((2026, 1, 10, 1, 59, 59), True),
        ((2026, 1, 10, 2, 0), False),
        ((2026, 1, 10, 22, 0), False),
        ((2026, 1, 16, 23, 0), False),
    ],
)
def test_hours_run_past_midnight_and_days_include_the_last(at, applies):
    hours = {"days": ["fri"], "from": "22:00", "to": "02:00"}
    book = rulebook({"earn": {"fixed": 1}, "valid": {"from": "2026-01-02", "until": "2026-01-15", "weekly": [hours]}})
    assert total(book, facts(R152 | {"local_at": datetime(*at, tzinfo=UTC).replace(tzinfo=None)})) == applies


def test_scoring_leaves_the_facts_as_they_were():
    of = facts(R152, R152)
    before = (of.activities.clone(), of.lines.clone(), of.products.clone(), of.stores.clone())
    score(rulebook(per_euro(4, limits=[{"max": 5}]), {"earn": {"multiply": 3}, "when": SKU_123}), of)
    for old, new in zip(before, (of.activities, of.lines, of.products, of.stores), strict=True):
        assert isinstance(new, pl.DataFrame)
        assert old.equals(new)
