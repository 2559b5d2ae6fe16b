"""A product master says everything about its products; what it says again changes nothing, whoever says it too."""

from datetime import UTC, datetime

import pytest

from programs import products
from programs.models import Product, ProductState
from tests.ledger.test_rivals import at_once

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def load(program, *rows):
    return products.upsert(catalogue_id=program.population_id, rows=rows, now=NOW)


def row(sku, name="Tea", **more):
    return {"sku": sku, "name": name, "category": "Grocery/Tea", "brand": "Own", **more}


def current(program):
    """sku -> what it is now."""
    found = Product.objects.filter(catalogue_id=program.population_id).select_related("current")
    return {one.sku: (one.current.name, one.current.tags, one.current.attributes) for one in found}


def test_the_same_again_changes_nothing_and_another_word_makes_a_new_state(program):
    first = (row("b", tags=["new", 'a "b", {c}\\']), row("a", attributes={"size": "5\t\n"}))
    assert load(program, *first) == 2
    assert load(program, *first) == 0
    assert current(program) == {"a": ("Tea", [], {"size": "5\t\n"}), "b": ("Tea", ["new", 'a "b", {c}\\'], {})}
    assert load(program, row("a", "Green tea"), *first[:1], row("c"), row("c", "Coffee")) == 2
    assert {sku: told[0] for sku, told in current(program).items()} == {"a": "Green tea", "b": "Tea", "c": "Coffee"}
    assert ProductState.objects.count() == 4
    assert load(program, {"sku": "a"}) == 1, "a row says everything: what it leaves out is empty"
    assert current(program)["a"] == ("", [], {})
    assert load(program) == 0


def test_what_a_receipt_named_first_is_told_more_of(program):
    said = products.Said(["a", "b"], names=["From the till", ""])
    known = products.states_for(catalogue_id=program.population_id, said=said, now=NOW)
    assert load(program, row("a"), row("b"), row("c")) == 3
    assert ProductState.objects.count() == 2 + 3
    assert known["a"] not in set(Product.objects.values_list("current_id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_masters_and_receipts_at_once_make_each_product_once(program):
    skus = [f"p{number:03}" for number in range(300)]

    def sell(part):
        said = products.Said(part, names=[""] * len(part))
        return len(products.states_for(catalogue_id=program.population_id, said=said, now=NOW))

    acts = [lambda turn=turn: load(program, *(row(sku, f"Tea {turn}") for sku in skus)) for turn in range(4)]
    acts += [lambda start=start: sell(skus[start : start + 200]) for start in (0, 50, 100)]
    answers = at_once(acts)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert answers[4:] == [200, 200, 200]
    assert sorted(current(program)) == skus
    assert len({told[0] for told in current(program).values()}) == 1, "the last master says everything"
    assert all(answer <= 300 for answer in answers[:4])
