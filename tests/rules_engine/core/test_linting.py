"""What is odd about a rulebook is said before it is published, beside the field."""

import pytest

from rules_engine.core.linting import Vocabulary, lint
from tests.rules_engine.core.receipts import per_euro, rulebook

BASE = per_euro(1)
GARDEN = {"fact": "line.category", "starts_with": "Jardin"}


def kinds(*rules, known=None, **others):
    return [(finding.kind, finding.path) for finding in lint(rulebook(*rules, **others), known)]


def fixed(when, **others):
    return {"earn": {"fixed": 5}, "when": when, "limits": [{"max": 5}]} | others


@pytest.mark.parametrize(
    "when",
    [
        {"fact": "calendar.hour", "gt": 23},
        {"fact": "calendar.month", "eq": 13},
        {"fact": "history.receipts_month", "lt": 0},
        {"not": {"any": [GARDEN, {"not": GARDEN}]}},
        {"all": [{"fact": "line.net", "between": [10, 5]}]},
        {"lines": {"where": {"fact": "line.net", "between": [10, 5]}, "count": "lines", "ge": 1}},
        {"lines": {"count": "lines", "lt": 0}},
        {"fact": "event.stars", "ge": 4},
    ],
)
def test_what_can_never_be_true(when):
    ((kind, path),) = [one for one in kinds(fixed(when)) if one[0] != "never_known"]
    assert (kind, path.startswith("rules[0].when")) == ("never", True)


@pytest.mark.parametrize(
    "parts",
    [
        [{"fact": "member.tier", "eq": "gold"}, {"fact": "member.tier", "ne": "gold"}],
        [{"fact": "member.tier", "in": ["gold", "silver"]}, {"fact": "member.tier", "eq": "basic"}],
        [{"fact": "receipt.net", "ge": 100}, {"fact": "receipt.net", "lt": 100}],
        [{"fact": "receipt.net", "gt": "99.99"}, {"fact": "receipt.net", "le": "99.99"}],
        [{"fact": "line.category", "starts_with": "Jardin"}, {"fact": "line.category", "starts_with": "Maison"}],
        [{"fact": "line.brand", "is_set": False}, {"fact": "line.brand", "contains": "x"}],
        [{"fact": "line.tag", "eq": "red"}, {"not": {"fact": "line.tag", "eq": "red"}}],
        [{"fact": "calendar.date", "between": ["2026-07-01", "2026-07-31"]}, {"fact": "calendar.month", "eq": 8}],
        [{"fact": "calendar.date", "eq": "2026-11-22"}, {"fact": "calendar.weekday", "eq": "mon"}],
        [{"fact": "member.birthday_month", "eq": True}, {"fact": "member.birthday_month", "eq": False}],
        [{"lines": {"count": "units", "gt": 3}}, {"lines": {"count": "units", "le": 3}}],
        [{"lines": {"where": GARDEN, "any": True}}, {"lines": {"where": GARDEN, "count": "lines", "eq": 0}}],
        [{"lines": {"where": GARDEN, "every": True}}, {"not": {"lines": {"where": GARDEN, "any": True}}}],
    ],
)
def test_what_contradicts_itself(parts):
    harmless = {"fact": "receipt.channel", "eq": "web"}
    assert kinds(fixed({"all": [parts[0], harmless, parts[1]]})) == [("contradicts", "rules[0].when.all[2]")]


@pytest.mark.parametrize(
    "parts",
    [
        [{"fact": "line.tag", "eq": "red"}, {"fact": "line.tag", "eq": "blue"}],
        [{"fact": "line.tag", "eq": "red"}, {"fact": "line.tag", "ne": "red"}],
        [{"fact": "receipt.net", "ge": 100}, {"fact": "receipt.net", "le": 100}],
        [{"fact": "line.category", "starts_with": "Jardin"}, {"fact": "line.category", "contains": "Terre"}],
        [{"fact": "line.category", "starts_with": "Jardin"}, {"fact": "line.category", "ne": "Jardin"}],
        [{"fact": "line.colour", "gt": 4}, {"fact": "line.colour", "lt": 5}],
        [{"fact": "calendar.date", "ge": "2026-07-01"}, {"fact": "calendar.weekday", "eq": "mon"}],
        [{"lines": {"where": GARDEN, "any": True}}, {"not": {"lines": {"where": GARDEN, "every": True}}}],
        [{"lines": {"count": "lines", "gt": 1}}, {"lines": {"count": "lines", "lt": 3}}],
        [{"lines": {"sum": "net", "gt": 1}}, {"lines": {"sum": "net", "lt": "1.01"}}],
        [{"not": {"fact": "member.age", "ge": 18}}, {"not": {"fact": "member.age", "lt": 18}}],
    ],
)
def test_what_may_well_hold_together(parts):
    assert kinds(fixed({"all": parts})) == []


