"""Readings of files and days of pushing: known again by their content, their chunks, what came of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, connection, transaction

from replication.mapping import Mapping
from replication.models import Chunk, Line, Run, System
from replication.outcomes import Outcome, Told


def begin(path: Path, *, system: System, kind: str, mapping: Mapping, now: datetime, by: str, dry: bool) -> Run:
    """The open reading of this very content, or a new one."""
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").digest()
    same = {"system": system, "kind": kind, "sha256": sha256, "mapping_sha256": mapping.sha256}
    while True:
        try:
            with transaction.atomic():
                return Run.objects.create(
                    **same, name=path.name[:200], size=path.stat().st_size, opened_at=now, by=by, dry=dry
                )
        except IntegrityError:
            found = Run.objects.select_related("system").filter(**same, state=Run.State.OPEN).first()
            if found is not None:  # else it was closed between the two, and this is another reading
                return found


def of_day(system: System, *, now: datetime, by: str) -> Run:
    """The run of what is pushed this day (UTC); yesterday's is closed."""
    name = now.date().isoformat()
    day = hashlib.sha256(name.encode()).digest()
    with transaction.atomic():
        found, made = Run.objects.get_or_create(
            system=system, kind=Run.Kind.PUSH, sha256=day, mapping_sha256=b"", state=Run.State.OPEN,
            defaults={"name": name, "opened_at": now, "by": by},
        )  # fmt: skip
        if made:
            for old in Run.objects.filter(system=system, kind=Run.Kind.PUSH, state=Run.State.OPEN).exclude(pk=found.pk):
                close(old, now=now)
    return found


def taken_chunks(run: Run) -> set[int]:
    return set(Chunk.objects.filter(run=run).values_list("number", flat=True))


def claim_chunk(run: Run, number: int) -> bool:
    """Whether this chunk is still to take, asked under a lock that two commands on one file share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"replication run {run.pk} {number}"])
    return not Chunk.objects.filter(run=run, number=number).exists()


def next_chunk(run: Run) -> int:
    """The number of a pushed body; call it under the lock of its system (crosswalk.one_at_a_time)."""
    last = Chunk.objects.filter(run=run).order_by("-number").values_list("number", flat=True).first()
    return 0 if last is None else last + 1


def record(run: Run, number: int, outcome: Outcome, now: datetime) -> None:
    """Write down what came of a chunk, in its transaction."""
    counts, points = outcome.as_json()
    Chunk.objects.create(run=run, number=number, counts=counts, points=points, at=now)
    tell(run, outcome.lines)


def tell(run: Run, lines: Sequence[Told]) -> None:
    """Lines of the report."""
    Line.objects.bulk_create((Line(run=run, **asdict(line)) for line in lines), batch_size=2000)


def so_far(run: Run) -> Outcome:
    """What came of all chunks taken."""
    total = Outcome()
    for counts, points in Chunk.objects.filter(run=run).order_by("number").values_list("counts", "points"):
        total.add(Outcome.of_json(counts, points))
    return total


def close(run: Run, *, now: datetime, total: Outcome | None = None, seconds: int = 0, **values: object) -> Outcome:
    """The run is over: its sums are written beside it."""
    total = total or so_far(run)
    counts, points = total.as_json()
    changes = {
        "state": Run.State.CLOSED, "closed_at": now, "counts": counts, "points": points, "records": total.records,
        "seconds": seconds, **values,
    }  # fmt: skip
    Run.objects.filter(pk=run.pk, state=Run.State.OPEN).update(**changes)
    return total


def give_up(run: Run, why: str, *, now: datetime) -> None:
    """The file turned out to be unreadable; what was taken of it stays, and it may be sent again."""
    Run.objects.filter(pk=run.pk).update(state=Run.State.UNREADABLE, error=why[:500], closed_at=now)
