"""Writing the next version: open, write, submit, approve (by another person), publish from a date, or put away.

Content is checked when it is submitted and again when it is published; until then half a rule is as good as a whole
one. Every use case takes a lock on the draft, so that what is approved is what was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.text import slugify

from audit import trail
from programs import queries as programs
from rules_engine import fair_copies, models, policies, queries, rulebooks, sketches
from rules_engine.models import DraftRule, RulebookDraft

if TYPE_CHECKING:
    from programs.models import Program
    from rules_engine.core.rulebook import Rulebook

State = RulebookDraft.State
TOLD_AGAIN_AFTER = timedelta(minutes=10)
"""Every keystroke is saved; the trail hears of one person's work on one rule at most this often."""
MOST_RULES = 1000
_KEPT_REHEARSALS = 20


class NotReady(Exception):
    """The draft is no rulebook yet. `problems`: (code of the rule or "", sentence)."""

    def __init__(self, problems: Iterable[tuple[str, str]]):
        self.problems = list(problems)
        super().__init__("; ".join(f"{code}: {text}" if code else text for code, text in self.problems))


class OutOfDate(Exception):
    """Another version was published since the draft was begun: catch up with it, look again, then submit."""


class ChangedMeanwhile(Exception):
    """Somebody else saved the same rule in between: nothing was saved."""


class BeginsInThePast(Exception):
    """A version begins now or later; for what is past there is re-scoring."""


def open_draft(
    *, program: Program, title: str, now: datetime, by: str, market_code: str | None = None
) -> RulebookDraft:
    """A copy of the version published last, to be changed; an empty one when the program has none yet."""
    base = _newest(program.pk, market_code)
    document = dict(base.document) if base else _empty_frame(program.pk)
    rules = document.pop("rules", [])
    with transaction.atomic():
        draft = RulebookDraft.objects.create(
            program=program, market_code=market_code, title=title[:120], frame=document,
            based_on_id=base.id if base else None, writers=[by],
            created_at=now, created_by=by, changed_at=now, changed_by=by,
        )  # fmt: skip
        DraftRule.objects.bulk_create(
            _row(draft, place, rule, origin=rule, now=now, by=by) for place, rule in enumerate(rules)
        )
        tell("rulebook.draft_begun", draft, by, now, based_on=base.version if base else None)
    return draft


def add_rule(*, draft_id: int, now: datetime, by: str, like: int | None = None) -> DraftRule:
    """An empty rule at the end of the draft, or a copy of the rule `like`. Raises WrongState."""
    with transaction.atomic():
        draft = editable(draft_id)
        codes = set(draft.rules.values_list("code", flat=True))
        model = draft.rules.get(pk=like).sketch if like is not None else sketches.empty("")
        code = _free_code(str(model.get("code") or "") or "rule", codes | set(queries.rule_ids(draft.program_id)))
        if len(codes) >= MOST_RULES:
            raise NotReady([("", f"a rulebook has at most {MOST_RULES} rules")])
        place = max(draft.rules.values_list("place", flat=True), default=-1) + 1
        sketch = {**model, "code": code, "auto_code": True}
        rule = DraftRule(draft=draft, place=place, code=code, sketch=sketch, document={}, changed_at=now, changed_by=by)
        rule.document = fair_copies.document_of(sketch, scale_of(draft)).document
        rule.save(force_insert=True)
        touch(draft, now, by)
        tell("rulebook.draft_rule_added", draft, by, now, rule=code)
        return rule


def save_rule(
    *, draft_id: int, rule_id: int, sketch: sketches.Sketch, revision: int, now: datetime, by: str
) -> DraftRule:
    """Keep a rule as it is typed so far. Raises WrongState, ChangedMeanwhile."""
    with transaction.atomic():
        draft = editable(draft_id)
        rule = draft.rules.select_for_update().get(pk=rule_id)
        if rule.revision != revision:
            raise ChangedMeanwhile(f"{rule.changed_by} changed this rule at the same time")
        sketch = {**sketch, "code": rule.code, "auto_code": bool(rule.sketch.get("auto_code"))}
        if sketch["auto_code"]:
            sketch["code"] = rule.code = _named_code(sketch, rule, draft)
        rule.sketch, rule.revision = sketch, revision + 1
        rule.document = fair_copies.document_of(sketch, scale_of(draft)).document
        told = rule.told_at is not None and rule.changed_by == by and now - rule.told_at < TOLD_AGAIN_AFTER
        rule.changed_at, rule.changed_by = now, by
        if not told:
            rule.told_at = now
            tell("rulebook.draft_rule_written", draft, by, now, rule=rule.code)
        rule.save()
        touch(draft, now, by)
        return rule


def remove_rule(*, draft_id: int, rule_id: int, now: datetime, by: str, removed: bool = True) -> None:
    """Leave a rule out of the draft, or take it back in; a rule that was never published goes for good."""
    with transaction.atomic():
        draft = editable(draft_id)
        rule = draft.rules.select_for_update().get(pk=rule_id)
        if removed and rule.origin is None:
            rule.delete()
        else:
            rule.removed = removed
            rule.save(update_fields=["removed"])
        touch(draft, now, by)
        tell("rulebook.draft_rule_removed" if removed else "rulebook.draft_rule_restored", draft, by, now,
              rule=rule.code)  # fmt: skip


