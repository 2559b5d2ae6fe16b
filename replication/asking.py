"""Questions for staff: a field that both sides changed, a newcomer who may be here already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from members.addressing import Address
from replication.models import Conflict
from replication.outcomes import Outcome
from replication.records import Record
from replication.rooms import Room
from replication.works import Work

RECORD: TypeAdapter[Record] = TypeAdapter(Record)
"""A newcomer as sent, while it waits: to and from plain JSON."""


def about_fields(room: Room, works: Sequence[Work], outcome: Outcome) -> None:
    """Ask about what both changed; what was asked of these people before is overtaken by what they say now."""
    asked = [work for work in works if work.change and work.change.questions]
    for work in asked:
        _overtake(room, work)
    Conflict.objects.bulk_create(
        Conflict(
            system=room.system, run=room.run, line=work.record.line, kind=Conflict.Kind.FIELD,
            external_id=work.record.external_id, membership_id=work.membership_id or 0, field=name,
            version=work.record.version, opened_at=room.now, **_words(value),
        )
        for work in asked if work.change
        for name, value in work.change.questions.items()
    )  # fmt: skip
    for work in asked:
        work.outcome = "conflicting"
        if work.change:
            outcome.ask(work.record, work.change.questions, "BothChanged")


def _words(value: Any) -> dict[str, Any]:
    """What they say as the queue shows it; an address also in its parts."""
    if isinstance(value, Address):
        return {"theirs": ", ".join(value.lines)[:254], "record": asdict(value)}
    return {"theirs": "" if value is None else str(value)[:254]}


def _overtake(room: Room, work: Work) -> None:
    """What was asked before of the same field is overtaken by what they say now."""
    assert work.change
    Conflict.objects.filter(
        system=room.system, state=Conflict.State.OPEN, kind=Conflict.Kind.FIELD,
        external_id=work.record.external_id, field__in=list(work.change.questions),
    ).update(
        state=Conflict.State.OVERTAKEN, resolved_at=room.now, resolved_by=room.by, theirs="", record=None
    )  # fmt: skip


def whether_same(room: Room, record: Record, membership_id: int) -> None:
    """Ask whether a newcomer is somebody who is here; asked already, the question carries what they say now."""
    values = {
        "membership_id": membership_id, "version": record.version, "run": room.run, "line": record.line,
        "record": RECORD.dump_python(record, mode="json"),
    }  # fmt: skip
    waiting = Conflict.objects.filter(
        system=room.system, external_id=record.external_id, field="", state=Conflict.State.OPEN
    )  # fmt: skip
    if not waiting.update(**values):
        Conflict.objects.create(
            system=room.system, kind=Conflict.Kind.DUPLICATE, external_id=record.external_id, opened_at=room.now,
            **values,
        )  # fmt: skip
