"""Rulebooks are read as sentences; what may happen to one is a call of its use case."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from identity.models import Grant, Role, User
from rules_engine import models, portraits, queries, rulebooks
from rules_engine.core.rulebook import Rulebook

HOUR = timedelta(hours=1)
BACKEND = "django.contrib.auth.backends.ModelBackend"
RULES = [
    {
        "code": "out", "trigger": "purchase", "scope": "line", "earn": {"exclude": True},
        "name": {"en": "Fuel earns nothing"},
        "when": {
            "any": [
                {"fact": "line.category", "starts_with": "FUEL/"},
                {"not": {"fact": "line.brand", "is_set": True}},
            ]
        },
    },
    {
        "code": "base", "trigger": "purchase", "earn": {"per_amount": {"points": 1}},
        "name": {"en": "Base", "fr": "De base"},
    },
    {
        "code": "basket", "trigger": "purchase", "earn": {"fixed": 20}, "combine": {"group": "b", "how": "best"},
        "when": {"lines": {"where": {"fact": "line.sku", "in": ["a", "b"]}, "any": True}},
        "valid": {"from": "2026-01-01", "until": "2026-03-31"},
    },
    {
        "code": "back", "trigger": "purchase", "earn": {"percent": 1, "currency": "pot"},
        "limits": [{"max": 500, "of": "points", "per": "month"}],
    },
    {
        "code": "hello", "trigger": "visit", "earn": {"fixed": 2},
        "limits": [{"max": 1, "of": "times", "per": "day", "overflow": "reject"}],
    },
]  # fmt: skip


def rulebook(rules=RULES):
    currencies = [{"code": "points"}, {"code": "pot", "kind": "cash", "money": "EUR", "scale": 2}]
    return Rulebook.from_document({"currencies": currencies, "rules": rules})


@pytest.fixture
def published(program, now):
    return rulebooks.publish(program=program, content=rulebook(), valid_from=None, now=now, by="command:playbook")


@pytest.fixture
def chief(client, db):
    user = User.objects.create_superuser("chief@example.com", "a long password")
    client.force_login(user, backend=BACKEND)
    return user


def portraits_of(program, language, money="EUR"):
    [version] = queries.rulebooks_for(program.pk)
    with translation.override(language):
        return {one.code: one for one in portraits.of_version(version, language, money)}


def test_every_rule_is_a_sentence(program, published):
    told = portraits_of(program, "en")
    assert [one.phase for one in told.values()] == ["exclusion", "base", "base", "bonus", "bonus"]
    assert told["base"].name == "Base"
    assert told["base"].sentence == "1\u00a0point per euro."
    assert told["base"].when == ""
    assert told["out"].when == "any of: department begins with “FUEL/”; not: brand is known"
    assert told["basket"].when == "some line with article is one of “a”, “b”"
    assert told["basket"].valid == "from Jan. 1, 2026; until March 31, 2026, that day included"
    assert told["basket"].group == "Only the best of “b” counts."
    assert told["back"].limits == "At most €5 a month."
    assert told["hello"].limits == "At most 1 time a day. Nothing when it would be more."


def test_and_a_french_one(program, published):
    told = portraits_of(program, "fr")
    assert told["base"].name == "De base"
    assert told["out"].when == "l’un de\u00a0: rayon commence par «\u00a0FUEL/\u00a0»; sauf\u00a0: marque est connu"
    assert told["hello"].limits == "Au plus 1 fois par jour. Rien au-delà."


def test_a_version_says_what_it_changed(program, published, now):
    [first] = queries.rulebooks_for(program.pk)
    after = [RULES[1] | {"earn": {"per_amount": {"points": 2}}}, RULES[4], {**RULES[4], "code": "new"}]
    with translation.override("en"):
        difference = portraits.difference(first.document, rulebook(after).to_document())
        assert str(difference) == "new: new; changed: base; gone: out, basket, back"
        assert str(portraits.difference(None, rulebook([*RULES, *after[2:]]).to_document())) == "new: 6 rules"
        assert str(portraits.difference(first.document, first.document)) == "the same rules"


def test_the_page_shows_the_rules_the_history_and_the_stops(client, chief, program, published, now):
    rulebooks.stop_rule(program=program, code="hello", now=now, by="user:1", reason="too much")
    page = client.get(reverse("admin:rules_engine_rulebook_change", args=[published.rulebook_id])).content.decode()
    assert "Fuel earns nothing" in page
    assert "Stopped from" in page
    assert "new: out, base, basket, back, hello" in page
    assert client.get(reverse("admin:rules_engine_rulebook_changelist")).status_code == 200
    assert client.get(reverse("admin:rules_engine_rulestop_changelist")).status_code == 200


def test_a_draft_is_published_from_its_page(client, chief, program, published, now):
    draft = rulebooks.publish(
        program=program, content=rulebook(RULES[:2]), valid_from=None, now=now, by="user:1", draft=True
    )
    address = reverse("admin:rules_engine_rulebook_change", args=[draft.rulebook_id])
    assert "Publish this draft" in client.get(address).content.decode()
    assert client.post(address, {"publish": "1"}).status_code == 302
    row = models.Rulebook.objects.get(pk=draft.rulebook_id)
    assert (row.state, row.published_by) == ("published", f"user:{chief.pk}")
    assert "is published" in client.get(address).content.decode()


def test_a_version_is_withdrawn_with_a_reason(client, chief, program, published):
    address = reverse("admin:rules_engine_rulebook_change", args=[published.rulebook_id])
    client.post(address, {"withdraw": "1", "reason": " "})
    assert "Say why the version is withdrawn." in client.get(address).content.decode()
    assert models.Rulebook.objects.get(pk=published.rulebook_id).state == "published"
    client.post(address, {"withdraw": "1", "reason": "wrong prices"})
    assert models.Rulebook.objects.get(pk=published.rulebook_id).state == "withdrawn"


def test_a_rule_is_stopped_from_its_form(client, chief, program, published):
    address = reverse("admin:rules_engine_rulestop_add")
    rule = models.Rule.objects.get(code="hello")
    assert client.post(address, {"rule": rule.pk, "reason": "  "}).status_code == 200
    assert not models.RuleStop.objects.exists()
    assert client.post(address, {"rule": rule.pk, "reason": "too much"}).status_code == 302
    stop = models.RuleStop.objects.get()
    assert (stop.rule.code, stop.by, stop.reason) == ("hello", f"user:{chief.pk}", "too much")
    assert client.get(reverse("admin:rules_engine_rulestop_change", args=[stop.pk])).status_code == 200
    assert (
        client.post(reverse("admin:rules_engine_rulestop_delete", args=[stop.pk]), {"post": "yes"}).status_code == 403
    )


def test_the_list_of_stops_says_which_were_resumed(client, chief, program, published, now):
    rulebooks.stop_rule(program=program, code="hello", now=now, by="user:1", reason="too much")
    rulebooks.stop_rule(program=program, code="base", now=now, by="user:1", reason="too little")
    rulebooks.resume_rule(program=program, code="hello", now=now + HOUR, by="user:2", reason="mended again")
    ended = models.RuleStop.objects.get(rule__code="hello")
    lasting = models.RuleStop.objects.get(rule__code="base")
    assert client.get(reverse("admin:rules_engine_rulestop_changelist")).status_code == 200
    assert "mended again" in client.get(reverse("admin:rules_engine_rulestop_change", args=[ended.pk])).content.decode()
    assert client.get(reverse("admin:rules_engine_rulestop_change", args=[lasting.pk])).status_code == 200
    page = client.get(reverse("admin:rules_engine_rulebook_change", args=[published.rulebook_id])).content.decode()
    assert page.count("Stopped from") == 2
    assert page.count(" to ") > 0


def test_rights_are_asked_of_each_act(client, program, published):
    auditor = User.objects.create_user("auditor@example.com", "a long password", is_staff=True)
    Grant.objects.create(user=auditor, role=Role.AUDITOR)
    client.force_login(auditor, backend=BACKEND)
    address = reverse("admin:rules_engine_rulebook_change", args=[published.rulebook_id])
    page = client.get(address)
    assert page.status_code == 200
    assert "Withdraw this version" not in page.content.decode()
    assert "Stop a rule" not in page.content.decode()
    assert client.post(address, {"withdraw": "1", "reason": "mine now"}).status_code == 403
    assert client.get(reverse("admin:rules_engine_rulestop_add")).status_code == 403
    assert models.Rulebook.objects.get(pk=published.rulebook_id).state == "published"


@pytest.fixture
def elsewhere(program):
    person = User.objects.create_user("elsewhere@example.com", "a long password", is_staff=True)
    Grant.objects.create(user=person, role=Role.MARKETING, market_code="ZZ")
    return person


def test_a_right_somewhere_else_publishes_withdraws_and_stops_nothing_here(client, elsewhere, program, published):
    client.force_login(elsewhere, backend=BACKEND)
    address = reverse("admin:rules_engine_rulebook_change", args=[published.rulebook_id])
    assert client.post(address, {"withdraw": "1", "reason": "mine now"}).status_code in (403, 404)
    rule = models.Rule.objects.filter(program=program).first()
    client.post(reverse("admin:rules_engine_rulestop_add"), {"rule": rule.pk, "reason": "mine now"})
    assert models.Rulebook.objects.get(pk=published.rulebook_id).state == "published"
    assert not models.RuleStop.objects.exists()
