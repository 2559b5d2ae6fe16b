"""What staff do with rows that could not land: correct them, drop them, and let their receipt try again, whole.

A receipt's rows are locked while it is worked on, so that two people (or a person and a replay) take turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from activity import canonical
from activity.models import InboundFile, Quarantine
from audit import trail

OPEN_STATES = (Quarantine.State.OPEN, Quarantine.State.FIXED)


class NotInQuarantine(Exception):
    """The row is not there, or has landed or been dropped already."""


class UnknownField(ValueError):
    """A correction names a field that is none of an activity file's."""


@dataclass(frozen=True)
class Replayed:
    """What a receipt's replay came to; `state` as in activity.single.Outcome, or empty when no row is left."""

    receipt_id: str | None
    rows: int
    state: str
    reason: str | None = None
    detail: str = ""


@transaction.atomic
def fix(*, row_id: int, changes: Mapping[str, str | None], now: datetime, by: str) -> Quarantine:
    """Correct fields of a row (None empties one). The receipt lands by `replay`, when all its rows are good."""
    strange = sorted(name for name in changes if not canonical.is_field(name))
    if strange:
        raise UnknownField(f"{strange[0]} is no field of an activity file")
    if any("\0" in (value or "") for value in changes.values()):
        raise UnknownField("a NUL character cannot be kept")
    row = _locked(row_id)
    row.corrected = {**(row.corrected or {}), **changes}
    row.state = Quarantine.State.FIXED
    return _saved(row, "fixed", now, by, sorted(changes))


@transaction.atomic
def drop(*, row_id: int, now: datetime, by: str) -> Quarantine:
    """Decide that a row never happened. The rest of its receipt may then land by `replay`."""
    row = _locked(row_id)
    row.state = Quarantine.State.DROPPED
    return _saved(row, "dropped", now, by, [])


def replay(*, rows: QuerySet[Quarantine], now: datetime, by: str) -> list[Replayed]:
    """Let the receipts of these rows try again, each whole and in a transaction of its own."""
    groups = {
        (row.file_id, row.source_id, row.program_id, _receipt_id(row)): row.pk
        for row in rows.filter(state__in=OPEN_STATES).order_by("id")
    }
    return [_replay_one(*group, row_id, now, by) for group, row_id in groups.items()]


def waiting() -> QuerySet[Quarantine]:
    """Rows that somebody has to look at."""
    return Quarantine.objects.filter(state__in=OPEN_STATES).select_related("file", "source", "program").order_by("id")


def effective(row: Quarantine) -> dict[str, str]:
    """The row's fields with its corrections."""
    fields = {**(row.content or {}), **(row.corrected or {})}
    return {name: value for name, value in fields.items() if value}


def _receipt_id(row: Quarantine) -> str | None:
    said: str | None = (row.corrected or {}).get("receipt_id") or row.receipt_id
    return said


def _locked(row_id: int) -> Quarantine:
    row = Quarantine.objects.select_for_update().filter(pk=row_id, state__in=OPEN_STATES).first()
    if row is None:
        raise NotInQuarantine(f"row {row_id} is not in quarantine")
    return row


def _saved(row: Quarantine, what: str, now: datetime, by: str, fields: list[str]) -> Quarantine:
    row.changed_at, row.changed_by = now, by[:80]
    row.save(update_fields=["corrected", "state", "changed_at", "changed_by"])
    trail.record(action=f"quarantine.{what}", actor=by, obj=("quarantine", row.pk), at=now, data={"fields": fields})
    return row


@transaction.atomic
def _replay_one(
    file_id: int | None,
    source_id: int,
    program_id: int,
    receipt_id: str | None,
    row_id: int,
    now: datetime,
    by: str,
) -> Replayed:
    rows = _rows_of_receipt(file_id, source_id, program_id, receipt_id, row_id)
    if not rows:
        return Replayed(receipt_id, 0, "")
    tried = _try(rows, file_id, now, by)
    bad = {at: (reason, field, detail) for at, reason, field, detail in tried.bad}
    for at, row in enumerate(rows):
        if bad:
            row.reason, row.field, row.detail = (text[:size] for text, size in zip(bad[at], (40, 80, 300), strict=True))
        else:
            row.state = Quarantine.State.LANDED
        row.changed_at, row.changed_by = now, by[:80]
    Quarantine.objects.bulk_update(rows, ["reason", "field", "detail", "state", "changed_at", "changed_by"])
    trail.record(
        action="quarantine.replayed",
        actor=by,
        obj=("quarantine", rows[0].pk),
        at=now,
        data={"rows": len(rows), "state": tried.outcome.state, "reason": tried.outcome.reason},
    )
    return Replayed(receipt_id, len(rows), tried.outcome.state, tried.outcome.reason, tried.outcome.detail)


def _rows_of_receipt(
    file_id: int | None, source_id: int, program_id: int, receipt_id: str | None, row_id: int
) -> list[Quarantine]:
    """The receipt's rows that are neither dropped nor landed, locked, in the order of the file."""
    same = Q(file_id=file_id, source_id=source_id, program_id=program_id, state__in=OPEN_STATES)
    if receipt_id is None:
        same &= Q(pk=row_id)
    else:
        corrected = Q(corrected__receipt_id=receipt_id)
        same &= corrected | Q(receipt_id=receipt_id) & (Q(corrected=None) | ~Q(corrected__has_key="receipt_id"))
    return list(Quarantine.objects.select_for_update().filter(same).order_by("line", "id"))


def _try(rows: list[Quarantine], file_id: int | None, now: datetime, by: str) -> Any:
    """Land them as their file would have been landed, its unknown members enrolled where its mapping says so."""
    from activity import enrolling, intake, mapping, single, sources  # Polars, only when something is replayed

    file = InboundFile.objects.get(pk=file_id) if file_id else None
    read_as = mapping.Mapping.model_validate(file.mapping) if file and file.mapping else None
    program = rows[0].program
    sender = sources.sender_for(rows[0].source, program, file_id)

    def enrol(receipts: Any) -> None:
        if read_as is not None and read_as.members == "create":
            enrolling.enrol_unknown(receipts, sender=sender, program=program, now=now, by=by)

    return single.land_rows(
        [effective(row) for row in rows],
        sender=sender,
        surroundings=intake.surroundings_of(program, read_as, typed_dates=True),
        now=now,
        defects=[_defect(row) for row in rows],
        beforehand=enrol,
    )


def _defect(row: Quarantine) -> str | None:
    """A row that could not be taken apart stays bad until somebody has corrected it."""
    torn = row.reason == "InvalidField" and not row.field and row.state == Quarantine.State.OPEN
    return row.detail if torn else None


def receipts_of(row_ids: Iterable[int]) -> QuerySet[Quarantine]:
    """The rows that are to be replayed when these were worked on: theirs, and those they held back."""
    named = Quarantine.objects.filter(pk__in=list(row_ids))
    same = Q(pk__in=named)
    for row in named:
        if (receipt_id := _receipt_id(row)) is not None:
            same |= Q(file_id=row.file_id, source_id=row.source_id, receipt_id=receipt_id)
    return Quarantine.objects.filter(same)
