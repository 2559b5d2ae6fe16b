"""Who may open the studio and what its buttons do, without a browser."""

import pytest
from django.test import Client

from audit.models import AuditEvent
from identity.models import Grant, Role, User
from rules_engine import drafts, rulebooks
from rules_engine.core.rulebook import Rulebook
from rules_engine.models import RulebookDraft, RuleResume, RuleStop
from studio import typing_in

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
BASE = {"code": "base", "trigger": "purchase", "earn": {"per_amount": {"points": 1}}, "name": {"en": "Base"}}


@pytest.fixture
def published(program, now):
    content = Rulebook.from_document({"currencies": [{"code": "points"}], "rules": [BASE]})
    return rulebooks.publish(program=program, content=content, valid_from=None, now=now, by="command:x")


def client_of(email, *roles, **scope):
    user = User.objects.create_user(email, is_staff=True)
    for role in roles:
        Grant.objects.create(user=user, role=role, **scope)
    client = Client()
    client.force_login(user, BACKEND)
    return client


def test_finance_reads_and_does_not_write(published, program, now):
    client = client_of("fin@example.com", Role.FINANCE)
    page = client.get("/admin/studio/demo/")
    assert page.status_code == 200
    assert b"Begin a draft" not in page.content
    assert client.post("/admin/studio/demo/drafts/", {}).status_code == 404
    assert client.post("/admin/studio/demo/stop/", {"code": "base", "reason": "x"}).status_code == 404
    draft = drafts.open_draft(program=program, title="T", now=now, by="user:0")
    row = draft.rules.get()
    there = f"/admin/studio/demo/drafts/{draft.pk}/"
    assert client.get(there).status_code == 200
    assert client.post(f"{there}rules/{row.pk}/", {"revision": "1"}).status_code == 404
    assert client.post(f"{there}act/", {"do": "submit"}).status_code == 404


def test_marketing_of_one_market_writes_for_that_market_alone(published, program):
    client = client_of("fr@example.com", Role.MARKETING, market_code="FR")
    assert client.get("/admin/studio/demo/").status_code == 200
    assert client.post("/admin/studio/demo/drafts/", {}).status_code == 404
    assert client.post("/admin/studio/demo/drafts/", {"market": "US"}).status_code == 404
    assert client.post("/admin/studio/demo/drafts/", {"market": "FR"}).status_code == 302
    assert RulebookDraft.objects.get().market_code == "FR"


def test_marketing_of_one_banner_does_not_write_for_all(published, program):
    client = client_of("maison@example.com", Role.MARKETING, banner_code="maison")
    assert client.get("/admin/studio/demo/").status_code == 200
    assert client.post("/admin/studio/demo/drafts/", {"market": "FR"}).status_code == 404, "halles trades there too"


def test_the_list_counts_the_rules_in_force(published, program, now):
    from programs.models import Program

    Program.objects.create(code="other", names={"en": "Other"}, population=program.population).banners.set(
        program.banners.all()
    )
    content = Rulebook.from_document({"currencies": [{"code": "points"}], "rules": [BASE, BASE | {"code": "more"}]})
    rulebooks.publish(program=program, content=content, valid_from=None, now=now, by="command:x")
    page = client_of("nadia@example.com", Role.MARKETING).get("/admin/studio/").content.decode()
    assert "2 rules" in page
    assert "3 rules" not in page


def test_the_kill_switch_stops_a_rule_at_once_and_says_why(published, program):
    client = client_of("nadia@example.com", Role.MARKETING)
    client.post("/admin/studio/demo/stop/", {"code": "base", "reason": ""})
    assert RuleStop.objects.count() == 0
    client.post("/admin/studio/demo/stop/", {"code": "base", "reason": "gave too much"})
    assert RuleStop.objects.get().reason == "gave too much"
    assert AuditEvent.objects.filter(action="rule.stopped").count() == 1
    assert b"Stopped since" in client.get("/admin/studio/demo/").content


