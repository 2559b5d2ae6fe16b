"""Two versions of a rulebook compared in words."""

import pytest

from rules_engine.core import differences
from tests.rules_engine.core.receipts import per_euro, rulebook

GARDEN = {"fact": "line.category", "starts_with": "Jardin"}


def said(old, new, language="en"):
    return [text.replace("\u00a0", " ") for text in differences.between(old, new, language)]


def test_nothing_differs():
    assert said(rulebook(per_euro(1)), rulebook(per_euro(1))) == []


@pytest.mark.parametrize(
    ("old", "new", "english", "french"),
    [
        (
            per_euro(1), per_euro(2),
            "Rule “r1”, what it gives: “1 point per euro” becomes “2 points per euro”.",
            "Règle « r1 », ce qu’elle donne : « 1 point par euro » devient « 2 points par euro ».",
        ),
        (
            per_euro(1), per_euro(1, when={"any": [GARDEN, {"fact": "member.tier", "eq": "gold"}]}, scope="receipt")
            | {"scope": "line"},
            "Rule “r1”, condition: “none” becomes “on Jardin or for Gold members”.",
            "Règle « r1 », condition : « aucun » devient « sur Jardin ou pour les membres Gold ».",
        ),
        (
            per_euro(1), per_euro(1, limits=[{"max": 300, "per": "month"}]),
            "Rule “r1”, limits: “none” becomes “At most 300 points a month”.",
            "Règle « r1 », plafonds : « aucun » devient « 300 points au plus par mois ».",
        ),
        (
            per_euro(1, valid={"from": "2026-01-01"}), per_euro(1, valid={"from": "2026-01-01", "until": "2026-03-31"}),
            "Rule “r1”, days and hours: “From 1 January 2026” becomes “From 1 January 2026 to 31 March 2026”.",
            ("Règle « r1 », jours et heures : « À partir du 1er janvier 2026 » devient "
            "« Du 1er janvier 2026 au 31 mars 2026 »."),
        ),
        (
            per_euro(1, when={"fact": "line.category", "eq": "A/B"}),
            per_euro(1, when={"fact": "line.category", "eq": "C/B"}),
            ("Rule “r1”, condition: “{'eq': 'A/B', 'fact': 'line.category'}” becomes "
            "“{'eq': 'C/B', 'fact': 'line.category'}”."),
            ("Règle « r1 », condition : « {'eq': 'A/B', 'fact': 'line.category'} » devient "
            "« {'eq': 'C/B', 'fact': 'line.category'} »."),
        ),
    ],
)  # fmt: skip
def test_a_changed_rule(old, new, english, french):
    old, new = rulebook(old | {"scope": "line"}), rulebook(new | {"scope": "line"})
    assert said(old, new) == [english]
    assert said(old, new, "fr") == [french]


def test_rules_that_come_go_and_change_places():
    one, two, three = per_euro(1, code="a"), per_euro(2, code="b"), per_euro(3, code="c", stop=True)
    assert said(rulebook(one), rulebook(one, three)) == ["New rule “c”: 3 points per euro. Then nothing after it."]
    assert said(rulebook(one, two), rulebook(one)) == ["Rule “b” is gone. It said: 2 points per euro."]
    assert said(rulebook(one, two), rulebook(two, one)) == ["The rules are in another order: b, a."]


def test_settings_and_currencies():
    old = rulebook(per_euro(1))
    new = rulebook(
        per_euro(1), settings={"basis": "gross", "multipliers": "sum"}, week_start="sun",
        currencies=[{"code": "points", "rounding": "up"}, {"code": "status", "kind": "status"}],
    )  # fmt: skip
    assert said(old, new) == [
        "Amount that earns: “net” becomes “gross”.",
        "Several multipliers on one line: “best” becomes “sum”.",
        "First day of the week: “Monday” becomes “Sunday”.",
        "Currency “points”, rounding: “down” becomes “up”.",
        "New currency “status”.",
    ]
    assert said(new, old)[-1] == "Currency “status” is gone."
