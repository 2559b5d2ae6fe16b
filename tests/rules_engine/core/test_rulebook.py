"""A document is a rulebook, or is refused with the field that is wrong."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.core import InvalidRulebook, Rulebook
from tests.rules_engine.core.receipts import per_euro, rulebook
from tests.rules_engine.core.worlds import documents

BASE = {"code": "a", "trigger": "purchase", "earn": {"fixed": 5}}


def paths(rule=None, **others):
    document = {"currencies": [{"code": "points"}], "rules": [BASE if rule is None else rule]} | others
    with pytest.raises(InvalidRulebook) as refused:
        Rulebook.from_document(document)
    assert all(problem.message for problem in refused.value.problems)
    return [problem.path for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"earn": {}}, "rules[0].earn"),
        ({"earn": {"fixed": 1, "per_unit": 1}}, "rules[0].earn"),
        ({"earn": {"fixed": 1.5}}, "rules[0].earn.fixed"),
        ({"earn": {"fixed": "12abc"}}, "rules[0].earn.fixed"),
        ({"earn": {"fixed": Decimal("NaN")}}, "rules[0].earn.fixed"),
        ({"earn": {"fixed": True}}, "rules[0].earn.fixed"),
        ({"earn": {"fixed": -1}}, "rules[0].earn.fixed"),
        ({"earn": {"fixed": 10**15}}, "rules[0].earn.fixed"),
        ({"earn": {"fixed": "0.0000001"}}, "rules[0].earn.fixed"),
        ({"earn": {"multiply": 1001}}, "rules[0].earn.multiply"),
        ({"earn": {"fixed": 1, "currency": "stars"}}, "rules[0].earn.currency"),
        ({"earn": {"percent": 5}}, "rules[0].earn.percent"),
        ({"earn": {"per_amount": {"points": 1, "every": 0}}}, "rules[0].earn.per_amount.every"),
        ({"earn": {"per_amount": {"points": 1, "each": 2}}}, "rules[0].earn.per_amount.each"),
        ({"earn": {"exclude": True}, "phase": "bonus"}, "rules[0].phase"),
        ({"earn": {"multiply": 2}, "phase": "base"}, "rules[0].phase"),
        ({"phase": "exclusion"}, "rules[0].phase"),
        ({"trigger": "sale"}, "rules[0].trigger"),
        ({"code": "no spaces"}, "rules[0].code"),
        ({"colour": "red"}, "rules[0].colour"),
        ({"budget": {}}, "rules[0].budget"),
        ({"budget": {"points": 0}}, "rules[0].budget.points"),
        ({"budget": {"money": 5}}, "rules[0].budget.money"),
        ({"earn": {"exclude": True}, "budget": {"points": 5}}, "rules[0]"),
        ({"limits": [{"max": 5, "for": "friend"}]}, "rules[0].limits[0].for"),
        ({"limits": [{"max": 0}]}, "rules[0].limits[0].max"),
        ({"limits": [{"max": 5, "per": "hour"}]}, "rules[0].limits[0].per"),
        ({"valid": {"from": "2026-02-30"}}, "rules[0].valid.from"),
        ({"valid": {"from": "2026-02-02", "until": "2026-02-01"}}, "rules[0].valid.until"),
        ({"valid": {"weekly": [{"from": "9:00"}]}}, "rules[0].valid.weekly[0].from"),
        ({"valid": {"weekly": [{"days": ["sunday"]}]}}, "rules[0].valid.weekly[0].days[0]"),
        ({"when": {"fact": "line.net", "ge": 5}, "scope": "receipt"}, "rules[0].when"),
        ({"when": {"fact": "receipt.colour", "eq": 5}}, "rules[0].when.fact"),
        ({"when": {"fact": "history.anything", "eq": 5}}, "rules[0].when.fact"),
        ({"when": {"all": []}}, "rules[0].when.all"),
        ({"when": {"all": [{"fact": "receipt.net", "ge": 1.5}]}}, "rules[0].when.all[0].ge"),
        ({"when": {"not": {"fact": "receipt.channel", "lt": "b"}}}, "rules[0].when.not.lt"),
        ({"when": {"fact": "receipt.net", "between": [1]}}, "rules[0].when.between"),
        ({"when": {"fact": "receipt.net", "in": []}}, "rules[0].when.in"),
        ({"when": {"fact": "receipt.net", "contains": "5"}}, "rules[0].when.contains"),
        ({"when": {"fact": "receipt.net"}}, "rules[0].when"),
        ({"when": {"fact": "receipt.net", "ge": 1, "le": 2}}, "rules[0].when"),
        ({"when": {"fact": "receipt.net", "above": 1}}, "rules[0].when.above"),
        ({"when": {"fact": "receipt.first_of_day", "eq": "yes"}}, "rules[0].when.eq"),
        ({"when": {"fact": "calendar.weekday", "eq": "lundi"}}, "rules[0].when.eq"),
        ({"when": {"lines": {"count": "lines"}}}, "rules[0].when.lines"),
        ({"when": {"lines": {"any": True, "ge": 2}}}, "rules[0].when.lines"),
        ({"when": {"lines": {"where": {"lines": {"any": True}}, "any": True}}}, "rules[0].when.lines"),
        ({"trigger": "visit", "earn": {"per_unit": 2}}, "rules[0]"),
        ({"trigger": "visit", "when": {"lines": {"any": True}}}, "rules[0].when"),
        ({"combine": {"group": "g", "how": "worst"}}, "rules[0].combine.how"),
    ],
)
def test_the_field_that_is_wrong_is_named(change, path):
    assert path in paths(BASE | change)


def test_every_problem_is_named_at_once():
    found = paths({"code": "a", "trigger": "purchase", "earn": {"fixed": 0}, "colour": "red", "rounding": "off"})
    assert set(found) == {"rules[0].earn.fixed", "rules[0].colour", "rules[0].rounding"}


def test_codes_are_unique_and_currencies_are_needed():
    assert paths(rules=[BASE, BASE]) == ["rules[1].code"]
    assert paths(currencies=[]) == ["currencies"]
    assert paths(currencies=[{"code": "pot", "kind": "cash"}]) == ["currencies[0].money"]


def test_what_contains_itself_or_is_too_deep_is_refused():
    endless = {}
    endless["not"] = endless
    deep = {"fact": "receipt.net", "ge": 1}
    for _ in range(5000):
        deep = {"not": deep}
    for when in (endless, deep):
        assert paths(BASE | {"when": when})[0].startswith("rules[0].when")
    wide = {"any": [{"fact": "receipt.net", "ge": 1}] * 100_000}
    assert paths(BASE | {"when": wide}) == [""]


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.decimals(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["all", "any", "not", "fact", "lines", "where", "ge", "in", "earn", "fixed", "code", "max"])
        | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=80)
@given(documents(), st.data())
def test_damage_anywhere_is_refused_or_read_but_never_breaks(document, data):
    rule = data.draw(st.sampled_from(document["rules"]))
    key = data.draw(st.sampled_from([*rule, "limits", "valid", "when", "unknown"]))
    rule[key] = data.draw(_JUNK)
    try:
        book = Rulebook.from_document(document)
    except InvalidRulebook as refused:
        assert refused.problems
        assert all(problem.message for problem in refused.problems)
    else:
        assert Rulebook.from_document(book.to_document()) == book


@given(_JUNK)
def test_junk_is_refused(document):
    with pytest.raises(InvalidRulebook):
        Rulebook.from_document(document)


def test_what_is_left_out_follows_from_the_rest():
    book = rulebook(
        per_euro(1),
        {"earn": {"multiply": 2}, "when": {"fact": "line.sku", "eq": 123}},
        {"earn": {"fixed": 5}, "trigger": "visit"},
        {"earn": {"exclude": True}, "when": {"not": {"fact": "line.colour", "eq": "red"}}},
    )
    assert [rule.phase for rule in book.rules] == ["base", "multiplier", "bonus", "exclusion"]
    assert [rule.scope for rule in book.rules] == ["receipt", "line", "receipt", "line"]
    assert book.rules[1].when.eq == "123"  # where text is wanted a number is taken as written
    assert [rule.code for rule in book.in_order] == ["r4", "r1", "r2", "r3"]


def test_currency_and_stop_may_stand_beside_the_effect():
    currencies = [{"code": "points"}, {"code": "status", "kind": "status"}]
    book = rulebook(per_euro(1, currency="status", stop=True), currencies=currencies)
    assert book.rules[0].earn.currency == "status"
    assert book.rules[0].combine.stop


def test_it_says_what_the_caller_must_bring():
    book = rulebook(
        per_euro(1, when={"all": [{"fact": "member.tier", "eq": "gold"}, {"fact": "line.colour", "eq": "red"}]}),
        {"earn": {"fixed": 5}, "when": {"fact": "receipt.first_of_day", "eq": True}},
        {"earn": {"fixed": 5}, "when": {"lines": {"where": {"fact": "line.size", "ge": 5}, "any": True}}},
        {"earn": {"fixed": 5}, "trigger": "event:review", "when": {"fact": "event.stars", "ge": 4}},
        {"earn": {"fixed": 5}, "when": {"fact": "receipt.tender", "eq": "card"},
         "limits": [{"max": 5}, {"max": 5, "per": "day"}, {"max": 9, "of": "times", "per": "month"}]},
    )  # fmt: skip
    assert book.volatile_facts() == {"member.tier", "receipt.first_of_day"}
    assert book.attributes() == {"line.colour", "line.size", "event.stars", "receipt.tender"}
    assert [(rule.code, rule.shares) for rule in book.limited_rules()] == [
        ("r5", (("member", "day"), ("member", "month")))
    ]


def test_numbers_stay_exact_through_json():
    book = rulebook(per_euro("0.1", when={"fact": "receipt.net", "ge": Decimal("9.90")}))
    written = json.dumps(book.to_document())
    assert '"ge": "9.9"' in written
    assert Rulebook.from_document(json.loads(written, parse_float=Decimal)) == book