def put_back(*, draft_id: int, rule_id: int, now: datetime, by: str) -> DraftRule:
    """The rule as the version below has it. Raises WrongState."""
    with transaction.atomic():
        draft = editable(draft_id)
        rule = draft.rules.select_for_update().filter(origin__isnull=False).get(pk=rule_id)
        rule.document, rule.sketch = rule.origin, sketches.of_document(rule.origin or {}, scale_of(draft))
        rule.removed, rule.revision, rule.changed_at, rule.changed_by = False, rule.revision + 1, now, by
        rule.save()
        touch(draft, now, by)
        tell("rulebook.draft_rule_put_back", draft, by, now, rule=rule.code)
        return rule


def submit(*, draft_id: int, begins_at: datetime | None, note: str, now: datetime, by: str) -> RulebookDraft:
    """Ask for approval, from a moment on (None: when it is published). Raises WrongState, NotReady, OutOfDate,
    BeginsInThePast."""
    with transaction.atomic():
        draft = editable(draft_id)
        if begins_at is not None and begins_at < now:
            raise BeginsInThePast("a version begins now or later")
        _check_up_to_date(draft)
        content_of(draft)
        draft.state, draft.begins_at, draft.note = State.SUBMITTED, begins_at, note[:500]
        draft.submitted_at, draft.submitted_by = now, by
        draft.save()
        tell("rulebook.draft_submitted", draft, by, now, begins=begins_at.isoformat() if begins_at else None)
        return draft


def approve(*, draft_id: int, now: datetime, by: str) -> RulebookDraft:
    """Somebody who wrote nothing in it agrees. Raises WrongState, SamePerson."""
    with transaction.atomic():
        draft = _locked(draft_id)
        policies.check_approve(draft, by)
        draft.state, draft.approved_at, draft.approved_by = State.APPROVED, now, by
        draft.save()
        tell("rulebook.draft_approved", draft, by, now, digest=rulebooks.fingerprint(document_of(draft)))
        return draft


def send_back(*, draft_id: int, note: str, now: datetime, by: str) -> RulebookDraft:
    """Back to writing, with what is to be changed. Raises WrongState."""
    with transaction.atomic():
        draft = _locked(draft_id)
        if draft.state not in (State.SUBMITTED, State.APPROVED):
            raise policies.WrongState(f"the draft is {draft.state}: there is nothing to send back")
        draft.state, draft.note = State.DRAFT, note[:500]
        draft.submitted_at = draft.approved_at = None
        draft.submitted_by = draft.approved_by = ""
        draft.save()
        tell("rulebook.draft_sent_back", draft, by, now, note=note[:500])
        return draft


def publish(*, draft_id: int, now: datetime, by: str) -> rulebooks.Published:
    """Let an approved draft judge activity from its moment on, or from now when that has passed.

    Raises WrongState, NotReady, OutOfDate, rulebooks.PublishedMeanwhile.
    """
    with transaction.atomic():
        draft = _locked(draft_id)
        policies.check_publish(draft)
        _check_up_to_date(draft)
        content = content_of(draft)
        begins_at = draft.begins_at if draft.begins_at is not None and draft.begins_at > now else None
        published = rulebooks.publish(
            program=draft.program, content=content, valid_from=begins_at, now=now, by=by, market_code=draft.market_code
        )
        draft.state, draft.published_id = State.PUBLISHED, published.rulebook_id
        draft.save(update_fields=["state", "published"])
        tell("rulebook.draft_published", draft, by, now, version=published.version)
        return published


def drop(*, draft_id: int, now: datetime, by: str) -> None:
    """Put a draft away for good. Raises WrongState."""
    with transaction.atomic():
        draft = _locked(draft_id)
        if draft.state in (State.PUBLISHED, State.DROPPED):
            raise policies.WrongState(f"the draft is {draft.state}")
        draft.state = State.DROPPED
        draft.save(update_fields=["state"])
        tell("rulebook.draft_dropped", draft, by, now)


def catch_up(*, draft_id: int, now: datetime, by: str) -> RulebookDraft:
    """Take over what was published since: its rules, except those this draft changed, added or left out."""
    with transaction.atomic():
        draft = editable(draft_id)
        base = _newest(draft.program_id, draft.market_code)
        if base is None or base.id == draft.based_on_id:
            return draft
        document = dict(base.document)
        published = {rule["code"]: rule for rule in document.pop("rules", [])}
        for rule in list(draft.rules.all()):
            fresh = published.pop(rule.code, None)
            touched = rule.removed or rule.origin is None or rule.document != rule.origin
            if fresh is None and not touched:
                rule.delete()
                continue
            rule.origin = fresh
            if fresh is not None and not touched:
                rule.document, rule.sketch = fresh, sketches.of_document(fresh, scale_of(draft))
            rule.revision += 1
            rule.save()
        last = max(draft.rules.values_list("place", flat=True), default=-1)
        DraftRule.objects.bulk_create(
            _row(draft, last + 1 + number, rule, origin=rule, now=now, by=by)
            for number, rule in enumerate(published.values())
        )
        draft.frame, draft.based_on_id = document, base.id
        touch(draft, now, by)
        tell("rulebook.draft_caught_up", draft, by, now, version=base.version)
        return draft


