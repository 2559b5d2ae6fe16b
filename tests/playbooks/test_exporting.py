"""What is exported and imported again changes nothing, and exports as the same text; differences are told in words."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import given, settings

import loyalty
from playbooks import canonical, checking, comparing, differences, exporting, importing, reading
from playbooks.problems import InvalidPlaybook
from programs import queries as programs
from programs.models import Program
from rules_engine.core.rulebook import Rulebook
from tests.playbooks.test_any_program import PROGRAM as PLAYBOOKS
from tests.playbooks.test_importing import CLUB, PROMISES, run

DEMO = Path(loyalty.__file__).parent / "demo" / "playbook.yaml"
FULL = (
    CLUB
    + PROMISES
    + """\
products:
  - {sku: '000', name: Kettle, tags: [blue], attributes: {watts: 2000, said: '3', deal: true}}
  - {sku: 0001, name: NO}
markets_override:
  US: {rules: {hello: {earn: {fixed: 9}}, base: {}}, rewards: {minus5: {cost: {points: 600}, value: {amount: 6.00}}}}
  FR: {rewards: {minus5: {}}}
"""
)

WRITTEN_OUT = CLUB.replace(
    "expiry: {months: 12}, ",
    "expiry: {end_of: month, plus_months: 0}, pending: {days: 0}, release: {minimum: 0}, returns: debt, ",
).replace("{late_lives_days: 30}", "{basis: net, multipliers: best, earn_before_joining: true, grace_days: 30}")


def check(text):
    return checking.check(replace(reading.read(text.encode(), "club.yaml"), folder=DEMO.parent))


def exported(code, now):
    return exporting.export(programs.program_by_code(code), now=now)


@pytest.mark.django_db
@pytest.mark.parametrize("text", [CLUB, FULL, WRITTEN_OUT, DEMO.read_text()], ids=["small", "full", "defaults", "demo"])
def test_importing_what_is_exported_changes_nothing(now, text):
    checked = check(text)
    importing.import_checked(checked, now=now, by="test")
    code = checked.playbook.program.code
    first = exported(code, now)
    again = check(first)
    assert canonical.of_file(again) == canonical.of_file(checked)
    report = importing.import_checked(again, now=now, by="test")
    assert list(report.sentences()) == [f"Nothing to change: program {code} is already as this file says."]
    assert exported(code, now) == first
    assert comparing.preview(again, now=now, by="test").sentences == []


@pytest.mark.django_db
def test_a_program_made_elsewhere_goes_out_and_in(now, program):
    first = exported("demo", now)
    run(first, now)
    assert exported("demo", now) == first


@pytest.mark.django_db
@settings(max_examples=40)
@given(PLAYBOOKS)
def test_any_playbook_that_is_taken_comes_back_the_same(tree):
    now = loyalty_now()
    try:
        checked = check(json.dumps(tree, ensure_ascii=False))
    except InvalidPlaybook:
        return
    with transaction.atomic():
        importing.import_checked(checked, now=now, by="test")
        first = exported(checked.playbook.program.code, now)
        again = check(first)
        assert canonical.of_file(again) == canonical.of_file(checked)
        assert not importing.import_checked(again, now=now, by="test").changed
        assert exported(checked.playbook.program.code, now) == first
        transaction.set_rollback(True)


def loyalty_now():
    from datetime import UTC, datetime

    return datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


CHANGED = (
    ("Bastille", "Nation"),
    ("months: 12", "months: 6"),
    ("late_lives_days: 30", "basis: gross"),
    ("fixed: 5", "fixed: 7"),
    ("{code: gold, from: 300}", "{code: gold, from: 200}"),
    ("amount: 6.00", "amount: 7.00"),
)


def changed(text):
    for was, then in CHANGED:
        assert was in text
        text = text.replace(was, then)
    return text


TOLD = [
    "Settings, basis: net becomes gross.",
    "Settings, late_lives_days: 30 becomes 0.",
    "Store s1, name.fr: Bastille becomes Nation.",
    "Currency points, expiry.months: 12 becomes 6.",
    "US: Reward minus5, value.amount: 6 becomes 7.",
    "Step gold, from: 300 becomes 200.",
]


@pytest.mark.django_db
def test_differences_are_told_in_words(now):
    old, new = (comparing.of_file(check(text)) for text in (FULL, changed(FULL)))
    told = differences.between(old, new)
    assert [one for one in told if one in TOLD] == TOLD
    assert any("hello" in sentence for sentence in told)
    assert differences.between(old, old) == []


@pytest.mark.django_db
def test_a_dry_run_tells_and_changes_nothing(now):
    run(FULL, now)
    fewer = changed(FULL).replace("  - {code: u1, banner: halles, market: US, timezone: America/Chicago}\n", "")
    seen = comparing.preview(check(fewer), now=now, by="test")
    assert set(TOLD) <= set(seen.sentences)
    assert seen.kept == ["Store u1 is kept: it is not in the file."]
    assert seen.report.changed
    assert exported("club", now) == exporting.export(Program.objects.get(code="club"), now=now)
    assert not run(FULL, now).changed


def command(*arguments):
    out = StringIO()
    call_command("playbook", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_the_commands(tmp_path):
    file, other = tmp_path / "club.yaml", tmp_path / "other.yaml"
    file.write_text(FULL)
    assert "Created program club." in command("import", str(file), "--dry-run")
    assert not Program.objects.exists()
    command("import", str(file))
    command("export", "club", "--output", str(other))
    assert command("export", "club") == other.read_text()
    assert command("diff", "club", str(other)) == "They say the same.\n"
    other.write_text(changed(FULL))
    with pytest.raises(CommandError) as differ:
        command("diff", "club", str(other))
    assert differ.value.returncode == 1
    with pytest.raises(CommandError, match="no program is called 'nothing'") as unknown:
        command("export", "nothing")
    assert unknown.value.returncode == 2


@pytest.mark.parametrize("which", ["playbook", "rehearsal"])
def test_schemas_are_whole(which):
    schema = json.loads(command("schema", which))
    named = set(schema["$defs"])
    refs = {part.removeprefix("#/$defs/") for part in _refs(schema)}
    assert refs <= named
    assert schema["additionalProperties"] is False


def _refs(part):
    if isinstance(part, dict):
        return {part["$ref"]} if "$ref" in part else set().union(*(_refs(inner) for inner in part.values()), set())
    return set().union(*(_refs(inner) for inner in part), set()) if isinstance(part, list) else set()


def test_amounts_are_told_in_the_money_of_the_market():
    def side(over):
        rule = {"code": "big", "trigger": "purchase", "earn": {"fixed": 5}, "when": {"fact": "receipt.net", "ge": over}}
        book = Rulebook.from_document({"currencies": [{"code": "points"}], "rules": [rule]})
        markets = [{"code": "FR", "currency": "EUR"}, {"code": "US", "currency": "USD"}]
        return differences.Side({"markets": markets}, {"FR": book, "US": book})

    french, american = differences.between(side(50), side(60))
    assert "€50" in french and "€60" in french
    assert "$50" in american and "$60" in american
    assert "€" not in american
