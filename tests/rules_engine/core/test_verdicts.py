"""Why a rule gave what it gave, and what was missing, in values and in words."""

from datetime import date
from decimal import Decimal

import pytest

from rules_engine.core import InvalidFacts, catalogue, explain, sentences
from tests.rules_engine.core.receipts import facts, per_euro, rulebook

PRODUCTS = [
    {"sku": "t", "category": "Jardin/Terre", "tags": []},
    {"sku": "l", "category": "Maison/Lampes", "tags": []},
    {"sku": "g", "category": "Cartes", "tags": ["gift"]},
]
GARDEN = {"fact": "line.category", "starts_with": "Jardin"}
FAR = {"fact": "receipt.net", "ge": 500}
ABROAD = {"fact": "market", "eq": "US"}
RECEIPT = {"lines": [(0, 2, 5020), (1, 3, 4960), (2, 1, 2000)], "member.tier": "silver"}


def verdict(rule, *, of=RECEIPT, before=(), **others):
    """The verdict on the last rule, with the book it was written in."""
    book = rulebook(*before, rule, **others)
    found = explain(book, facts(of, {"kind": "visit", "member.tier": None}, products=PRODUCTS), 1)
    return book, next(one for one in found if one.rule == f"r{len(before) + 1}")


def words(rule, language="en", **others):
    book, found = verdict(rule, **others)
    said = sentences.of_verdict(book, found, language)
    return said.text, said.detail, said.short


EXCLUDED = {"earn": {"exclude": True}, "when": {"fact": "line.tag", "eq": "gift"}}


def test_an_applied_rule_says_what_it_counted():
    _, found = verdict(per_euro(1), before=[EXCLUDED])
    assert (found.outcome, found.wanted, found.granted) == ("applied", 99, 99)
    assert (found.counted, found.money, found.lines) == (Decimal("99.8"), "EUR", (1, 2))


def test_an_exclusion_says_which_lines_it_took_out():
    _, found = verdict(EXCLUDED)
    assert (found.outcome, found.lines) == ("applied", (3,))


def test_a_near_miss_says_what_was_asked_and_what_was_found():
    _, found = verdict({"earn": {"fixed": 25}, "when": {"fact": "receipt.net", "ge": 120}})
    (failed,) = found.failed
    assert (found.outcome, failed.required, failed.found, failed.short) == (
        "near", Decimal(120), Decimal("119.8"), Decimal("0.2"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        ({"fact": "receipt.net", "ge": "239.60"}, "near"),  # of 119.80
        ({"fact": "receipt.net", "ge": "239.61"}, "not"),
        ({"lines": {"where": GARDEN, "count": "units", "ge": 4}}, "near"),
        ({"lines": {"where": GARDEN, "count": "units", "ge": 5}}, "not"),
        ({"lines": {"where": {"fact": "line.sku", "eq": "no"}, "count": "lines", "ge": 1}}, "not"),
        ({"lines": {"where": GARDEN, "sum": "net", "gt": 100}}, "near"),
        ({"fact": "history.receipts_month", "ge": 1}, "not"),
        ({"fact": "history.receipts_month", "ge": -1}, "applied"),
        ({"fact": "member.age", "ge": 18}, "near"),  # nobody knows: it may well be so
    ],
)
def test_near_is_at_least_half_of_what_was_asked(when, outcome):
    given_facts = RECEIPT | {"history.receipts_month": 0, "member.age": None}
    assert verdict({"earn": {"fixed": 25}, "when": when}, of=given_facts)[1].outcome == outcome


@pytest.mark.parametrize(
    ("rule", "outcome", "reason"),
    [
        ({"earn": {"fixed": 5}, "when": {"fact": "member.tier", "eq": "gold"}}, "near", "condition"),
        ({"earn": {"fixed": 5}, "when": {"fact": "line.category", "eq": "Peinture"}}, "not", "condition"),
        ({"earn": {"fixed": 5}, "when": {"all": [GARDEN, {"fact": "line.net", "ge": 60}]}}, "near", "condition"),
        ({"earn": {"fixed": 5}, "when": {"not": {"fact": "store.code", "eq": "s1"}}}, "near", "condition"),
        (
            {"earn": {"fixed": 5}, "when": {"any": [FAR, ABROAD]}},
            "near",
            "condition",
        ),
        (
            {"earn": {"fixed": 5}, "when": {"all": [FAR, ABROAD]}},
            "not",
            "condition",
        ),
        ({"earn": {"fixed": 5}, "valid": {"from": "2026-01-23"}}, "near", "days"),
        ({"earn": {"fixed": 5}, "valid": {"weekly": [{"days": ["mon"]}]}}, "near", "hours"),
        ({"earn": {"fixed": 5}, "limits": [{"max": 2}]}, "applied", "limit"),
        (per_euro("0.001"), "not", "too_small"),
        ({"earn": {"multiply": 2}}, "not", "too_small"),
    ],
)  # fmt: skip
def test_outcomes(rule, outcome, reason):
    _, found = verdict(rule)
    assert (found.outcome, found.reason) == (outcome, reason)