@pytest.mark.parametrize(
    ("valid", "when"),
    [
        ({"weekly": [{"days": ["sat"]}]}, {"fact": "calendar.weekday", "eq": "sun"}),
        ({"weekly": [{"from": "09:00", "to": "12:00"}]}, {"fact": "calendar.hour", "ge": 12}),
        ({"until": "2026-03-31"}, {"fact": "calendar.date", "ge": "2026-04-01"}),
        ({"from": "2026-03-01", "until": "2026-03-31"}, {"fact": "calendar.month", "in": [4, 5]}),
    ],
)
def test_hours_and_conditions_that_never_meet(valid, when):
    assert kinds(fixed(when, valid=valid)) == [("never_valid", "rules[0].valid")]


def test_hours_past_midnight_reach_the_next_day():
    night = {"weekly": [{"days": ["sat"], "from": "22:00", "to": "02:00"}]}
    sunday = {"all": [{"fact": "calendar.weekday", "eq": "sun"}, {"fact": "calendar.hour", "lt": 2}]}
    assert kinds(fixed(sunday, valid=night)) == []
    late = {"all": [{"fact": "calendar.weekday", "eq": "sun"}, {"fact": "calendar.hour", "ge": 2}]}
    assert [kind for kind, _ in kinds(fixed(late, valid=night))] == ["never_valid"]


