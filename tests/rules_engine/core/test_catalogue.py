"""One declaration of facts, and what is made from it."""

from pathlib import Path

import pytest

from rules_engine.core import InvalidRulebook, catalogue, catalogue_page
from rules_engine.core.literals import OPERATORS
from tests.rules_engine.core.receipts import rulebook

VALUES = {
    "text": "x", "number": 3, "money": "9.99", "quantity": 2, "boolean": True, "date": "2026-01-31", "attribute": 5,
}  # fmt: skip
FACTS = [*catalogue.FACTS.values(), catalogue.find("line.colour"), catalogue.find("event.stars")]


def test_the_page_is_made_from_the_catalogue():
    page = Path(catalogue_page.__file__).parents[2] / "docs" / "facts.md"
    assert page.read_text() == catalogue_page.markdown(), "python -m rules_engine.core.catalogue_page > docs/facts.md"


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_every_operator_that_is_offered_is_understood(fact):
    value = fact.choices[0] if fact.choices else VALUES[fact.type]
    for operator in catalogue.operators_of(fact):
        asked = {"is_set": True, "in": [value], "not_in": [value], "between": [value, value]}.get(operator, value)
        trigger = "event:review" if fact.scope == "event" else "purchase"
        book = rulebook({"trigger": trigger, "earn": {"fixed": 1}, "when": {"fact": fact.name, operator: asked}})
        assert book.rules[0].when.operator == operator


@pytest.mark.parametrize("kind", ["number", "money", "quantity", "date"])
def test_what_is_not_offered_is_refused(kind):
    fact = next(fact for fact in catalogue.FACTS.values() if fact.type == kind)
    for operator in set(OPERATORS) - set(catalogue.operators_of(fact)):
        with pytest.raises(InvalidRulebook):
            rulebook({"earn": {"fixed": 1}, "when": {"fact": fact.name, operator: "x"}})


def test_every_fact_is_found_where_its_scope_says():
    for fact in catalogue.FACTS.values():
        assert catalogue.find(fact.name) is fact
        assert fact.name.partition(".")[0] in {fact.scope, "store", "banner", "market"}
