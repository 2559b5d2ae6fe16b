"""Holding a draft: locked while somebody works on it, its writers and the trail told of what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from audit import trail
from rules_engine import policies
from rules_engine.models import RulebookDraft


def locked(draft_id: int) -> RulebookDraft:
    return RulebookDraft.objects.select_for_update(of=("self",)).select_related("program").get(pk=draft_id)


def editable(draft_id: int) -> RulebookDraft:
    """The draft, locked, while it is written. Raises WrongState."""
    draft = locked(draft_id)
    policies.check_edit(draft)
    return draft


def touch(draft: RulebookDraft, now: datetime, by: str) -> None:
    """Somebody wrote in it: who did does not approve it."""
    if by not in draft.writers:
        draft.writers = [*draft.writers, by]
    draft.changed_at, draft.changed_by = now, by
    draft.save()


def tell(action: str, draft: RulebookDraft, by: str, now: datetime, **data: Any) -> None:
    trail.record(action=action, actor=by, obj=("rulebook_draft", draft.pk), at=now, data=data)