@pytest.mark.parametrize(
    "when",
    [
        {"any": [GARDEN, {"not": GARDEN}]},
        {"fact": "receipt.net", "ge": 0},
        {"fact": "calendar.weekday", "in": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
        {"lines": {"count": "lines", "ge": 0}},
    ],
)
def test_what_is_always_true(when):
    assert kinds(fixed(when)) == [("always_when", "rules[0].when")]


def test_a_gift_to_everybody_is_pointed_out():
    assert kinds({"earn": {"fixed": 5}}) == [("always_fixed", "rules[0]")]
    assert kinds({"earn": {"fixed": 5}, "limits": [{"max": 5, "per": "year"}]}) == []


def test_a_multiplier_wants_a_base_a_factor_and_a_cap():
    assert kinds({"earn": {"multiply": 2}}) == [("no_base", "rules[0].earn.multiply")]
    assert kinds(BASE, {"earn": {"multiply": 1}}) == [("times_one", "rules[1].earn.multiply")]
    assert kinds(BASE, {"earn": {"multiply": 2}}) == [("no_cap", "rules[1].earn.multiply")]
    assert kinds(BASE, {"earn": {"multiply": 2}, "limits": [{"max": 100, "per": "month"}]}) == []
    assert kinds(BASE, {"earn": {"multiply": 0}}) == []
    by_times = {"earn": {"multiply": 2}, "limits": [{"max": 1, "of": "times"}]}
    assert kinds(BASE, by_times) == [("no_cap", "rules[1].earn.multiply")]


def test_what_an_exclusion_leaves_nothing_of():
    excluded = {"earn": {"exclude": True}, "when": {"fact": "line.category", "starts_with": "Jardin"}}
    terre = {"fact": "line.category", "eq": "Jardin/Terre"}
    assert kinds(excluded, fixed(terre)) == [("excluded", "rules[1].when")]
    assert kinds(excluded, fixed({"fact": "line.category", "contains": "Terre"})) == []


def test_what_a_stop_hides():
    stop = {"earn": {"fixed": 5}, "stop": True, "when": {"fact": "receipt.net", "ge": 50}}
    assert kinds(stop, fixed({"fact": "receipt.net", "ge": 100})) == [("unreachable", "rules[1]")]
    assert kinds(stop, fixed({"fact": "receipt.net", "ge": 20})) == []
    assert kinds(stop, BASE) == []  # base rules come first
    always = {"earn": {"fixed": 5}, "limits": [{"max": 5}], "stop": True}
    assert kinds(always, fixed({"fact": "receipt.net", "ge": 100}))[-1] == ("unreachable", "rules[1]")


def test_rules_that_meet():
    assert kinds(BASE, BASE) == [("adds_up", "rules[1]")]
    other = BASE | {"when": {"fact": "market", "eq": "FR"}}
    assert kinds(BASE | {"when": {"fact": "market", "eq": "PL"}}, other) == []
    capped = {"limits": [{"max": 5}]}
    two = [{"earn": {"multiply": 2}, "when": GARDEN} | capped, {"earn": {"multiply": 3}} | capped]
    assert kinds(BASE, *two) == [("multipliers_best", "rules[2]")]
    assert kinds(BASE, *two, settings={"multipliers": "product"}) == [("multipliers_product", "rules[2]")]
    grouped = [one | {"combine": {"group": "g"}} for one in two]
    assert kinds(BASE, *grouped) == []


KNOWN = Vocabulary(
    categories={"Jardin", "Jardin/Terre"},
    stores={"s1"},
    tiers={"silver", "gold"},
    line_attributes={"colour"},
    events={"review": {"stars": "integer", "long": "boolean"}},
    languages=("fr", "en-GB"),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (fixed({"fact": "member.tier", "in": ["gold", "golf"]}), ("unknown_value", "error", "rules[0].when.in")),
        (fixed({"fact": "store.code", "ne": "s9"}), ("unknown_value", "error", "rules[0].when.ne")),
        (
            fixed({"any": [GARDEN, {"not": {"fact": "line.category", "eq": "Jardn"}}]}),
            ("unknown_value", "warning", "rules[0].when.any[1].not.eq"),
        ),
        (
            fixed({"lines": {"where": {"fact": "line.category", "starts_with": "Gar"}, "any": True}}),
            ("unknown_value", "warning", "rules[0].when.lines.where.starts_with"),
        ),
        (fixed({"fact": "line.category", "contains": "eau"}), ("unknown_part", "warning", "rules[0].when.contains")),
        (
            fixed({"fact": "line.color", "eq": "red"}),
            ("unknown_line_attribute", "warning", "rules[0].when.fact"),
        ),
        (fixed(None, trigger="event:revue"), ("unknown_event", "error", "rules[0].trigger")),
        (
            fixed({"fact": "event.star", "ge": 4}, trigger="event:review"),
            ("unknown_attribute", "error", "rules[0].when.fact"),
        ),
        (
            fixed({"fact": "event.stars", "eq": "five"}, trigger="event:review"),
            ("wrong_type", "error", "rules[0].when.eq"),
        ),
        (
            fixed({"fact": "event.long", "ge": 1}, trigger="event:review"),
            ("wrong_type", "error", "rules[0].when.ge"),
        ),
        (fixed({"not": {"fact": "event.stars", "ge": 4}}), ("never_known", "warning", "rules[0].when.not.fact")),
        (BASE | {"name": {"fr": "Un point"}}, ("language", "warning", "rules[0].name")),
    ],
)
def test_names_that_do_not_exist(rule, expected):
    findings = lint(rulebook(rule), KNOWN)
    assert expected in [(one.kind, one.severity, one.path) for one in findings]


def test_names_that_exist_are_not_mentioned():
    rules = [
        fixed({"fact": "event.stars", "ge": 4}, trigger="event:review"),
        fixed({"fact": "event.long", "eq": "true"}, trigger="event:review"),
        fixed({"all": [GARDEN, {"fact": "member.tier", "eq": "gold"}, {"fact": "line.colour", "eq": "red"}]}),
        BASE | {"name": {"fr": "Un point", "en": "One point"}},
    ]
    assert lint(rulebook(*rules), KNOWN) == []


def test_a_finding_is_said_in_both_languages():
    (finding,) = lint(rulebook(fixed({"fact": "member.tier", "eq": "golf"})), KNOWN)
    assert finding.text("en") == "No status is called “golf”."
    assert finding.text("fr").replace("\u00a0", " ") == "Aucune valeur de « statut » ne s’appelle « golf »."
    assert finding.rule == "r1"


def test_what_is_too_woven_is_left_alone():
    either = [{"any": [{"fact": "line.net", "eq": one}, {"fact": "line.gross", "eq": one}]} for one in range(12)]
    assert kinds(fixed({"all": either})) == []
