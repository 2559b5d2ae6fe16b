"""Books of acceptance that run beside a draft: asked for, taken by a worker, kept with who asked and when.

The row is the queue. One is under way per draft; a worker holds it by a lease, so that one that was killed leaves it to
the next, and what comes from a worker that lost its lease is dropped. A result says which draft it saw: it is stale
once the draft was changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from rules_engine import draft_access
from rules_engine.models import DraftRehearsal

State = DraftRehearsal.State
LEASE = timedelta(seconds=200)
"""Longer than a worker's task may take."""
MOST_ATTEMPTS = 3
KEPT = 20


class UnderWay(Exception):
    """A book of this draft is waiting or running: one at a time."""


def ask(*, draft_id: int, book: str, text: str, playbook: str = "", now: datetime, by: str) -> DraftRehearsal:
    """Let a book be run beside a draft; `playbook` is the draft as it is now, where the book runs on it.

    Raises UnderWay.
    """
    with transaction.atomic():
        draft = draft_access.locked(draft_id)
        try:
            with transaction.atomic():
                row = DraftRehearsal.objects.create(
                    draft=draft, draft_changed_at=draft.changed_at, book=book[:120], text=text, playbook=playbook,
                    asked_at=now, asked_by=by,
                )  # fmt: skip
        except IntegrityError:
            raise UnderWay("one book of a draft at a time") from None
        draft_access.tell("rulebook.draft_rehearsal_asked", draft, by, now, book=row.book)
    return row


def take(*, now: datetime) -> DraftRehearsal | None:
    """The one that waits longest, or whose worker is gone, for this caller alone; None when there is nothing to do.

    One that outlived so many workers is given up: it would outlive no other.
    """
    due = Q(state=State.WAITING) | Q(state=State.RUNNING, leased_until__lte=now)
    with transaction.atomic():
        row = DraftRehearsal.objects.select_for_update(skip_locked=True).filter(due).order_by("asked_at", "pk").first()
        if row is None:
            return None
        if row.attempts >= MOST_ATTEMPTS:
            row.state, row.ended_at, row.leased_until = State.GIVEN_UP, now, None
        else:
            row.state, row.begun_at, row.attempts, row.leased_until = State.RUNNING, now, row.attempts + 1, now + LEASE
        row.save(update_fields=["state", "begun_at", "attempts", "leased_until", "ended_at"])
    return row


def keep(*, row: DraftRehearsal, result: Mapping[str, Any], now: datetime) -> bool:
    """Keep how a book went, `{name, lines, problems, passed, failed}`; False where another worker has it by now."""
    mine = DraftRehearsal.objects.filter(pk=row.pk, state=State.RUNNING, attempts=row.attempts)
    with transaction.atomic():
        draft = draft_access.locked(row.draft_id)
        if not mine.update(state=State.DONE, result=dict(result), ended_at=now, leased_until=None):
            return False
        old = draft.rehearsed.order_by("-asked_at", "-pk").values_list("pk", flat=True)[KEPT:]
        DraftRehearsal.objects.filter(pk__in=list(old)).delete()
        draft_access.tell("rulebook.draft_rehearsed", draft, row.asked_by, now, book=row.book,
                          passed=result.get("passed"), failed=result.get("failed"))  # fmt: skip
    return True


def let_go(*, row: DraftRehearsal) -> None:
    """Let another worker take it at once; the attempt counts."""
    mine = DraftRehearsal.objects.filter(pk=row.pk, state=State.RUNNING, attempts=row.attempts)
    mine.update(state=State.WAITING, leased_until=None)


def waits(*, now: datetime) -> bool:
    """Whether there is anything to take."""
    due = Q(state=State.WAITING) | Q(state=State.RUNNING, leased_until__lte=now)
    return DraftRehearsal.objects.filter(due).exists()


def is_stale(row: DraftRehearsal) -> bool:
    """Whether the draft was changed since the book was asked for."""
    return row.draft_changed_at != row.draft.changed_at
