"""The way of a draft: written by one, approved by another, published from a moment; half a rule is never lost."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from playbooks import checking, exporting, importing, reading
from rules_engine import (
    catching_up,
    draft_contents,
    draft_rules,
    drafts,
    fair_copies,
    ordering,
    policies,
    queries,
    rulebooks,
    sketches,
)
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Rule
from rules_engine.models import RulebookDraft

pytestmark = pytest.mark.django_db
NADIA, REMI = "user:1", "user:2"
BASE = {"code": "base", "trigger": "purchase", "earn": {"per_amount": {"points": 1}}, "name": {"en": "Base"}}


def rulebook(*rules):
    currencies = [{"code": "points"}, {"code": "pot", "kind": "cash", "money": "EUR", "scale": 2}]
    return Rulebook.from_document({"currencies": currencies, "rules": list(rules)})


@pytest.fixture
def draft(program, now):
    rulebooks.publish(program=program, content=rulebook(BASE), valid_from=None, now=now, by="command:playbook")
    return drafts.open_draft(program=program, title="Spring", now=now, by=NADIA)


def written(draft, now, **changes):
    """A new rule of 20 points, with `changes` to its sketch."""
    row = draft_rules.add_rule(draft_id=draft.pk, now=now, by=NADIA)
    sketch = {**row.sketch, "name": {"en": "Hello"}, "effect": "fixed", "number": "20",
              "when": {"kind": "all", "parts": [sketches.row("receipt.net", "ge", ["50"])]}, **changes}  # fmt: skip
    return draft_rules.save_rule(
        draft_id=draft.pk, rule_id=row.pk, sketch=sketch, revision=row.revision, now=now, by=NADIA
    )


def published(draft, now):
    drafts.submit(draft_id=draft.pk, begins_at=None, note="", now=now, by=NADIA)
    drafts.approve(draft_id=draft.pk, now=now, by=REMI)
    return drafts.publish(draft_id=draft.pk, now=now + timedelta(minutes=1), by=NADIA)


def test_a_draft_becomes_the_next_version(draft, program, now):
    written(draft, now)
    version = published(draft, now)
    assert version.version == 2
    found = queries.in_force(queries.rulebooks_for(program.pk), None, now + timedelta(minutes=2))
    assert [rule["code"] for rule in found.document["rules"]] == ["base", "hello"]
    told = set(AuditEvent.objects.filter(object_type="rulebook_draft").values_list("action", flat=True))
    assert {f"rulebook.draft_{what}" for what in ("begun", "rule_added", "rule_written", "submitted", "approved",
                                                  "published")} <= told  # fmt: skip


def test_nobody_approves_what_they_wrote(draft, now):
    written(draft, now)
    drafts.submit(draft_id=draft.pk, begins_at=None, note="", now=now, by=NADIA)
    with pytest.raises(policies.SamePerson):
        drafts.approve(draft_id=draft.pk, now=now, by=NADIA)
    with pytest.raises(policies.WrongState):
        drafts.publish(draft_id=draft.pk, now=now, by=REMI)


def test_what_was_submitted_is_not_written_any_more_until_it_is_sent_back(draft, now):
    row = written(draft, now)
    drafts.submit(draft_id=draft.pk, begins_at=None, note="", now=now, by=NADIA)
    with pytest.raises(policies.WrongState):
        draft_rules.save_rule(
            draft_id=draft.pk, rule_id=row.pk, sketch=row.sketch, revision=row.revision, now=now, by=NADIA
        )
    drafts.send_back(draft_id=draft.pk, note="too much", now=now, by=REMI)
    draft_rules.remove_rule(draft_id=draft.pk, rule_id=row.pk, now=now, by=NADIA)
    assert draft.rules.count() == 1


def test_half_a_rule_is_kept_and_not_published(draft, now):
    row = written(draft, now, number="", limits=[{"max": "3oo", "of": "points", "per": "month"}])
    row.refresh_from_db()
    assert row.sketch["limits"][0]["max"] == "3oo"
    with pytest.raises(draft_contents.NotReady, match="hello"):
        drafts.submit(draft_id=draft.pk, begins_at=None, note="", now=now, by=NADIA)


def test_two_writers_of_one_rule_do_not_overwrite_each_other(draft, now):
    row = written(draft, now)
    with pytest.raises(draft_rules.ChangedMeanwhile):
        draft_rules.save_rule(
            draft_id=draft.pk, rule_id=row.pk, sketch=row.sketch, revision=row.revision - 1, now=now, by=REMI
        )


def test_a_version_published_meanwhile_is_caught_up_with(draft, program, now):
    written(draft, now)
    other = rulebook({**BASE, "earn": {"per_amount": {"points": 2}}}, {**BASE, "code": "more"})
    rulebooks.publish(program=program, content=other, valid_from=None, now=now + timedelta(hours=1), by="command:x")
    later = now + timedelta(hours=2)
    with pytest.raises(catching_up.OutOfDate):
        drafts.submit(draft_id=draft.pk, begins_at=None, note="", now=later, by=NADIA)
    catching_up.catch_up(draft_id=draft.pk, now=later, by=NADIA)
    document = draft_contents.document_of(RulebookDraft.objects.get(pk=draft.pk))
    assert [rule["code"] for rule in document["rules"]] == ["base", "hello", "more"]
    assert str(document["rules"][0]["earn"]["per_amount"]["points"]) == "2", "an untouched rule is the new one"


@pytest.mark.parametrize(
    ("moves", "order"), [(False, ["more", "twice", "hello", "base"]), (True, ["more", "twice", "base", "hello"])]
)
def test_catching_up_takes_the_order_published_unless_the_draft_moved_rules_itself(program, now, moves, order):
    """The draft: base, twice, and hello behind them; published meanwhile: more, twice, base."""
    twice, more = {**BASE, "code": "twice"}, {**BASE, "code": "more"}
    rulebooks.publish(program=program, content=rulebook(BASE, twice), valid_from=None, now=now, by="command:x")
    draft = drafts.open_draft(program=program, title="Spring", now=now, by=NADIA)
    row = written(draft, now)
    if moves:
        ours = draft.rules.get(code="twice")
        assert ordering.move_rule(draft_id=draft.pk, rule_id=ours.pk, up=True, now=now, by=NADIA)
    later = now + timedelta(hours=1)
    there = rulebook(more, twice, BASE)
    rulebooks.publish(program=program, content=there, valid_from=None, now=later, by="command:x")
    catching_up.catch_up(draft_id=draft.pk, now=later, by=NADIA)
    assert list(draft.rules.values_list("code", flat=True)) == order
    assert row.code in order


def test_what_a_market_writes_is_its_own_word_and_goes_out_and_in(program, now):
    """A market's draft with a changed rule, one of its own and one left out comes back by a playbook as it was."""
    twice = {**BASE, "code": "twice"}
    rulebooks.publish(program=program, content=rulebook(BASE, twice), valid_from=None, now=now, by="command:x")
    draft = drafts.open_draft(program=program, title="Swiss", now=now, by=NADIA, market_code="US")
    written(draft, now)
    kept, gone = draft.rules.get(code="base"), draft.rules.get(code="twice")
    sketch = {**kept.sketch, "number": "3"}
    draft_rules.save_rule(draft_id=draft.pk, rule_id=kept.pk, sketch=sketch, revision=1, now=now, by=NADIA)
    draft_rules.remove_rule(draft_id=draft.pk, rule_id=gone.pk, now=now, by=NADIA)
    published(draft, now)
    later = now + timedelta(hours=1)
    [there] = [one for one in queries.rulebooks_for(program.pk) if one.market_code == "US"]
    assert there.document["overridden"] == ["base", "hello"]
    text = exporting.export(program, now=later)
    assert "order: [base, hello]" in text
    checked = checking.check(reading.read(text.encode(), "demo.yaml"))
    rules = [rule.code for rule in checked.rulebooks["US"].rules]
    assert (rules, checked.rulebooks["US"].overridden) == (["base", "hello"], ("base", "hello"))
    importing.import_checked(checked, now=later, by="test")
    assert exporting.export(program, now=later) == text


