"""What cannot be read as a rule is said beside its field in the language of the person; differences in her money."""

import ast
from pathlib import Path

import pytest
from django.utils import translation

from identity.models import Role
from rules_engine import core, draft_rules, drafts, rulebooks
from rules_engine.core.rulebook import Rulebook
from rules_engine.models import DraftRule
from studio import wording
from tests.studio.test_studio import client_of

CORE = Path(core.__file__).parent
OF_WHOLE_FILES = {
    # of the settings of a program or of a whole document, which nobody types in the builder
    "ratios.py": {"the unit is below one"},
}


def messages():
    """Every literal sentence that the modules of the rule format refuse with, holes filled in."""
    for module in ("conditions.py", "literals.py", "ratios.py", "rules.py", "rulebook.py"):
        for node in ast.walk(ast.parse((CORE / module).read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in ("refused", "ValueError"):
                continue
            match node.args[0] if node.args else None:
                case ast.Constant(value=str(text)):
                    yield text
                case ast.JoinedStr(values=parts):
                    yield "".join(part.value if isinstance(part, ast.Constant) else "7" for part in parts)


def test_the_core_still_refuses_with_sentences():
    assert len(set(messages())) > 25


@pytest.mark.parametrize("message", sorted(set(messages())))
def test_every_refusal_of_the_format_has_words_in_both_languages(message):
    message = message.replace("needs exactly one of 7", "needs exactly one of per_amount, per_unit")
    assert wording.is_known(message)
    said = set()
    for language in ("en", "fr"):
        with translation.override(language):
            text = wording.refusal(message)
        assert text.endswith(".")
        assert text[0].isupper()
        said.add(text)
    assert len(said) == 2, "the French is French"


def test_what_nobody_foresaw_is_told_all_the_same():
    with translation.override("fr"):
        said = wording.refusal("Field required")
    assert "Field required" in said
    assert said.startswith("Cela")


RULE = {"code": "hello", "name": {"en": "Hello", "fr": "Bonjour"}, "trigger": "purchase", "earn": {"fixed": 5}}


def published(program, now, rule, **more):
    content = Rulebook.from_document({"currencies": [{"code": "points"}], "rules": [rule]})
    return rulebooks.publish(program=program, content=content, valid_from=None, now=now, by="command:x", **more)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "typed", "place", "said"),
    [
        ("fr", {"number": "beaucoup"}, "then", "Ce n’est pas un nombre"),
        ("en", {"number": "a lot"}, "then", "This is not a number"),
        ("fr", {"number": "-3"}, "then", "plus grand que zéro"),
        ("fr", {"budget:times": "2,5"}, "budget", "nombre entier"),
        ("fr", {"limits.0:max": "x"}, "limits-0", "Ce n’est pas un nombre"),
        ("fr", {"valid:from": "2026-05-02", "valid:until": "2026-05-01"}, "valid", "avant le premier"),
    ],
)
def test_a_wrong_value_is_told_beside_its_field_in_the_language_one_reads(program, now, language, typed, place, said):
    published(program, now, RULE)
    draft = drafts.open_draft(program=program, title="T", now=now, by="user:0")
    row = draft.rules.get()
    client = client_of("nadia@example.com", Role.MARKETING)
    client.cookies["django_language"] = language
    form = {"revision": "1", "trigger": "purchase", "effect": "fixed", "number": "5", "budget:points": ""}
    answer = client.post(f"/admin/studio/demo/drafts/{draft.pk}/rules/{row.pk}/", form | typed).content.decode()
    assert said in answer.partition(f'id="beside-{place}"')[2].partition("</p>")[0]
    assert said in answer.partition('id="lint"')[2]
    assert DraftRule.objects.get(pk=row.pk).revision == 2


@pytest.mark.django_db
def test_differences_are_told_in_the_money_of_the_market(program, now):
    over = {"when": {"fact": "receipt.net", "ge": 50}}
    client = client_of("nadia@example.com", Role.MARKETING)
    for market, sign, other in (("US", "$50", "€50"), ("FR", "€50", "$50"), (None, "€50", "$50")):
        published(program, now, RULE, market_code=market)
        draft = drafts.open_draft(program=program, title="T", now=now, by="user:0", market_code=market)
        row = draft.rules.get()
        sketch = {**row.sketch, "when": {"kind": "all", "parts": [
            {"fact": "receipt.net", "op": "ge", "values": ["50"]}]}}  # fmt: skip
        draft_rules.save_rule(draft_id=draft.pk, rule_id=row.pk, sketch=sketch, revision=1, now=now, by="user:0")
        there = f"/admin/studio/demo/drafts/{draft.pk}/"
        told = client.get(there).content.decode().partition('id="changes-title"')[2].partition("</ul>")[0]
        assert sign in told
        assert other not in told
        published(program, now, RULE | over, market_code=market)
        page = client.get(f"/admin/studio/demo/?place={market or ''}").content.decode()
        history = page.partition('id="history-title"')[2]
        assert sign in history
        assert other not in history
