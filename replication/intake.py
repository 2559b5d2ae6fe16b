"""How a file of records is taken, from its first byte to its report.

    know the file again -> read it, a chunk of records at a time -> take each chunk: one transaction
      -> who is missing from a full file -> close with the sums

Reading runs ahead in a thread of its own while a chunk is taken. A chunk that was taken is written down with its
counts in the same transaction: the same command after a kill goes on behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import psycopg
from django.db import OperationalError, transaction

from activity import attribution
from activity.running_ahead import run_ahead
from replication import landing, missing, reading, runs
from replication.landing import Item
from replication.mapping import CANONICAL, Mapping
from replication.models import Run, System
from replication.outcomes import Outcome
from replication.records import Surroundings
from replication.refusals import Unreadable
from replication.rooms import Room, enter

RECORDS_PER_CHUNK = 2_000
REMATCHED = 2_000
"""Receipts that waited for these members and count at once; a worker finds the others."""

_ATTEMPTS = 3


@dataclass(frozen=True)
class Portion:
    """Records of one chunk; none of one that was taken before."""

    number: int
    items: list[Item]
    read: int


Progress = Callable[[int], None]
"""Told how many records of the file have been gone through."""


def load(
    path: Path | str,
    *,
    system: System,
    kind: str,
    now: datetime,
    by: str,
    mapping: Mapping | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Take a full or delta file; the closed run. With `dry_run` everything is done and taken back, but the report.

    Raises Unreadable when the file cannot be read to its end.
    """
    path, tell = Path(path), progress or (lambda done: None)
    how = mapping or stored_mapping(system)
    if not path.is_file():
        raise Unreadable(f"{path.name}: there is no such file")
    if dry_run:
        return _dry(path, system, kind, how, now, by, tell)
    run = runs.begin(path, system=system, kind=kind, mapping=how, now=now, by=by, dry=False)
    begun = time.monotonic()
    room = enter(run, mapping=how, now=now, by=by)
    try:
        for portion in run_ahead(_portions(path, room.around, runs.taken_chunks(run))):
            if portion.items:
                _land(room, portion)
            tell(portion.read)
    except Unreadable as error:
        runs.give_up(run, str(error), now=now)
        raise
    total = runs.so_far(run)
    gone = missing.settle(room, total) if kind == Run.Kind.FULL else {}
    runs.close(run, now=now, seconds=round(time.monotonic() - begun), missing=gone, total=total)
    attribution.rematch(room.program, now, REMATCHED)
    run.refresh_from_db()
    return run


def stored_mapping(system: System) -> Mapping:
    """How this system's files are read, where nothing else is said."""
    return Mapping.model_validate(system.mapping) if system.mapping else CANONICAL


def _land(room: Room, portion: Portion) -> None:
    """One chunk, one transaction; again when it was the one to give way to another."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                if runs.claim_chunk(room.run, portion.number):
                    runs.record(room.run, portion.number, landing.land(room, portion.items), room.now)
            return
        except (OperationalError, psycopg.errors.DeadlockDetected) as error:
            gave_way = isinstance(error.__cause__ or error, psycopg.errors.DeadlockDetected)
            if not gave_way or attempt == _ATTEMPTS or transaction.get_connection().in_atomic_block:
                raise


def _dry(
    path: Path, system: System, kind: str, mapping: Mapping, now: datetime, by: str, tell: Progress
) -> Run:  # fmt: skip
    """Everything in one transaction that is taken back; the report is written after it."""
    begun, total = time.monotonic(), Outcome()
    with transaction.atomic():
        run = runs.begin(path, system=system, kind=kind, mapping=mapping, now=now, by=by, dry=True)
        room = enter(run, mapping=mapping, now=now, by=by)
        for portion in run_ahead(_portions(path, room.around, set())):
            total.add(landing.land(room, portion.items))
            tell(portion.read)
        gone = missing.settle(room, total) if kind == Run.Kind.FULL else {}
        transaction.set_rollback(True)
    with transaction.atomic():
        kept = Run.objects.create(
            system=system, kind=kind, dry=True, name=path.name[:200], size=run.size, sha256=run.sha256,
            mapping_sha256=mapping.sha256, opened_at=now, by=by, state=Run.State.CLOSED,
        )  # fmt: skip
        counts, points = total.as_json()
        Run.objects.filter(pk=kept.pk).update(
            counts=counts, points=points, missing=gone, records=total.records, closed_at=now,
            seconds=round(time.monotonic() - begun),
        )  # fmt: skip
        runs.tell(kept, total.lines)
    kept.refresh_from_db()
    return kept


def _portions(path: Path, around: Surroundings, taken: set[int]) -> Iterator[Portion]:
    """Chunks of the file in its order; those taken before are read over."""
    records = reading.records(path, around.mapping)
    number = read = 0
    while chunk := list(islice(records, RECORDS_PER_CHUNK)):
        read += len(chunk)
        items = [] if number in taken else [landing.item(raw, around) for raw in chunk]
        yield Portion(number, items, read)
        number += 1
