"""One activity at a time, through the same validation and landing as files: tills, API, staff, replay of quarantine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import connection, transaction

from activity import assembly, canonical, intake, landing, sources, validation
from activity.models import Quarantine
from activity.reading.blocks import DEFECT, LINE
from activity.validation import ROW, Surroundings
from programs.models import Program, Source

Row = Mapping[str, str]

_REASONS = """
SELECT (SELECT array_agg(reason ORDER BY attribution_id) FROM attribution
        WHERE activity_id = %(activity)s AND ended_at IS NULL),
       (SELECT reason FROM return_wait
        WHERE return_activity_id = %(activity)s AND ended_at IS NULL ORDER BY line LIMIT 1)
"""


@dataclass(frozen=True)
class Outcome:
    """`state`: landed, duplicate or quarantined; `reason`: why in quarantine, or what a landed one waits for."""

    state: str
    activity_id: int | None = None
    occurred_on: date | None = None
    reason: str | None = None
    field: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Tried:
    """What landing rows came to: the outcome, and (row, reason, field, detail) of rows that could not land."""

    outcome: Outcome
    bad: Sequence[tuple[int, str, str, str]]


def land_one(
    rows: Sequence[Row], *, source: Source, program: Program, now: datetime, keep: bool = True, spoken: bool = False
) -> Outcome:
    """Land one activity: its rows by canonical fields, as text (a visit or an event has one row without a sku).

    `spoken` (see activity.assembly): there may be no store, and more tenders than lines.

    The same content again is a duplicate. What cannot land goes into quarantine, unless `keep` is false (a door that
    gives the reason back to the sender at once).
    """
    with transaction.atomic():
        tried = land_rows(
            rows,
            sender=sources.sender_for(source, program),
            surroundings=intake.surroundings_of(program),
            now=now,
            spoken=spoken,
        )
        if tried.bad and keep:
            _keep(rows, tried.bad, source, program, now)
    return tried.outcome


def land_rows(
    rows: Sequence[Row],
    *,
    sender: landing.Sender,
    surroundings: Surroundings,
    now: datetime,
    defects: Sequence[str | None] = (),
    spoken: bool = False,
    beforehand: Callable[[pl.DataFrame], object] = lambda receipts: None,
) -> Tried:
    """Validate and land the rows of one receipt; `defects` says which rows could not even be taken apart.

    `beforehand` gets the receipt (`Assembled.receipts`) when it is good and before it lands.
    """
    frame = _frame(rows, defects)
    typed = validation.typed(frame, surroundings)
    assembled = assembly.assemble(typed.heads, typed.lines, surroundings.currency, spoken=spoken)
    if not assembled.bad.is_empty():
        bad = assembled.bad.select(ROW, "reason", "field", "detail").rows()
        first = next((one for one in bad if one[1] != assembly.HELD), bad[0])
        return Tried(Outcome("quarantined", None, None, *first[1:]), bad)
    beforehand(assembled.receipts)
    outcome = landing.land(assembled, sender, now=now)
    if outcome.refused.height:
        reason, detail = outcome.refused.select("reason", "detail").row(0)
        bad = [(at, reason, "", detail) for at in range(len(rows))]
        return Tried(Outcome("quarantined", None, None, reason, "", detail), bad)
    state, found = ("landed", outcome.landed) if outcome.landed.height else ("duplicate", outcome.duplicates)
    activity_id, day = found.select("activity_id", "occurred_on").row(0)
    return Tried(Outcome(state, activity_id, day, _waits_for(activity_id)), [])


def _frame(rows: Sequence[Row], defects: Sequence[str | None]) -> pl.DataFrame:
    names = list(dict.fromkeys(["receipt_id", "occurred_at", "store", *(name for row in rows for name in row)]))
    strange = [name for name in names if not canonical.is_field(name)]
    if strange:
        raise ValueError(f"{strange[0]} is no field of an activity")
    columns = {name: [row.get(name) or None for row in rows] for name in names}
    said = defects or [_unstorable(row) for row in rows]
    schema: dict[str, Any] = dict.fromkeys(names, pl.String) | {DEFECT: pl.String}
    frame = pl.DataFrame({**columns, DEFECT: list(said)}, schema=schema)
    frame = frame.with_columns(pl.col(names).str.replace_all("\0", "�", literal=True))
    numbers = pl.int_range(pl.len(), dtype=pl.UInt32)
    return frame.with_columns(numbers.alias(ROW), (numbers + 1).alias(LINE))


def _unstorable(row: Row) -> str | None:
    return next((f"{name} holds a NUL character" for name, value in row.items() if "\0" in (value or "")), None)


def _waits_for(activity_id: int) -> str | None:
    """UnknownReceipt, UnknownMember or CardBlocked, when that is what the activity still lacks."""
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, {"activity": activity_id})
        reasons, returning = cursor.fetchone()
    return reasons[0] if reasons and all(reasons) else returning


def _keep(
    rows: Sequence[Row], bad: Iterable[tuple[int, str, str, str]], source: Source, program: Program, now: datetime
) -> None:
    """Into quarantine, once for the same bytes."""
    for at, reason, field, detail in bad:
        raw = json.dumps(dict(rows[at]), ensure_ascii=False, sort_keys=True)
        receipt_id = (rows[at].get("receipt_id") or "").replace("\0", "�")[:200] or None
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM quarantine WHERE source_id = %s AND receipt_id IS NOT DISTINCT FROM %s"
                " AND file_id IS NULL AND line = %s AND raw = %s AND reason = %s AND state IN ('open', 'fixed'))",
                [source.pk, receipt_id, at + 1, raw.encode(), reason],
            )
            known = cursor.fetchone()[0]
        if not known:
            Quarantine.objects.create(
                source=source,
                program=program,
                line=at + 1,
                receipt_id=receipt_id,
                reason=reason,
                field=field[:80],
                detail=detail[:300],
                raw=raw.encode(),
                content={name: value.replace("\0", "�") for name, value in rows[at].items() if value},
                at=now,
            )
