"""Writing the rules of a draft: added, typed, left out, put back. Half a rule is as good as a whole one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import slugify

from rules_engine import draft_access, draft_contents, fair_copies, queries, sketches
from rules_engine.draft_contents import NotReady
from rules_engine.models import DraftRule, RulebookDraft

TOLD_AGAIN_AFTER = timedelta(minutes=10)
"""Every keystroke is saved; the trail hears of one person's work on one rule at most this often."""
MOST_RULES = 1000


class ChangedMeanwhile(Exception):
    """Somebody else saved the same rule in between: nothing was saved."""


def add_rule(*, draft_id: int, now: datetime, by: str, like: int | None = None) -> DraftRule:
    """An empty rule at the end of the draft, or a copy of the rule `like`. Raises WrongState."""
    with transaction.atomic():
        draft = draft_access.editable(draft_id)
        codes = set(draft.rules.values_list("code", flat=True))
        model = draft.rules.get(pk=like).sketch if like is not None else sketches.empty("")
        code = _free_code(str(model.get("code") or "") or "rule", codes | set(queries.rule_ids(draft.program_id)))
        if len(codes) >= MOST_RULES:
            raise NotReady([("", f"a rulebook has at most {MOST_RULES} rules")])
        place = max(draft.rules.values_list("place", flat=True), default=-1) + 1
        sketch = {**model, "code": code, "auto_code": True}
        rule = DraftRule(draft=draft, place=place, code=code, sketch=sketch, document={}, changed_at=now, changed_by=by)
        rule.document = fair_copies.document_of(sketch, draft_contents.scale_of(draft)).document
        rule.save(force_insert=True)
        draft_access.touch(draft, now, by)
        draft_access.tell("rulebook.draft_rule_added", draft, by, now, rule=code)
        return rule


def save_rule(
    *, draft_id: int, rule_id: int, sketch: sketches.Sketch, revision: int, now: datetime, by: str
) -> DraftRule:
    """Keep a rule as it is typed so far. Raises WrongState, ChangedMeanwhile."""
    with transaction.atomic():
        draft = draft_access.editable(draft_id)
        rule = draft.rules.select_for_update().get(pk=rule_id)
        if rule.revision != revision:
            raise ChangedMeanwhile(f"{rule.changed_by} changed this rule at the same time")
        sketch = {**sketch, "code": rule.code, "auto_code": bool(rule.sketch.get("auto_code"))}
        if sketch["auto_code"]:
            sketch["code"] = rule.code = _named_code(sketch, rule, draft)
        rule.sketch, rule.revision = sketch, revision + 1
        rule.document = fair_copies.document_of(sketch, draft_contents.scale_of(draft)).document
        told = rule.told_at is not None and rule.changed_by == by and now - rule.told_at < TOLD_AGAIN_AFTER
        rule.changed_at, rule.changed_by = now, by
        if not told:
            rule.told_at = now
            draft_access.tell("rulebook.draft_rule_written", draft, by, now, rule=rule.code)
        rule.save()
        draft_access.touch(draft, now, by)
        return rule


def remove_rule(*, draft_id: int, rule_id: int, now: datetime, by: str, removed: bool = True) -> None:
    """Leave a rule out of the draft, or take it back in; a rule that was never published goes for good."""
    with transaction.atomic():
        draft = draft_access.editable(draft_id)
        rule = draft.rules.select_for_update().get(pk=rule_id)
        if removed and rule.origin is None:
            rule.delete()
        else:
            rule.removed = removed
            rule.save(update_fields=["removed"])
        draft_access.touch(draft, now, by)
        draft_access.tell("rulebook.draft_rule_removed" if removed else "rulebook.draft_rule_restored", draft, by, now,
              rule=rule.code)  # fmt: skip


def put_back(*, draft_id: int, rule_id: int, now: datetime, by: str) -> DraftRule:
    """The rule as the version below has it. Raises WrongState."""
    with transaction.atomic():
        draft = draft_access.editable(draft_id)
        rule = draft.rules.select_for_update().filter(origin__isnull=False).get(pk=rule_id)
        rule.document, rule.sketch = (
            rule.origin,
            sketches.of_document(rule.origin or {}, draft_contents.scale_of(draft)),
        )
        rule.removed, rule.revision, rule.changed_at, rule.changed_by = False, rule.revision + 1, now, by
        rule.save()
        draft_access.touch(draft, now, by)
        draft_access.tell("rulebook.draft_rule_put_back", draft, by, now, rule=rule.code)
        return rule


def _named_code(sketch: sketches.Sketch, rule: DraftRule, draft: RulebookDraft) -> str:
    """A rule that was never published is called after its name, as long as nobody else is."""
    names = sketch.get("name") or {}
    wanted = slugify(names.get("en") or next(iter(names.values()), ""))[:48]
    taken = set(draft.rules.exclude(pk=rule.pk).values_list("code", flat=True)) | set(
        queries.rule_ids(draft.program_id)
    )
    return _free_code(wanted, taken) if wanted else rule.code


def _free_code(wanted: str, taken: set[str]) -> str:
    if wanted not in taken:
        return wanted
    stem = re.sub(r"-\d+$", "", wanted)[:48]
    return next(code for number in range(2, 100_000) if (code := f"{stem}-{number}") not in taken)
