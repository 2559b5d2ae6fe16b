"""The life of the next version: open, submit, approve (by another person), publish from a date, or put away.

Content is checked when it is submitted and again when it is published. Every use case takes a lock on the draft, so
that what is approved is what was read. Its rules are written in `draft_rules`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from rules_engine import catching_up, draft_access, draft_contents, policies, rulebooks
from rules_engine.models import DraftRule, RulebookDraft

if TYPE_CHECKING:
    from programs.models import Program

State = RulebookDraft.State


class BeginsInThePast(Exception):
    """A version begins now or later; for what is past there is re-scoring."""


def open_draft(
    *, program: Program, title: str, now: datetime, by: str, market_code: str | None = None
) -> RulebookDraft:
    """A copy of the version published last, to be changed; an empty one when the program has none yet."""
    base = catching_up.newest(program.pk, market_code)
    document = dict(base.document) if base else draft_contents.empty_frame(program.pk)
    rules = document.pop("rules", [])
    with transaction.atomic():
        draft = RulebookDraft.objects.create(
            program=program, market_code=market_code, title=title[:120], frame=document,
            based_on_id=base.id if base else None, writers=[by],
            created_at=now, created_by=by, changed_at=now, changed_by=by,
        )  # fmt: skip
        DraftRule.objects.bulk_create(
            draft_contents.row(draft, place, rule, origin=rule, now=now, by=by) for place, rule in enumerate(rules)
        )
        draft_access.tell("rulebook.draft_begun", draft, by, now, based_on=base.version if base else None)
    return draft


def submit(*, draft_id: int, begins_at: datetime | None, note: str, now: datetime, by: str) -> RulebookDraft:
    """Ask for approval, from a moment on (None: when it is published). Raises WrongState, NotReady, OutOfDate,
    BeginsInThePast."""
    with transaction.atomic():
        draft = draft_access.editable(draft_id)
        if begins_at is not None and begins_at < now:
            raise BeginsInThePast("a version begins now or later")
        catching_up.check_up_to_date(draft)
        draft_contents.content_of(draft)
        draft.state, draft.begins_at, draft.note = State.SUBMITTED, begins_at, note[:500]
        draft.submitted_at, draft.submitted_by = now, by
        draft.save()
        draft_access.tell(
            "rulebook.draft_submitted", draft, by, now, begins=begins_at.isoformat() if begins_at else None
        )
        return draft


def approve(*, draft_id: int, now: datetime, by: str) -> RulebookDraft:
    """Somebody who wrote nothing in it agrees. Raises WrongState, SamePerson."""
    with transaction.atomic():
        draft = draft_access.locked(draft_id)
        policies.check_approve(draft, by)
        draft.state, draft.approved_at, draft.approved_by = State.APPROVED, now, by
        draft.save()
        draft_access.tell(
            "rulebook.draft_approved", draft, by, now, digest=rulebooks.fingerprint(draft_contents.document_of(draft))
        )
        return draft


def send_back(*, draft_id: int, note: str, now: datetime, by: str) -> RulebookDraft:
    """Back to writing, with what is to be changed. Raises WrongState."""
    with transaction.atomic():
        draft = draft_access.locked(draft_id)
        if draft.state not in (State.SUBMITTED, State.APPROVED):
            raise policies.WrongState(f"the draft is {draft.state}: there is nothing to send back")
        draft.state, draft.note = State.DRAFT, note[:500]
        draft.submitted_at = draft.approved_at = None
        draft.submitted_by = draft.approved_by = ""
        draft.save()
        draft_access.tell("rulebook.draft_sent_back", draft, by, now, note=note[:500])
        return draft


def publish(*, draft_id: int, now: datetime, by: str) -> rulebooks.Published:
    """Let an approved draft judge activity from its moment on, or from now when that has passed.

    Raises WrongState, NotReady, OutOfDate, rulebooks.PublishedMeanwhile.
    """
    with transaction.atomic():
        draft = draft_access.locked(draft_id)
        policies.check_publish(draft)
        catching_up.check_up_to_date(draft)
        content = draft_contents.content_of(draft)
        begins_at = draft.begins_at if draft.begins_at is not None and draft.begins_at > now else None
        published = rulebooks.publish(
            program=draft.program, content=content, valid_from=begins_at, now=now, by=by, market_code=draft.market_code
        )
        draft.state, draft.published_id = State.PUBLISHED, published.rulebook_id
        draft.save(update_fields=["state", "published"])
        draft_access.tell("rulebook.draft_published", draft, by, now, version=published.version)
        return published


def drop(*, draft_id: int, now: datetime, by: str) -> None:
    """Put a draft away for good. Raises WrongState."""
    with transaction.atomic():
        draft = draft_access.locked(draft_id)
        if draft.state in (State.PUBLISHED, State.DROPPED):
            raise policies.WrongState(f"the draft is {draft.state}")
        draft.state = State.DROPPED
        draft.save(update_fields=["state"])
        draft_access.tell("rulebook.draft_dropped", draft, by, now)
