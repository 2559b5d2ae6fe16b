"""How a file becomes activity, from its first byte to its closed count.

    know the file again -> plan its chunks (receipt ids only) -> read it whole, block by block
      -> shape -> type -> assemble each chunk when its last row is read -> land it: one transaction a chunk

Reading runs ahead in a thread of its own while a chunk lands, a few chunks at most. A chunk that landed is written
down with its counts in the same transaction: the same command after a kill goes on behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import psycopg
from django.db import OperationalError, transaction

from activity import assembly, chunks, enrolling, files, landing, opening, sources, spilling, validation
from activity.assembly import Assembled
from activity.mapping import Mapping
from activity.models import InboundFile
from activity.progress import Counts, ProgressEvent
from activity.reading.blocks import Reader, Unreadable
from activity.running_ahead import run_ahead
from activity.shaping import SKIP, Shape
from activity.validation import ROW, Surroundings
from programs import queries as programs
from programs.models import Program, Source

Progress = Callable[[ProgressEvent], None]
_ATTEMPTS = 3


@dataclass(frozen=True)
class Portion:
    """A chunk read to its last row: `skipped` rows of it were passed over."""

    number: int
    assembled: Assembled
    skipped: int
    read: int  # rows of the file read so far


def ingest(
    path: Path | str,
    *,
    source: Source,
    program: Program,
    now: datetime,
    by: str,
    mapping: Mapping | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> Counts:
    """Land a file's activity; with `dry_run`, in one transaction that is taken back.

    The counts are the whole file's, also when an earlier run landed part of it.

    Raises Unreadable (activity.reading.blocks) when the file cannot be read to its end.
    """
    if dry_run:
        with transaction.atomic():
            counts = _ingest(Path(path), source, program, mapping, now, by, progress)
            transaction.set_rollback(True)
        return counts
    return _ingest(Path(path), source, program, mapping, now, by, progress)


def _ingest(
    path: Path,
    source: Source,
    program: Program,
    mapping: Mapping | None,
    now: datetime,
    by: str,
    progress: Progress | None,
) -> Counts:
    begun = time.monotonic()
    tell = progress or (lambda event: None)
    reader, shape = opening.open_file(path, mapping)
    file = files.begin(path, source=source, program=program, mapping=mapping, now=now, by=by)
    try:
        plan = chunks.plan(_keys(reader, shape, tell))
        landed = files.landed_chunks(file)
        around = surroundings_of(program, mapping, typed_dates=reader.typed)
        sender = sources.sender_for(source, program, file.pk)
        for portion in run_ahead(_portions(reader, shape, plan, landed, around)):
            sender = _land(portion, sender, file, _Told(source, program, mapping, reader, shape, now, by))
            tell(ProgressEvent("land", portion.read, plan.rows, files.counts(file)))
    except Unreadable as error:
        files.give_up(file, str(error), now=now)
        raise
    counts = files.close(file, rows=plan.rows, now=now)
    counts.seconds, counts.ignored = time.monotonic() - begun, shape.ignored
    return counts


@dataclass(frozen=True)
class _Told:
    """What every chunk of a file is landed with."""

    source: Source
    program: Program
    mapping: Mapping | None
    reader: Reader
    shape: Shape
    now: datetime
    by: str


def _land(portion: Portion, sender: landing.Sender, file: InboundFile, told: _Told) -> landing.Sender:
    """One chunk, one transaction; again when it was the one to give way to another. The sender to go on with."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                if files.claim_chunk(file, portion.number):
                    if told.mapping and told.mapping.members == "create":
                        receipts = portion.assembled.receipts
                        enrolling.enrol_unknown(receipts, sender=sender, program=told.program, now=told.now, by=told.by)
                    outcome = landing.land(portion.assembled, sender, now=told.now)
                    files.record(file, portion, outcome, reader=told.reader, shape=told.shape, now=told.now)
            return sender
        except (OperationalError, psycopg.errors.DeadlockDetected) as error:
            gave_way = isinstance(error, psycopg.errors.DeadlockDetected) or isinstance(
                error.__cause__, psycopg.errors.DeadlockDetected
            )
            if not gave_way or attempt == _ATTEMPTS or transaction.get_connection().in_atomic_block:
                raise
            sender = sources.sender_for(told.source, told.program, file.pk)  # what it remembered was rolled back
    raise AssertionError("unreachable")


def surroundings_of(program: Program, mapping: Mapping | None = None, *, typed_dates: bool = False) -> Surroundings:
    """What rows mean in this program."""
    home = programs.markets_of(program.pk)[0]
    return Surroundings(
        stores={
            store.code: validation.StoreFacts(store.id, store.timezone, store.money)
            for store in programs.stores_of(program.pk)
        },
        timezone=home.timezone,
        currency=home.currency,
        date_format=mapping.dates.format if mapping else None,
        file_timezone=mapping.dates.timezone if mapping else None,
        typed_dates=typed_dates,
    )


def _keys(reader: Reader, shape: Shape, tell: Progress) -> Iterator[tuple[pl.Series, pl.Series]]:
    for block in reader.blocks(shape.identity):
        last = block.first_row + block.frame.height
        rows = pl.int_range(block.first_row, last, dtype=pl.UInt32, eager=True)
        yield chunks.key(shape.receipt_ids(block.frame), rows), rows
        tell(ProgressEvent("read", last, None))


def _portions(
    reader: Reader, shape: Shape, plan: chunks.Plan, landed: set[int], surroundings: Surroundings
) -> Iterator[Portion]:
    """Chunks, each when its last row has been read, but those that have landed already."""
    closing = sorted((end, number) for number, end in enumerate(plan.ends) if number not in landed)
    with spilling.Waiting() as waiting:
        at = 0
        for block in reader.blocks(shape.wanted):
            if at == len(closing):
                return
            rows = shape.apply(block.frame, block.first_row)
            rows = _of_open_chunks(rows, plan, landed)
            waiting.add_skipped(rows.filter(SKIP).get_column("chunk"))
            rows = rows.filter(~pl.col(SKIP)).drop(SKIP)
            waiting.add(validation.typed(rows.drop("chunk"), surroundings), rows.select(ROW, "chunk"))
            read = block.first_row + block.frame.height
            while at < len(closing) and closing[at][0] <= read:
                number = closing[at][1]
                heads, lines, skipped = waiting.take(number)
                yield Portion(number, assembly.assemble(heads, lines, surroundings.currency), skipped, read)
                at += 1


def _of_open_chunks(rows: pl.DataFrame, plan: chunks.Plan, landed: set[int]) -> pl.DataFrame:
    keys = chunks.key(rows.get_column("receipt_id"), rows.get_column(ROW))
    rows = rows.with_columns(plan.chunk_of(keys, rows.get_column(ROW)).alias("chunk"))
    if not landed:
        return rows
    return rows.filter(~pl.col("chunk").is_in(sorted(landed)))
