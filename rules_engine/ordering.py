"""The order of a draft's rules: it decides within a phase who comes first, who stops whom, and of equals who wins."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from rules_engine import draft_access, sketches
from rules_engine.core.rules import PHASES
from rules_engine.models import DraftRule, RulebookDraft


def phase_of(rule: DraftRule) -> str:
    """The phase a rule works in, also while it is half-written."""
    return str(rule.document.get("phase") or sketches.phase_of(rule.sketch))


def by_phase(draft: RulebookDraft) -> dict[str, list[DraftRule]]:
    """The rules that stay in the draft, by phase, in the order in which they work."""
    rules = [rule for rule in draft.rules.all() if not rule.removed]
    return {phase: [rule for rule in rules if phase_of(rule) == phase] for phase in PHASES}


def move_rule(*, draft_id: int, rule_id: int, up: bool, now: datetime, by: str) -> bool:
    """Change places with the rule of the same phase before it, or after it; False when there is none.

    What is being typed in a rule is not touched. Raises WrongState, DraftRule.DoesNotExist.
    """
    with transaction.atomic():
        draft = draft_access.editable(draft_id)
        rule = draft.rules.get(pk=rule_id, removed=False)
        beside = by_phase(draft)[phase_of(rule)]
        number = beside.index(rule)
        other = number - 1 if up else number + 1
        if not 0 <= other < len(beside):
            return False
        order = list(draft.rules.all())
        here, there = order.index(rule), order.index(beside[other])
        order[here], order[there] = order[there], order[here]
        for place, one in enumerate(order):
            DraftRule.objects.filter(pk=one.pk).exclude(place=place).update(place=place)
        draft_access.touch(draft, now, by)
        draft_access.tell(
            "rulebook.draft_rule_moved", draft, by, now, rule=rule.code, before=up, beside=beside[other].code
        )
        return True
