"""Who is missing from a full file: reported, or taken for deleted, unless so many vanish that the file is to blame."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from replication import crosswalk, leaving, runs
from replication.models import Identity, Line, Run, System
from replication.outcomes import Outcome, Told
from replication.refusals import RecordRefused
from replication.rooms import Room

_AT_ONCE = 1_000
LISTED = 10_000
"""How many of them the report names one by one; the count is always exact."""


def settle(room: Room, total: Outcome) -> dict[str, Any]:
    """Report who is missing, delete them where the system's setting says so; in numbers.

    Nobody is deleted when a record of the file could not be read, or when more than the setting's share would vanish.
    """
    alive = Identity.objects.filter(system=room.system, deleted_at=None)
    gone = alive.exclude(seen_run_id=room.run.pk)
    known, count = alive.count(), gone.count()
    result: dict[str, Any] = {"known": known, "missing": count, "deleted": 0, "held": ""}
    if not count:
        return result
    if room.system.missing == System.Missing.DELETE:
        result["held"] = _why_held(room, total, known, count)
    delete = room.system.missing == System.Missing.DELETE and not result["held"]
    _report(room, list(gone.order_by("pk").values_list("external_id", flat=True)[:LISTED]), total)
    if delete:
        result["deleted"] = _delete(room, gone, total)
    return result


def _why_held(room: Room, total: Outcome, known: int, count: int) -> str:
    if any(line.outcome == "refused" and not line.external_id for line in total.lines) or _unreadable(room.run):
        return "unreadable_records"
    if count * 100 > known * room.system.missing_most_percent:
        return "too_many"
    return ""


def _unreadable(run: Run) -> bool:
    """Whether the file held a record whose person is not known: it may be the one that is missed."""
    return Line.objects.filter(run=run, external_id="", outcome=Line.Outcome.REFUSED).exists()


def _report(room: Room, external_ids: list[str], total: Outcome) -> None:
    lines = [Told(None, external_id, "missing", "MissingFromFullFile") for external_id in external_ids]
    if room.run.dry:
        total.lines += lines
    elif not Line.objects.filter(run=room.run, outcome=Line.Outcome.MISSING).exists():
        runs.tell(room.run, lines)


def _delete(room: Room, gone: Any, total: Outcome) -> int:
    """Close them a thousand at a time; a killed command goes on with who is left."""
    deleted, after = 0, 0
    while rows := list(gone.filter(pk__gt=after).order_by("pk").values_list("pk", "external_id")[:_AT_ONCE]):
        after = rows[-1][0]
        with transaction.atomic():
            deleted += sum(_close(room, external_id, total) for _, external_id in rows)
    return deleted


def _close(room: Room, external_id: str, total: Outcome) -> bool:
    with transaction.get_connection().cursor() as cursor:
        crosswalk.one_at_a_time(cursor, room.system.pk)
        known = crosswalk.known(cursor, room.system.pk, [external_id])[external_id]
    if known.deleted_at is not None:
        return False
    try:
        with transaction.atomic():
            erased = leaving.close(room, known)
    except RecordRefused as why:
        told = Told(None, external_id, "refused", why.reason, why.field, why.detail)
        if room.run.dry:
            total.lines.append(told)
        else:
            runs.tell(room.run, [told])
        return False
    Identity.objects.filter(pk=known.id).update(deleted_at=room.now, erased=erased, changed_at=room.now)
    return True