def keep_rehearsal(*, draft_id: int, result: Mapping[str, Any], now: datetime, by: str) -> None:
    """Remember with the draft how a book of acceptance went, the latest first."""
    with transaction.atomic():
        draft = _locked(draft_id)
        draft.rehearsals = [{**result, "at": now.isoformat(), "by": by}, *draft.rehearsals][:_KEPT_REHEARSALS]
        draft.save(update_fields=["rehearsals"])
        tell("rulebook.draft_rehearsed", draft, by, now, book=str(result.get("book", ""))[:200],
              passed=result.get("passed"), failed=result.get("failed"))  # fmt: skip


def document_of(draft: RulebookDraft) -> dict[str, Any]:
    """The document of the draft as far as it is written, rules left out not in it."""
    return {**draft.frame, "rules": [rule.document for rule in draft.rules.all() if not rule.removed]}


def content_of(draft: RulebookDraft) -> Rulebook:
    """The draft as a rulebook. Raises NotReady naming every rule that is not finished."""
    from rules_engine.core.errors import InvalidRulebook
    from rules_engine.core.rulebook import Rulebook

    rules = [rule for rule in draft.rules.all() if not rule.removed]
    problems = [
        (rule.code, "unfinished")
        for rule in rules
        if rule.document != rule.origin
        and [
            place
            for place, _what in fair_copies.document_of(rule.sketch, scale_of(draft)).unfinished
            if place != "name"
        ]  # fmt: skip
    ]
    if problems:
        raise NotReady(problems)
    try:
        return Rulebook.from_document(document_of(draft))
    except InvalidRulebook as wrong:
        raise NotReady([(_code_at(problem.path, rules), problem.message) for problem in wrong.problems]) from wrong


def scale_of(draft: RulebookDraft) -> sketches.Scale:
    """How many decimals points of a currency of this draft are shown with."""
    currencies = draft.frame.get("currencies") or [{}]
    scales = {one.get("code"): int(one.get("scale") or 0) for one in currencies}
    return lambda code: scales.get(code, int(currencies[0].get("scale") or 0))


def is_out_of_date(draft: RulebookDraft) -> bool:
    """Whether a version was published that this draft does not know."""
    newest = _newest(draft.program_id, draft.market_code)
    return draft.state in (State.DRAFT, State.SUBMITTED, State.APPROVED) and (
        (newest.id if newest else None) != draft.based_on_id
    )


def _newest(program_id: int, market_code: str | None) -> queries.Version | None:
    """The version published last for a place: its market's own, else the program's."""
    versions = queries.rulebooks_for(program_id)
    own = [version for version in versions if version.market_code == market_code]
    return max(own or [one for one in versions if one.market_code is None], key=lambda one: one.version, default=None)


def _check_up_to_date(draft: RulebookDraft) -> None:
    if is_out_of_date(draft):
        raise OutOfDate("another version was published since this draft was begun: catch up with it first")


def _locked(draft_id: int) -> RulebookDraft:
    return RulebookDraft.objects.select_for_update(of=("self",)).select_related("program").get(pk=draft_id)


def editable(draft_id: int) -> RulebookDraft:
    """The draft, locked, while it is written. Raises WrongState."""
    draft = _locked(draft_id)
    policies.check_edit(draft)
    return draft


def touch(draft: RulebookDraft, now: datetime, by: str) -> None:
    """Somebody wrote in it: who did does not approve it."""
    if by not in draft.writers:
        draft.writers = [*draft.writers, by]
    draft.changed_at, draft.changed_by = now, by
    draft.save()


def _row(
    draft: RulebookDraft, place: int, rule: Mapping[str, Any], *, origin: Any, now: datetime, by: str
) -> DraftRule:
    return DraftRule(
        draft=draft, place=place, code=rule["code"], document=rule, origin=origin,
        sketch=sketches.of_document(rule, scale_of(draft)), changed_at=now, changed_by=by,
    )  # fmt: skip


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


def _code_at(path: str, rules: list[DraftRule]) -> str:
    found = re.match(r"rules\[(\d+)\]", path)
    return rules[int(found[1])].code if found and int(found[1]) < len(rules) else ""


def _empty_frame(program_id: int) -> dict[str, Any]:
    currencies = [
        {
            "code": one.code, "kind": one.kind, "scale": one.scale, "rounding": one.rounding,
            "round_per": one.round_per, **({"money": one.money} if one.money else {}),
        }
        for one in programs.currencies_of(program_id)
    ]  # fmt: skip
    return {"currencies": currencies}


def tell(action: str, draft: models.RulebookDraft, by: str, now: datetime, **data: Any) -> None:
    trail.record(action=action, actor=by, obj=("rulebook_draft", draft.pk), at=now, data=data)