def test_what_another_rule_took_the_place_of():
    stop = {"earn": {"fixed": 5}, "stop": True}
    assert verdict({"earn": {"fixed": 1}}, before=[stop])[1].reason == "stopped"
    best = {"earn": {"fixed": 5}, "combine": {"group": "g"}}
    assert verdict({"earn": {"fixed": 1}, "combine": {"group": "g"}}, before=[best])[1].reason == "best_of_group"


def test_money_of_another_country_is_said():
    currencies = [{"code": "points"}, {"code": "pot", "kind": "cash", "money": "USD"}]
    rule = {"earn": {"percent": 1, "currency": "pot"}}
    assert verdict(rule, currencies=currencies)[1].reason == "other_money"


def test_only_rules_of_its_trigger_are_explained():
    book = rulebook(per_euro(1), {"earn": {"fixed": 5}, "trigger": "visit"})
    of = facts(RECEIPT, {"kind": "visit"}, products=PRODUCTS)
    assert [one.rule for one in explain(book, of, 2)] == ["r2"]
    with pytest.raises(InvalidFacts):
        explain(book, of, 3)


@pytest.mark.parametrize(
    ("rule", "english", "french"),
    [
        (per_euro(1), ("1 point per euro, on €119.80.", "", ""), ("1 point par euro, sur 119,80 €.", "", "")),
        (
            {"earn": {"fixed": 25}, "when": {"fact": "receipt.net", "ge": 120}},
            ("25 points from €120 of purchases.", "Your receipt counts €119.80.", "€0.20 short"),
            ("25 points dès 120 € d’achats.", "Votre ticket compte 119,80 €.", "à 0,20 €"),
        ),
        (
            {"earn": {"fixed": 15}, "when": {"fact": "member.tier", "eq": "gold"}},
            ("15 points for Gold members.", "Only for Gold members.", ""),
            ("15 points pour les membres Gold.", "Seulement pour les membres Gold.", ""),
        ),
        (
            {"earn": {"fixed": 5}, "valid": {"from": "2026-01-23"}},
            ("5 points.", "It begins on 23 January.", ""),
            ("5 points.", "À partir du 23 janvier.", ""),
        ),
        (
            {"earn": {"fixed": 5}, "valid": {"weekly": [{"days": ["sun", "mon"], "from": "09:00", "to": "12:30"}]}},
            ("5 points on Monday and Sunday from 9:00 to 12:30.", "Only on Monday and Sunday from 9:00 to 12:30.", ""),
            (
                "5 points le lundi et le dimanche de 9 h à 12 h 30.",
                "Seulement le lundi et le dimanche de 9 h à 12 h 30.",
                "",
            ),
        ),
        (
            {"earn": {"fixed": 50}, "limits": [{"max": 20, "per": "month"}]},
            ("50 points.", "At most 20 points a month.", ""),
            ("50 points.", "20 points au plus par mois.", ""),
        ),
        (
            {"earn": {"per_unit": 2}, "when": GARDEN},
            ("2 points per item on Jardin, on 2 items.", "", ""),
            ("2 points par article sur Jardin, sur 2 articles.", "", ""),
        ),
        (
            {"earn": {"per_amount": {"points": "1.5", "every": 4}}},
            ("1.5 points for every €4, on €119.80.", "", ""),
            ("1,5 point tous les 4 €, sur 119,80 €.", "", ""),
        ),
        (EXCLUDED, ("No points on gift.", "", ""), ("Sans points sur gift.", "", "")),
    ],
)
def test_sentences(rule, english, french):
    for language, expected in (("en", english), ("fr", french)):
        said = tuple(part.replace("\u00a0", " ").replace("\u202f", " ") for part in words(rule, language))
        assert said == expected


def test_a_multiplier_says_on_what():
    rule = {"earn": {"multiply": 2}, "when": {"all": [GARDEN, {"fact": "calendar.weekday", "in": ["sun", "sat"]}]}}
    text, detail, _ = words(rule, "fr", before=[per_euro(1)])
    assert text == "Points doublés sur Jardin, le samedi et le dimanche."
    assert detail.replace("\u00a0", " ") == "Sur 50,20 €."


def test_marketing_has_the_word():
    named = {"earn": {"fixed": 5}, "name": {"en": "Welcome back", "fr": "Content de vous revoir"}}
    assert words(named, "fr")[0] == "Content de vous revoir."
    assert words(named | {"name": {"en": "Welcome back"}}, "fr")[0] == "Welcome back."


def test_every_fact_has_a_label_in_both_languages_and_can_be_said():
    for fact in catalogue.FACTS.values():
        assert fact.label("en")
        assert fact.label("fr")
        value = {"boolean": True, "date": date(2026, 1, 1)}.get(fact.type, fact.choices[0] if fact.choices else "5")
        book = rulebook({"earn": {"fixed": 5}, "when": {"fact": fact.name, "eq": value}})
        for language in ("en", "fr"):
            assert len(sentences.of_rule(book, book.rules[0], language)) > len("5 points")
