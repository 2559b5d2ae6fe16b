"""The demo's program reads well in both languages and has a rule of each kind."""

from pathlib import Path

import loyalty
from playbooks import checking, reading

PLAYBOOK = Path(loyalty.__file__).parent / "demo" / "playbook.yaml"


def test_the_demo_is_a_playbook_without_a_warning():
    checked = checking.check(reading.read_file(PLAYBOOK))
    assert checked.warnings == ()
    rules = checked.rulebooks[None].rules
    assert len(rules) >= 12
    assert {rule.earn.effect for rule in rules} == {
        "per_amount", "per_unit", "fixed", "percent", "multiply", "exclude"
    }  # fmt: skip
    assert {rule.trigger for rule in rules} == {"purchase", "visit"}
    assert all(set(rule.name) == {"en", "fr"} for rule in rules)


def test_a_euro_earns_more_than_a_dollar():
    checked = checking.check(reading.read_file(PLAYBOOK))
    france, america = (checked.rulebook_of(code).rule("base").earn.per_amount for code in ("FR", "US"))
    assert france.points / france.every > america.points / america.every