def test_a_stopped_rule_is_resumed_with_a_reason_and_history_tells_both(published, program):
    client = client_of("nadia@example.com", Role.MARKETING)
    resume, page = "/admin/studio/demo/resume/", "/admin/studio/demo/"
    client.post("/admin/studio/demo/stop/", {"code": "base", "reason": "gave too much"})
    client.post(resume, {"code": "base", "reason": "  "})
    assert b"Stopped since" in client.get(page).content, "without a reason nothing happens"
    client.post(resume, {"code": "base", "reason": "the price is right again"})
    told = client.get(page).content.decode()
    assert "gives points again from now on" in told
    assert "Stopped since" not in told
    assert "gave too much" in told and "the price is right again" in told
    client.post(resume, {"code": "base", "reason": "once more"})
    assert "was not stopped" in client.get(page).content.decode()
    assert AuditEvent.objects.filter(action="rule.resumed").count() == 1
    assert client.post(resume, {"code": "nonsense", "reason": "x"}).status_code == 404


def test_whoever_may_not_stop_everywhere_resumes_nothing(published, program):
    client_of("nadia@example.com", Role.MARKETING).post(
        "/admin/studio/demo/stop/", {"code": "base", "reason": "gave too much"}
    )
    asked = {"code": "base", "reason": "x"}
    market = client_of("fr@example.com", Role.MARKETING, market_code="FR")
    finance = client_of("fin@example.com", Role.FINANCE)
    for client in (market, finance):
        assert client.post("/admin/studio/demo/resume/", asked).status_code == 404
        page = client.get("/admin/studio/demo/").content
        assert b"Stopped since" in page
        assert b"Resume this rule" not in page
    assert not RuleResume.objects.exists()


def test_every_shape_of_a_half_written_form_is_kept(published, program, now):
    client = client_of("nadia@example.com", Role.MARKETING)
    draft = drafts.open_draft(program=program, title="T", now=now, by="user:0")
    row = draft.rules.get()
    there = f"/admin/studio/demo/drafts/{draft.pk}/rules/{row.pk}/"
    form = {
        "revision": "1", "trigger": "purchase", "effect": "fixed", "number": "<b>", "name:en": "<script>x</script>",
        "when:kind": "all", "when.0:kind": "units", "when.0:op": "ge", "when.0:value": "two",
        "when.0.0:fact": "line.brand", "when.0.0:was": "line.brand", "when.0.0:op": "in", "when.0.0:value": "<i>",
        "when.1:fact": "nonsense", "when.1:was": "nonsense", "when.2:raw": "{not json", "limits.0:max": "x",
        "weekly.0:days": "sat", "weekly.0:to": "12:00", "valid:from": "tomorrow",
    }  # fmt: skip
    answer = client.post(there, form)
    assert answer.status_code == 200
    assert b"<script>x" not in answer.content
    page = client.get(there).content.decode()
    assert 'value="two"' in page
    assert "<script>x" not in page
    row.refresh_from_db()
    assert row.sketch["limits"][0]["max"] == "x"


def test_buttons_add_move_and_remove_parts():
    def row(fact):
        return {"fact": fact, "op": "", "values": []}

    def facts(node):
        return [facts(part) if "parts" in part else part["fact"] for part in node["parts"]]

    sketch = {"when": {"kind": "all", "parts": [row("a"), row("b"), {"kind": "any", "parts": [row("c")]}]},
              "limits": [], "valid": {"weekly": []}}  # fmt: skip
    assert typing_in.act(sketch, "up:when.1") == "when.0"
    assert facts(sketch["when"]) == ["b", "a", ["c"]]
    assert typing_in.act(sketch, "down:when.1") == "when.1.0"
    assert facts(sketch["when"]) == ["b", ["a", "c"]]
    assert typing_in.act(sketch, "up:when.1.0") == "when.1"
    assert facts(sketch["when"]) == ["b", "a", ["c"]]
    assert typing_in.act(sketch, "after:when.0") == "when.1"
    assert typing_in.act(sketch, "drop:when.1") == "when.1"
    assert typing_in.act(sketch, "group:when") == "when.3.0"
    for wild in ("drop:when.99", "up:nowhere", "boom", "drop:limits.7", "add:when.0", "down:when.9.9"):
        typing_in.act(sketch, wild)
    assert facts(sketch["when"])[:2] == ["b", "a"]