def test_a_version_begins_now_or_later(draft, now):
    written(draft, now)
    with pytest.raises(drafts.BeginsInThePast):
        drafts.submit(draft_id=draft.pk, begins_at=now - timedelta(days=1), note="", now=now, by=NADIA)
    begins = now + timedelta(days=9)
    drafts.submit(draft_id=draft.pk, begins_at=begins, note="", now=now, by=NADIA)
    drafts.approve(draft_id=draft.pk, now=now, by=REMI)
    assert drafts.publish(draft_id=draft.pk, now=now, by=NADIA).begins_at == begins


DOCUMENTS = [
    {**BASE, "when": {"all": [{"fact": "line.category", "starts_with": "Garden"},
                              {"fact": "member.tier", "in": ["silver", "gold"]}]}},
    {**BASE, "scope": "line", "when": {"any": [{"not": {"fact": "line.brand", "is_set": True}},
                                               {"fact": "receipt.net", "between": [5, 10]}]}},
    {**BASE, "earn": {"fixed": 500, "currency": "pot"}, "limits": [{"max": 1000, "per": "month"}],
     "when": {"lines": {"where": {"fact": "line.sku", "in": ["a", "b"]}, "count": "units", "ge": 3}}},
    {**BASE, "earn": {"multiply": "1.5"},
     "valid": {"from": "2026-03-01", "weekly": [{"days": ["sat"], "to": "12:00"}]}},
    {**BASE, "trigger": "event:review", "earn": {"fixed": 20}, "combine": {"group": "b", "stop": True}},
    {**BASE, "earn": {"fixed": 2}, "phase": "base", "rounding": "up",
     "when": {"not": {"any": [{"fact": "calendar.hour", "lt": 9}, {"fact": "calendar.date", "ge": "2026-01-01"}]}}},
]  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_a_rule_comes_back_from_its_sketch_as_it_was(document):
    def scale(code):
        return 2 if code == "pot" else 0

    again = fair_copies.document_of(sketches.of_document(document, scale), scale)
    assert Rule.model_validate(again.document) == Rule.model_validate(document)
    assert again.unfinished == ()


def test_a_problem_finds_its_field():
    parts = [sketches.row(), sketches.row("receipt.net", "ge", ["abc"]), sketches.row("calendar.hour", "ge", ["3"])]
    when = {"kind": "all", "parts": parts}
    sketch = {**sketches.empty("x"), "effect": "fixed", "number": "x", "when": when}
    copy = fair_copies.document_of(sketch, lambda code: 0)
    assert copy.place_of("when.all[0].ge") == "when.1"
    assert copy.place_of("earn.fixed") == "then"
    assert ("when.0", "fact") in copy.unfinished
