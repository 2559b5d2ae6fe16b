"""The worked examples: one receipt of 152.00, and what public suites of other systems expect of it."""

from datetime import date

import pytest

from tests.rules_engine.core.receipts import R152, facts, given, per_euro, rulebook, total

RED = {"fact": "line.tag", "eq": "red"}
BLUE = {"fact": "line.tag", "eq": "blue"}
DELIVERY = {"fact": "line.tag", "eq": "delivery"}
SKU_123 = {"fact": "line.sku", "eq": "123"}
SKU_000 = {"fact": "line.sku", "eq": "000"}


def multiply(factor, when, **others):
    return {"earn": {"multiply": factor}, "when": when, **others}


@pytest.mark.parametrize(
    ("name", "rules", "expected"),
    [
        ("S1 four per euro", [per_euro(4)], 608),
        ("S2 without sku 000", [per_euro(4, when={"not": SKU_000})], 208),
        ("S2 excluded", [per_euro(4), {"earn": {"exclude": True}, "when": SKU_000}], 208),
        ("S3 without red", [per_euro(4, when={"not": RED})], 560),
        ("S4 only red", [per_euro(4, when=RED)], 48),
        ("S5 without red and delivery", [per_euro(4, when={"not": {"any": [RED, DELIVERY]}})], 400),
        ("S6 a product gives a fixed number", [{"earn": {"fixed": 200}, "when": SKU_000}], 200),
        ("S7 two base rules add up", [per_euro(10), per_euro(4)], 2128),
        ("S8 plus fixed 100", [per_euro(4), {"earn": {"fixed": 100}, "when": SKU_123}], 708),
        ("S9 plus x3 on a sku", [per_euro(4), multiply(3, SKU_123)], 704),
        ("S9 plus x3 on a label", [per_euro(4), multiply(3, RED)], 704),
        ("S10 red 3, blue 6", [per_euro(4), multiply(3, RED), multiply(6, BLUE)], 2704),
        (
            "S10 red 0, blue 2, xxl 2",
            [per_euro(4), multiply(0, RED), multiply(2, BLUE), multiply(2, {"fact": "line.tag", "eq": "xxl"})],
            960,
        ),
        ("S10 red 0, blue 0", [per_euro(4), multiply(0, RED), multiply(0, BLUE)], 160),
        (
            "S10 an unknown label",
            [per_euro(4), multiply(2, BLUE), multiply(3, {"fact": "line.tag", "eq": "orange"})],
            1008,
        ),
        ("S11 minimum 100", [per_euro(4, when={"fact": "receipt.gross", "ge": 100})], 608),
        ("S11 minimum 300", [per_euro(4, when={"fact": "receipt.gross", "ge": 300})], 0),
        ("S12 stop", [per_euro(1), per_euro(1, combine={"stop": True}), per_euro(10)], 304),
        ("S12 stop beside the rule", [per_euro(1), per_euro(1, stop=True), per_euro(10)], 304),
        (
            "S12 a stop that does not apply stops nothing",
            [per_euro(1), per_euro(1, stop=True, when={"fact": "receipt.gross", "ge": 1_000_000}), per_euro(2)],
            456,
        ),
        (
            "S14 x2 on all three",
            [per_euro(4), multiply(2, {"fact": "line.sku", "in": ["123", "000", "0001"]})],
            1216,
        ),
    ],
)
def test_r152(name, rules, expected):
    assert total(rulebook(*rules), facts(R152)) == expected, name


def test_a_limit_that_rejects_looks_at_the_rounded_number():
    limited = rulebook(per_euro("0.660526", limits=[{"max": 100, "overflow": "reject"}]))
    assert given(limited, facts(R152), "wanted") == {(1, "r1"): 100}  # 100.4 before rounding
    assert given(limited, facts(R152)) == {(1, "r1"): 100}


def test_rounding_is_once_per_rule():
    book = rulebook(per_euro(1), multiply(3, {"fact": "line.sku", "eq": "123"}))
    assert given(book, facts({"lines": [(0, 1, 90)]})) == {(1, "r2"): 1}


def test_s43_a_cap_per_week_gives_what_is_left():
    book = rulebook({"earn": {"fixed": 50}, "limits": [{"max": 100, "per": "week"}]})
    used = {
        "whose": "member",
        "key": "1",
        "rule": "r1",
        "period_kind": "week",
        "period_start": date(2026, 1, 5),
        "points": 80,
        "times": 2,
    }
    assert given(book, facts(R152, usage=[used])) == {(1, "r1"): 20}
    assert given(book, facts(R152, usage=[used]), "wanted") == {(1, "r1"): 50}


def test_s43_a_maximum_per_activity_can_reject_the_whole():
    book = rulebook({"earn": {"fixed": 120}, "limits": [{"max": 100, "overflow": "reject"}]})
    assert given(book, facts(R152)) == {}
    assert given(book, facts(R152), "wanted") == {(1, "r1"): 120}
