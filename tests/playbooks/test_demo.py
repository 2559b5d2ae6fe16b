"""The demo's program reads well in both languages and has a rule of each kind."""

from decimal import Decimal
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


def test_the_demo_has_a_ladder_and_rewards_in_both_languages():
    checked = checking.check(reading.read_file(PLAYBOOK))
    playbook = checked.playbook
    assert [step.code for step in playbook.tiers.steps] == ["bronze", "silver", "gold"]
    assert all(set(step.name) == {"en", "fr"} for step in playbook.tiers.steps)
    assert all(set(reward.name) == {"en", "fr"} for reward in playbook.rewards)
    assert [bool(reward.when) for reward in playbook.rewards] == [False, False, True], "one is for gold alone"
    assert any(reward.stock for reward in playbook.rewards)
    assert "member.tier" in checked.rulebooks[None].facts_read()


def test_gold_earns_a_fifth_more_on_own_brand():
    rulebook = checking.check(reading.read_file(PLAYBOOK)).rulebooks[None]
    assert rulebook.rule("gold-own-brand").earn.multiply == rulebook.rule("own-brand").earn.multiply * Decimal("1.2")
