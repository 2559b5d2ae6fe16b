"""Documents made to hurt: each is refused by name, or read and evaluated, within seconds."""

import time

import pytest

from rules_engine.core import InvalidRulebook, Rulebook, score
from rules_engine.core.linting import lint
from tests.rules_engine.core.receipts import R152, facts, per_euro, rulebook

SECONDS = 20  # generous: a slow machine with other work; what hangs takes hours


def nested(levels):
    condition = {"fact": "receipt.net", "ge": 1}
    for _ in range(levels):
        condition = {"not": condition}
    return condition


def itself():
    loop = {"all": []}
    loop["all"].append(loop)
    return loop


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (per_euro(1, when=nested(3000)), "nested deeper"),
        (per_euro(1, when=itself()), "nested deeper"),
        (per_euro(1, when={"any": [{"fact": "line.sku", "eq": "a"}] * 250_000}), "parts"),
        (per_euro(1, when={"fact": "line.sku", "in": [str(one) for one in range(20_000)]}), "10000 values"),
        (per_euro(1, when={"fact": "line.sku", "eq": "x" * 10_000_000}), "200 characters"),
        (per_euro("9" * 5_000_000), "plain number"),
        (per_euro(1, when={"fact": "x" * 1_000_000, "eq": 1}), "no fact is called"),
        (per_euro(1, code="x" * 1_000_000), "String should match"),
        (per_euro(1, limits=[{"max": 5}] * 5000), "at most 10"),
    ],
)
def test_too_much_is_refused_by_name(rule, named):
    begun = time.monotonic()
    with pytest.raises(InvalidRulebook, match=named) as refused:
        rulebook(rule)
    assert time.monotonic() - begun < SECONDS
    assert len(str(refused.value)) < 5_000


def test_too_many_rules_are_refused():
    with pytest.raises(InvalidRulebook, match="at most 1000"):
        rulebook(*[per_euro(1)] * 1001)


@pytest.mark.parametrize(
    "when",
    [
        {"any": [{"all": [{"fact": "line.net", "ge": n}, {"fact": "line.sku", "ne": str(n)}]} for n in range(3000)]},
        {"all": [{"any": [{"fact": "line.net", "ge": n}, {"fact": "line.gross", "lt": -n}]} for n in range(3000)]},
        {"fact": "line.sku", "in": [str(one) for one in range(10_000)]},
        {"all": [{"fact": "line.sku", "not_in": [str(n) for n in range(place, 2000 + place)]} for place in range(40)]},
        {"all": [{"fact": "line.category", "contains": "a" * size} for size in range(1, 200)]},
        nested(30),
    ],
)  # fmt: skip
def test_much_is_read_linted_and_evaluated_in_time(when):
    begun = time.monotonic()
    book = rulebook(per_euro(1), per_euro(2, when=when, scope="line"))
    lint(book)
    score(book, facts(R152))
    assert Rulebook.from_document(book.to_document()) == book
    assert time.monotonic() - begun < SECONDS


def test_a_thousand_rules_are_linted_in_time():
    wide = {"any": [{"all": [{"fact": "line.net", "ge": one}, {"fact": "line.brand", "ne": "x"}]} for one in range(15)]}
    begun = time.monotonic()
    lint(rulebook(*[per_euro(1, when=wide, scope="line") for _ in range(500)]))
    assert time.monotonic() - begun < SECONDS
