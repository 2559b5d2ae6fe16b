"""Readings of files: known again by their content, their landed chunks, their counts and the rows kept back."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.db.utils import IntegrityError

from activity import canonical
from activity.assembly import RECEIPT
from activity.landing import Landing
from activity.mapping import Mapping
from activity.models import InboundChunk, InboundFile
from activity.progress import Counts
from activity.reading.blocks import LINE, RAW, Reader
from programs.models import Program, Source

_QUARANTINE = """
INSERT INTO quarantine (file_id, source_id, program_id, line, receipt_id, reason, field, detail, raw, content,
                        corrected, state, at, changed_by)
SELECT %(file)s, %(source)s, %(program)s, bad.*, NULL, 'open', %(now)s, ''
FROM unnest(%(lines)s::bigint[], %(receipts)s::text[], %(reasons)s::text[], %(fields)s::text[], %(details)s::text[],
            %(raws)s::bytea[], %(contents)s::jsonb[]) AS bad
"""
_ALREADY_KEPT = """
SELECT q.line FROM quarantine q JOIN inbound_file f ON f.id = q.file_id
WHERE f.source_id = %s AND f.program_id = %s AND f.sha256 = %s AND f.id <> %s AND q.line = ANY(%s)
"""


def begin(
    path: Path, *, source: Source, program: Program, mapping: Mapping | None, now: datetime, by: str
) -> InboundFile:
    """The open reading of this very content, or a new one."""
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").digest()
    same = {
        "source": source,
        "program": program,
        "sha256": sha256,
        "mapping_sha256": mapping.sha256 if mapping else b"",
        "state": InboundFile.State.OPEN,
    }
    try:
        with transaction.atomic():
            return InboundFile.objects.create(
                **same,
                mapping=mapping.model_dump(mode="json", by_alias=True, exclude_unset=True) if mapping else None,
                name=path.name[:200],
                size=path.stat().st_size,
                by=by,
                opened_at=now,
            )
    except IntegrityError:
        return InboundFile.objects.get(**same)


def landed_chunks(file: InboundFile) -> set[int]:
    return set(InboundChunk.objects.filter(file_id=file.pk).values_list("chunk", flat=True))


def claim_chunk(file: InboundFile, number: int) -> bool:
    """Whether this chunk is still to land, asked under a lock that two commands on one file share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"inbound_chunk {file.pk} {number}"])
    return not InboundChunk.objects.filter(file_id=file.pk, chunk=number).exists()


def record(file: InboundFile, portion: Any, outcome: Landing, *, reader: Reader, shape: Any, now: datetime) -> None:
    """Keep the chunk's bad rows and write down what became of its rows."""
    bad = portion.assembled.bad
    refused = outcome.refused
    if not refused.is_empty():
        rows = portion.assembled.places.join(refused, on=RECEIPT, maintain_order="left")
        rows = rows.with_columns(pl.lit("").alias("field"))
        bad = pl.concat([bad.drop("row"), rows.select(bad.drop("row").columns)])
    kept = _keep(file, bad, reader, shape, now) if not bad.is_empty() else bad
    duplicates = int(outcome.duplicates.get_column("rows").sum() or 0)
    landed = int(outcome.landed.get_column("rows").sum() or 0)
    kinds = outcome.landed.get_column("kind_code")
    InboundChunk.objects.create(
        file_id=file.pk,
        chunk=portion.number,
        rows=portion.skipped + landed + duplicates + bad.height,
        skipped=portion.skipped,
        landed=landed,
        duplicate=duplicates + bad.height - kept.height,
        quarantined=kept.height,
        receipts=int((kinds <= canonical.KINDS["return"]).sum()),
        returns=int((kinds == canonical.KINDS["return"]).sum()),
        anonymous=outcome.anonymous,
        unmatched=outcome.unmatched,
        reasons=dict(kept.get_column("reason").value_counts().iter_rows()) if kept.height else {},
        at=now,
    )


def _keep(file: InboundFile, bad: pl.DataFrame, reader: Reader, shape: Any, now: datetime) -> pl.DataFrame:
    """Put bad rows into quarantine with their bytes, but those an earlier reading of this content has kept."""
    lines = bad.get_column(LINE).to_list()
    with connection.cursor() as cursor:
        cursor.execute(_ALREADY_KEPT, [file.source_id, file.program_id, bytes(file.sha256), file.pk, lines])
        known = [line for (line,) in cursor.fetchall()]
        bad = bad.filter(~pl.col(LINE).is_in(known))
        again = reader.reread(bad.get_column(LINE).to_list(), shape.wanted)
        rows = bad.join(_contents(again, shape), on=LINE, how="left", maintain_order="left")
        cursor.execute(
            _QUARANTINE,
            {
                "file": file.pk,
                "source": file.source_id,
                "program": file.program_id,
                "now": now,
                "lines": rows.get_column(LINE).to_list(),
                "receipts": rows.get_column("receipt_id").str.slice(0, 200).to_list(),
                "reasons": rows.get_column("reason").to_list(),
                "fields": rows.get_column("field").str.slice(0, 80).to_list(),
                "details": rows.get_column("detail").str.slice(0, 300).to_list(),
                "raws": rows.get_column(RAW).to_list(),
                "contents": rows.get_column("content").to_list(),
            },
        )
    return bad


def _contents(again: pl.DataFrame, shape: Any) -> pl.DataFrame:
    """(LINE, RAW, content): each row's canonical fields as JSON, for whoever corrects it."""
    shaped = shape.apply(again, 0)
    fields = [name for name in shaped.columns if canonical.is_field(name)]
    contents = [
        json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=False)
        for row in shaped.select(fields).iter_rows(named=True)
    ]
    return again.select(LINE, RAW, pl.Series("content", contents, pl.String))


_SUMS = ("rows", "skipped", "landed", "duplicate", "quarantined", "receipts", "returns", "anonymous", "unmatched")


def counts(file: InboundFile) -> Counts:
    """What became of the rows of all landed chunks."""
    total = Counts()
    for values in InboundChunk.objects.filter(file_id=file.pk).values_list(*_SUMS, "reasons"):
        total.add(Counts(*values[:-1]))
        total.reasons.update(values[-1])
    return total


def close(file: InboundFile, *, rows: int, now: datetime) -> Counts:
    """The reading is over; a check of the table refuses counts that do not add up."""
    total = counts(file)
    InboundFile.objects.filter(pk=file.pk, state=InboundFile.State.OPEN).update(
        state=InboundFile.State.CLOSED,
        rows=rows,
        skipped=total.skipped,
        landed=total.landed_rows,
        duplicate=total.duplicate_rows,
        quarantined=total.quarantined_rows,
        closed_at=now,
    )
    return total


def give_up(file: InboundFile, why: str, *, now: datetime) -> None:
    """The file turned out to be unreadable; what landed of it stays, and it may be sent again."""
    InboundFile.objects.filter(pk=file.pk).update(state=InboundFile.State.UNREADABLE, error=why[:500], closed_at=now)
