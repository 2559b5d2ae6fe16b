"""Any tree of conditions is evaluated as a plain reading would, or refused by name: nothing crashes, nothing hangs.

Twenty trees an example: 2,000 a run, 100,000 with SOAK=1.
"""

import contextlib
import json
import os

from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.core import InvalidFacts, InvalidRulebook, Rulebook, catalogue, differences, explain, score, sentences
from rules_engine.core.conditions import OPERATORS
from rules_engine.core.linting import Vocabulary, lint
from tests.rules_engine.core import reference
from tests.rules_engine.core.receipts import queries_only
from tests.rules_engine.core.worlds import (
    PRODUCTS,
    STORES,
    World,
    activities,
    activity_rows,
    documents,
    facts_of,
    line_conditions,
    receipt_conditions,
    visit_conditions,
)

TREES = 20
EXAMPLES = (100_000 if os.environ.get("SOAK") else 2_000) // TREES


_given = st.one_of(
    st.tuples(st.just("line"), st.just("purchase"), line_conditions),
    st.tuples(st.just("receipt"), st.just("purchase"), receipt_conditions),
    st.tuples(st.just("receipt"), st.sampled_from(["visit", "event:review"]), visit_conditions),
)


def book_of(trees):
    rules = [
        {"code": f"r{place}", "trigger": trigger, "scope": scope, "earn": {"fixed": 1}, "when": when}
        for place, (scope, trigger, when) in enumerate(trees)
    ]
    return Rulebook.from_document({"currencies": [{"code": "points"}], "rules": rules})


def scored(book, facts):
    columns = score(book, facts).awards.select("activity_id", "rule", "wanted", "granted")
    return {(activity, rule): (wanted, granted) for activity, rule, wanted, granted in columns.iter_rows()}


@st.composite
def worlds(draw):
    return World(*activity_rows([draw(activities(number)) for number in range(1, 6)]), PRODUCTS, STORES)


@settings(max_examples=EXAMPLES)
@given(st.lists(_given, min_size=TREES, max_size=TREES), worlds(), st.booleans())
def test_a_tree_evaluates_as_a_plain_reading_would(trees, world, as_many):
    book = book_of(trees)
    with queries_only(as_many):
        assert scored(book, facts_of(world)) == reference.awards(book, world)


# Trees nobody meant: keys of the language in the wrong places, values of the wrong kinds.
_names = st.sampled_from([*catalogue.FACTS, "line.colour", "event.stars", "receipt.colour", "line.", "", "x" * 70])
_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from(["5", "1.5", "2026-01-31", "mon", "\x00", "é", ""]),
    st.decimals(allow_nan=True), st.floats(), st.lists(st.sampled_from([1, "2", "a", None]), max_size=3),
    st.integers(min_value=10**14, max_value=10**30), st.text(max_size=4), st.dates(),
)  # fmt: skip
_compared = st.tuples(_names, st.sampled_from([*OPERATORS, "above"]), _values).map(lambda t: {"fact": t[0], t[1]: t[2]})
_lines = st.fixed_dictionaries(
    {}, optional={"count": st.sampled_from(["lines", "units", "all"]), "sum": st.sampled_from(["net", "tax"]),
                  "any": st.booleans(), "every": st.just(True), "ge": _values, "in": _values, "where": _compared},
)  # fmt: skip
_odd = st.recursive(
    st.one_of(_compared, _compared, _lines.map(lambda test: {"lines": test}), _values),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
        inner.map(lambda part: {"lines": {"where": part, "any": True}}),
    ),
    max_leaves=4,
)


@settings(max_examples=EXAMPLES)
@given(st.lists(_odd, min_size=TREES, max_size=TREES), worlds(), st.booleans())
def test_a_tree_nobody_meant_is_evaluated_or_refused(trees, world, as_many):
    facts, fit = facts_of(world), []
    for tree in trees:
        for scope in ("line", "receipt"):
            try:
                fit += [(book_of([(scope, "purchase", tree)]), scope, tree)]
            except InvalidRulebook as refused:
                assert all(problem.message and problem.path for problem in refused.problems)
    for book, _, _ in fit:
        json.dumps(book.to_document())
        with contextlib.suppress(InvalidFacts), queries_only(as_many):
            assert scored(book, facts) == reference.awards(book, world)


NEVER = {"never", "contradicts", "never_valid", "times_one", "no_base", "excluded"}
KNOWN = Vocabulary(stores={"s1"}, tiers={"gold"}, events={"review": {"stars": "integer"}}, languages=("fr", "en"))


@settings(max_examples=EXAMPLES // 2)
@given(documents(), worlds())
def test_the_linter_is_sure_of_what_it_says(document, world):
    book = Rulebook.from_document(document)
    findings = lint(book, KNOWN)
    useless = {finding.rule for finding in findings if finding.kind in NEVER}
    for line in world.lines:  # intake refuses amounts below zero, and the linter counts on it
        line["net"], line["gross"] = abs(line["net"]), abs(line["gross"])
    facts = facts_of(world)
    assert not useless & {rule for _, rule in scored(book, facts)}
    for finding in findings:
        assert finding.text_en and finding.text_fr
        if finding.kind == "always_when":
            rule = book.rule(finding.rule)
            bare = {"code": "one", "trigger": rule.trigger, "scope": "receipt", "earn": {"fixed": 1}}
            if rule.scope == "receipt":
                every = Rulebook.from_document({"currencies": [{"code": "p"}], "rules": [bare]})
                same = {**bare, "when": document["rules"][book.place_of(rule.code)]["when"]}
                asked = Rulebook.from_document({"currencies": [{"code": "p"}], "rules": [same]})
                assert scored(asked, facts) == scored(every, facts)


@settings(max_examples=max(20, EXAMPLES // 10))
@given(documents(), documents(), worlds())
def test_everything_can_be_said(document, other, world):
    book, later, facts = Rulebook.from_document(document), Rulebook.from_document(other), facts_of(world)
    for language in ("en", "fr"):
        for rule in book.rules:
            assert sentences.in_full(book, rule, language).endswith(".")
        said = differences.between(book, later, language)
        assert (said == []) == (book.to_document() == later.to_document())
        for verdict in explain(book, facts, 1):
            assert sentences.of_verdict(book, verdict, language).text
