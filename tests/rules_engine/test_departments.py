"""A department with all below it: the paths end at slashes, in the builder, in both ways of scoring and in words."""

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine import fair_copies, sketches, spelling
from rules_engine.core import conditions, linting, sentences
from rules_engine.core.vocabulary import Vocabulary
from tests.rules_engine.core import receipts
from tests.rules_engine.core.reference import World, awards

steps = st.lists(st.sampled_from(["Jardin", "Jardinage", "Jardi", "Outils", "É", ""]), min_size=1, max_size=4)
paths = st.one_of(st.none(), steps.map("/".join), steps.map("/".join).map(lambda path: path + "/"))
branches = st.lists(st.sampled_from(["Jardin", "Jardinage", "Outils", "É"]), min_size=1, max_size=3).map("/".join)


def written(*values, op=sketches.IS_UNDER):
    """The condition that the builder makes of a row "department is under ..."."""
    sketch = sketches.empty("r1") | {"effect": "fixed", "number": "5"}
    sketch["when"]["parts"] = [sketches.row("line.category", op, list(values))]
    return fair_copies.document_of(sketch, lambda code: 0)


def is_under(path, branch):
    """Said in yet another way: the steps of the branch are the first steps of the path."""
    return path is not None and path.split("/")[: len(branch.split("/"))] == branch.split("/")


@settings(max_examples=150, deadline=None)
@given(branch=branches, categories=st.lists(paths, min_size=1, max_size=6), typed_with_a_slash=st.booleans())
def test_a_branch_holds_what_is_below_it_and_nothing_that_only_begins_alike(branch, categories, typed_with_a_slash):
    when = written(branch + "/" * typed_with_a_slash).document["when"]
    book = receipts.rulebook({"earn": {"fixed": 5}, "when": when})
    products = [{"sku": str(place), "category": path, "tags": []} for place, path in enumerate(categories)]
    activities = [{"lines": [(place, 1, 100)]} for place in range(len(categories))]
    facts = receipts.facts(*activities, products=products)
    expected = {(place + 1, "r1"): 5 for place, path in enumerate(categories) if is_under(path, branch)}
    for queries_only in (False, True):
        with receipts.queries_only(queries_only):
            assert receipts.given(book, facts) == expected
    rows, lines = receipts.activity_rows(activities)
    world = World(
        [{"event_type": None} | row for row in rows],
        lines,
        [{"brand": None} | one for one in products],
        facts.stores.to_dicts(),
    )
    assert {key: granted for key, (_wanted, granted) in awards(book, world).items()} == expected


@given(branch=branches, beside=st.booleans())
def test_the_row_comes_back_as_it_was_typed(branch, beside):
    other = [sketches.row("line.brand", "in", ["acme"])] * beside
    sketch = sketches.empty("r1") | {"effect": "fixed", "number": "5"}
    sketch["when"]["parts"] = [sketches.row("line.category", sketches.IS_UNDER, [branch]), *other]
    document = fair_copies.document_of(sketch, lambda code: 0).document
    assert sketches.of_document(document, lambda code: 0)["when"] == sketch["when"]


@pytest.mark.parametrize("typed", [[], [""], ["/"], ["//"]])
def test_a_branch_without_a_name_is_not_written_yet(typed):
    made = written(*typed)
    assert "when" not in made.document
    assert ("when.0", "value") in made.unfinished


PAIR = {"any": [{"fact": "line.category", "eq": "Jardin"}, {"fact": "line.category", "starts_with": "Jardin/"}]}


def book_of(when):
    return receipts.rulebook({"earn": {"fixed": 5}, "when": when})


def test_a_branch_reads_as_one_thing():
    book = book_of({"all": [PAIR, {"fact": "line.brand", "eq": "acme"}]})
    said = sentences.of_rule(book, book.rules[0], "en").replace("\xa0", " ")
    assert said == "5 points on Jardin, on acme"
    with translation.override("fr"):
        assert spelling.condition(book.rules[0].when.all[0], "EUR", "fr").endswith("sous «\xa0Jardin\xa0»")


@pytest.mark.parametrize(
    "when",
    [
        {"any": [PAIR["any"][1], PAIR["any"][0]]},
        {"any": [PAIR["any"][0], {"fact": "line.category", "starts_with": "Jardin"}]},
        {"any": [PAIR["any"][0], {"fact": "line.category", "eq": "Jardin/"}]},
        {"any": [PAIR["any"][0], {"fact": "line.brand", "starts_with": "Jardin/"}]},
        {"any": [*PAIR["any"], {"fact": "line.brand", "eq": "acme"}]},
        {"any": [PAIR["any"][0]]},
    ],
)
def test_whatever_else_is_asked_reads_in_full(when):
    assert conditions.branch_of(book_of(when).rules[0].when) is None
    sketch = sketches.of_document({"code": "r1", "earn": {"fixed": 5}, "when": when}, lambda code: 0)
    assert "under" not in str(sketch)


@pytest.mark.parametrize(("asked", "known"), [("Jardin", True), ("Jardin/Outils", True), ("Jardi", False)])
def test_a_branch_nobody_has_is_remarked_once(asked, known):
    when = written(asked).document["when"]
    vocabulary = Vocabulary(categories={"Jardin", "Jardin/Outils"})
    found = [one for one in linting.lint(book_of(when), vocabulary) if asked in one.text("en")]
    assert len(found) == (0 if known else 1)
