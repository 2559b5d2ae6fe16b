"""What holds for every rulebook and every activity."""

import json
from collections import defaultdict
from dataclasses import replace

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.core import Rulebook, score, usage_periods
from tests.rules_engine.core import reference
from tests.rules_engine.core.receipts import queries_only
from tests.rules_engine.core.worlds import documents, facts_of, worlds


def scored(book, facts):
    awards = score(book, facts).awards
    columns = awards.select("activity_id", "rule", "wanted", "granted")
    return {(activity, rule): (wanted, granted) for activity, rule, wanted, granted in columns.iter_rows()}


@settings(max_examples=80)
@given(documents(), worlds(), st.booleans())
def test_columns_and_a_plain_reading_agree(document, world, as_many):
    book = Rulebook.from_document(document)
    with queries_only(as_many):
        assert scored(book, facts_of(world)) == reference.awards(book, world)


@settings(max_examples=25)
@given(documents(), worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(document, world, random):
    book, facts = Rulebook.from_document(document), facts_of(world)
    expected = scored(book, facts)
    random.shuffle(world.lines)
    random.shuffle(world.activities)
    assert scored(book, facts_of(world)) == expected


@settings(max_examples=15)
@given(documents(), worlds())
def test_holders_in_batches_of_their_own_get_the_same(document, world):
    book, facts = Rulebook.from_document(_without_shared_limits(document)), facts_of(world)
    apart = {}
    for holder in (1, 2, 3):
        activities = facts.activities.filter(pl.col("holder_id") == holder)
        apart |= scored(book, replace(facts, activities=activities, lines=_lines_of(facts, activities)))
    assert apart == scored(book, facts)


@settings(max_examples=25)
@given(documents(), worlds(), st.sampled_from([1, 7, 2]))
def test_batches_with_usage_carried_give_what_all_at_once_gives(document, world, size):
    book, facts = Rulebook.from_document(document), facts_of(world)
    ordered = facts.activities.sort("occurred_at", "activity_id")
    found, used = {}, defaultdict(lambda: [0, 0])
    for begin in range(0, ordered.height, size):
        activities = ordered.slice(begin, size)
        part = replace(facts, activities=activities, lines=_lines_of(facts, activities))
        asked = usage_periods(book, activities, facts.stores)
        rows = [(*key, *used[key]) for key in asked.iter_rows() if key in used]
        schema = asked.schema | {"points": pl.Int64, "times": pl.Int64}
        usage = pl.DataFrame(rows, schema=schema, orient="row") if rows else None
        batch = scored(book, replace(part, usage=usage))
        found |= batch
        _use(book, part, batch, used)
    assert found == scored(book, facts)


def _without_shared_limits(document):
    rules = [
        rule | {"budget": None, "limits": [one for one in rule.get("limits", []) if one.get("for") not in SHARED]}
        for rule in document["rules"]
    ]
    return document | {"rules": rules}


SHARED = ("banner", "program")


def _use(book, facts, batch, used):
    """Adds what the batch took, as the ledger of awards would say it."""
    for (activity, rule), (_, granted) in batch.items():
        if granted > 0:
            own = facts.of_one(activity)
            for key in usage_periods(book, own.activities, own.stores).filter(pl.col("rule") == rule).iter_rows():
                used[key][0] += granted
                used[key][1] += 1


def _lines_of(facts, activities):
    return facts.lines.filter(pl.col("activity_id").is_in(activities["activity_id"].to_list()))


@settings(max_examples=40)
@given(documents())
def test_json_keeps_a_rulebook(document):
    book = Rulebook.from_document(document)
    again = Rulebook.from_document(json.loads(json.dumps(book.to_document())))
    assert again == book
    assert again.to_document() == book.to_document()


@settings(max_examples=25)
@given(documents(), worlds())
def test_no_activity_ever_loses(document, world):
    awards = score(Rulebook.from_document(document), facts_of(world)).awards
    sums = awards.group_by("activity_id", "currency").agg(pl.col("granted").sum())
    assert (sums["granted"] >= 0).all()
    assert (awards["granted"].filter(awards["wanted"] > 0) <= awards["wanted"].filter(awards["wanted"] > 0)).all()
