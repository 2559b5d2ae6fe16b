"""What the builder of one rule says and keeps: budgets, attributes of events; and the order of a draft's rules."""

import json

import pytest

from audit.models import AuditEvent
from identity.models import Role
from programs.models import Program
from rules_engine import draft_contents, draft_rules, drafts, ordering, policies, rulebooks
from rules_engine.core.rulebook import Rulebook
from rules_engine.models import DraftRule, RulebookDraft
from tests.studio.test_studio import client_of

pytestmark = pytest.mark.django_db
EVENTS = {"review.published": {"stars": "integer", "verified": "boolean", "topic": "text", "bought_on": "date"}}


def rule(code, **earn):
    return {"code": code, "name": {"en": code}, "trigger": "purchase", "earn": earn}


def draft_of(program, now, *rules):
    content = Rulebook.from_document({"currencies": [{"code": "points"}], "rules": list(rules)})
    rulebooks.publish(program=program, content=content, valid_from=None, now=now, by="command:x")
    return drafts.open_draft(program=program, title="T", now=now, by="user:0")


class Builder:
    """Types into the form of one rule as a browser would."""

    def __init__(self, draft, row):
        self.client = client_of("nadia@example.com", Role.MARKETING)
        self.there = f"/admin/studio/demo/drafts/{draft.pk}/rules/{row.pk}/"
        self.pk = row.pk

    @property
    def row(self):
        return DraftRule.objects.get(pk=self.pk)

    def types(self, **fields):
        form = {"revision": str(self.row.revision), "trigger": "purchase", "effect": "fixed", "number": "5"}
        asked = form | {key.replace("__", "."): value for key, value in fields.items()}
        answer = self.client.post(self.there, {key.replace("_of_", ":"): value for key, value in asked.items()})
        assert answer.status_code == 200
        return answer.content.decode()

    def page(self):
        return self.client.get(self.there).content.decode()


# Budgets


def test_a_budget_is_typed_said_and_written(program, now):
    draft = draft_of(program, now, rule("hello", fixed=5))
    builder = Builder(draft, draft.rules.get())
    said = builder.types(budget_of_points="5 000", budget_of_times="40", budget_of_overflow="reject")
    assert "at most 5,000\xa0points in all for everyone together" in said
    assert "at most 40 times in all for everyone together" in said
    assert builder.row.document["budget"] == {"points": 5000, "times": 40, "overflow": "reject"}
    assert "budget" not in builder.row.sketch["rest"]
    builder.types(budget_of_points="", budget_of_times="", budget_of_overflow="reject")
    assert "budget" not in builder.row.document, "an empty budget is none"


def test_what_is_wrong_with_a_budget_stands_beside_it_and_is_kept(program, now):
    draft = draft_of(program, now, rule("hello", fixed=5))
    builder = Builder(draft, draft.rules.get())
    said = builder.types(budget_of_points="many", budget_of_times="2.5")
    beside = said.partition('id="beside-budget"')[2].partition("</p>")[0]
    assert "number" in beside
    page = builder.page()
    assert 'value="many"' in page
    assert 'value="2.5"' in page
    with pytest.raises(draft_contents.NotReady):
        drafts.submit(draft_id=draft.pk, begins_at=None, note="", now=now, by="user:0")


def test_a_budget_of_a_playbook_is_shown_and_outlives_another_change(program, now):
    draft = draft_of(program, now, rule("hello", fixed=5) | {"budget": {"points": 900}})
    row = draft.rules.get()
    builder = Builder(draft, row)
    assert 'value="900"' in builder.page()
    # a draft begun before the builder had a field for it keeps it beside what the form knows
    older = {**row.sketch, "rest": {"budget": {"points": 900}}}
    del older["budget"]
    DraftRule.objects.filter(pk=row.pk).update(sketch=older)
    assert 'value="900"' in builder.page()
    builder.types(number="6")
    assert builder.row.document["budget"] == {"points": 900}
    builder.types(budget_of_points="800", budget_of_times="")
    assert builder.row.document["budget"]["points"] == 800


def test_a_budget_in_a_pot_of_cents_is_typed_in_whole_units(program, now):
    pot = {"code": "pot", "kind": "cash", "money": "EUR", "scale": 2}
    content = Rulebook.from_document({"currencies": [pot], "rules": [rule("back", percent=1)]})
    rulebooks.publish(program=program, content=content, valid_from=None, now=now, by="command:x")
    draft = drafts.open_draft(program=program, title="T", now=now, by="user:0")
    builder = Builder(draft, draft.rules.get())
    builder.types(effect="percent", number="1", budget_of_points="12,50", budget_of_times="")
    assert builder.row.document["budget"]["points"] == 1250
    assert 'value="12,50"' in builder.page()


# Attributes of events


@pytest.fixture
def reviewed(program, now):
    Program.objects.filter(pk=program.pk).update(settings={**program.settings, "event_types": EVENTS})
    program.refresh_from_db()
    draft = draft_of(program, now, rule("hello", fixed=5))
    return Builder(draft, draft.rules.get())


def asks(builder, fact, was=None, **more):
    fields = {"when_of_kind": "all", "when__0_of_fact": fact, "when__0_of_was": was or fact, **more}
    return builder.types(trigger="event", event="review.published", **fields)


def test_another_event_brings_its_own_attributes_at_once(reviewed):
    fields = {"when_of_kind": "all", "when__0_of_fact": "", "when__0_of_was": ""}
    reviewed.types(trigger="event", event="", **fields)
    assert "event.stars" in reviewed.types(trigger="event", event="review.published", **fields)


def operators_in(page):
    select = page.partition('name="when.0:op"')[2].partition("</select>")[0]
    return [piece.partition('"')[0] for piece in select.split('<option value="')[1:]]


def test_the_attributes_of_the_event_are_offered_first(reviewed):
    page = asks(reviewed, "")
    group = page.partition('name="when.0:fact"')[2].partition("<optgroup")[2].partition("</optgroup>")[0]
    assert 'label="Event"' in group
    assert [piece.partition('"')[0] for piece in group.split('<option value="')[1:]] == [
        "event.bought_on", "event.stars", "event.topic", "event.verified",
    ]  # fmt: skip
    assert "Bought on" in group
    other = reviewed.types(trigger="purchase", when_of_kind="all", when__0_of_fact="", when__0_of_was="")
    assert "event.stars" not in other


@pytest.mark.parametrize(
    ("name", "first", "never", "widget"),
    [
        ("stars", "ge", "starts_with", 'inputmode="decimal" name="when.0:value"'),
        ("verified", "eq", "ge", '<select name="when.0:value"'),
        ("topic", "in", "ge", 'data-name="when.0:value"'),
        ("bought_on", "eq", "ge", 'type="date" name="when.0:value"'),
    ],
)
def test_each_attribute_has_the_operators_and_the_field_of_its_type(reviewed, name, first, never, widget):
    page = asks(reviewed, f"event.{name}", was="line.brand")
    assert operators_in(page)[0] == first
    assert never not in operators_in(page)
    assert reviewed.row.sketch["when"]["parts"][0]["op"] == first
    assert widget in page


def test_an_attribute_nobody_declared_stays_and_is_remarked(reviewed):
    asks(reviewed, "event.mood", when__0_of_op="in", when__0_of_value="good")
    page = reviewed.page()
    assert '<option value="event.mood" selected>' in page
    beside = page.partition('id="beside-when-0"')[2].partition("</p>")[0]
    assert "mood" in beside


def test_a_number_with_a_comma_and_a_value_of_the_wrong_type(reviewed):
    asks(reviewed, "event.stars", when__0_of_op="ge", when__0_of_value="4,5")
    assert reviewed.row.document["when"] == {"fact": "event.stars", "ge": "4.5"}
    asks(reviewed, "event.stars", when__0_of_op="eq", when__0_of_value="many")
    assert "stars" in reviewed.page().partition('id="beside-when-0"')[2].partition("</p>")[0]


# Order

BASE, MORE, TWICE = rule("base", per_amount={"points": 1}), rule("more", per_unit=1), rule("twice", multiply=2)


def codes(draft):
    return {phase: [row.code for row in rows] for phase, rows in ordering.by_phase(draft).items() if rows}


def test_a_rule_moves_within_its_phase_only(program, now):
    draft = draft_of(program, now, BASE, TWICE, MORE, rule("hi", fixed=1))
    rows = {row.code: row.pk for row in draft.rules.all()}
    there = f"/admin/studio/demo/drafts/{draft.pk}/"
    client = client_of("nadia@example.com", Role.MARKETING)
    answer = client.post(f"{there}rules/{rows['more']}/act/", {"do": "up"})
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{there}order/?moved={rows['more']}")
    assert codes(draft) == {"base": ["more", "base"], "multiplier": ["twice"], "bonus": ["hi"]}
    for code, way in (("more", "up"), ("hi", "up"), ("twice", "down"), ("base", "down")):
        client.post(f"{there}rules/{rows[code]}/act/", {"do": way})
    assert codes(draft)["base"] == ["more", "base"], "the ends of a phase are as far as a rule goes"
    assert AuditEvent.objects.filter(action="rulebook.draft_rule_moved").count() == 1
    assert [one.code for one in draft_contents.content_of(draft).in_order] == ["more", "base", "twice", "hi"]
    page = client.get(there).content.decode()
    assert "The rules are in another order" in page
    assert "autofocus" in client.get(answer["Location"]).content.decode()


def test_moving_loses_nothing_that_is_half_written(program, now):
    draft = draft_of(program, now, BASE, MORE)
    first, second = draft.rules.all()
    builder = Builder(draft, second)
    builder.types(effect="per_amount", number="tw", when_of_kind="all", when__0_of_fact="", when__0_of_was="")
    before = builder.row
    builder.client.post(f"{builder.there}act/", {"do": "up"})
    after = builder.row
    assert (after.sketch, after.document, after.revision) == (before.sketch, before.document, before.revision)
    assert json.dumps(codes(draft)["base"]) == json.dumps(["more", "base"])
    builder.types(effect="per_amount", number="two")
    assert builder.row.sketch["number"] == "two", "who was typing goes on typing"


def test_only_who_writes_moves_and_only_while_it_is_written(program, now):
    draft = draft_of(program, now, BASE, MORE)
    row = draft.rules.last()
    act = f"/admin/studio/demo/drafts/{draft.pk}/rules/{row.pk}/act/"
    finance = client_of("fin@example.com", Role.FINANCE)
    assert finance.post(act, {"do": "up"}).status_code == 404
    assert "Move more up" not in finance.get(f"/admin/studio/demo/drafts/{draft.pk}/order/").content.decode()
    RulebookDraft.objects.filter(pk=draft.pk).update(state="submitted")
    with pytest.raises(policies.WrongState):
        ordering.move_rule(draft_id=draft.pk, rule_id=row.pk, up=True, now=now, by="user:0")
    assert codes(draft)["base"] == ["base", "more"]


def test_a_rule_left_out_is_neither_moved_nor_moved_around(program, now):
    draft = draft_of(program, now, BASE, MORE, rule("third", per_unit=2))
    rows = {row.code: row.pk for row in draft.rules.all()}
    draft_rules.remove_rule(draft_id=draft.pk, rule_id=rows["more"], now=now, by="user:0")
    assert ordering.move_rule(draft_id=draft.pk, rule_id=rows["third"], up=True, now=now, by="user:9")
    assert codes(draft)["base"] == ["third", "base"]
    assert RulebookDraft.objects.get().writers == ["user:0", "user:9"], "who orders rules writes"
    with pytest.raises(DraftRule.DoesNotExist):
        ordering.move_rule(draft_id=draft.pk, rule_id=rows["more"], up=True, now=now, by="user:0")
