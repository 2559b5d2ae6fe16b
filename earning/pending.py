"""Points that wait for an event: `pending: {until: delivered}`.

Until it happens their lots wait without end. `deliver` says that it happened: lots there already mature, and what the
activity earns later (a purchase scored after its delivery, a correction) is spendable from the same moment. An event
activity of that type that names the receipt (`original_receipt_id`) does the same by landing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection, transaction

from audit import trail
from earning import frames, standing
from earning.batches import EVENT
from earning.terms import Terms
from ledger import families, maturing
from programs import queries as programs
from programs.models import Program
from programs.queries import Currency


class UnknownReceipt(Exception):
    """No such activity belongs to a member of the program; nothing was written."""


class NothingWaits(Exception):
    """No currency of the program waits for such an event; nothing was written."""


_FIND = """
SELECT t.holder_id, t.activity_id, t.occurred_on FROM attribution AS t
WHERE t.program_id = %s AND t.ended_at IS NULL AND t.holder_id IS NOT NULL AND t.activity_id = %s
"""
_CALLED = "SELECT activity_id FROM activity_key WHERE source_id = %s AND external_id = %s"
_WRITE = """
INSERT INTO delivery (holder_id, activity_id, event_type, occurred_on, delivered_at, at, by)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (holder_id, activity_id, event_type) DO NOTHING
"""
_DELIVERED = """
SELECT holder_id, activity_id, event_type, (extract(epoch FROM delivered_at) * 1000000)::bigint FROM delivery
WHERE (holder_id, activity_id) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))
"""
_DELIVERED_SCHEMA: dict[str, Any] = {
    "holder_id": pl.Int64,
    "activity_id": pl.Int64,
    "until": pl.String,
    "delivered_us": pl.Int64,
}
_NAMED = """
SELECT e.event_type, e.occurred_at, k.activity_id, t.holder_id, t.occurred_on
FROM activity AS e
JOIN activity_key AS k ON k.source_id = e.source_id AND k.external_id = e.original_external_id
JOIN attribution AS t ON t.activity_id = k.activity_id AND t.program_id = %s AND t.ended_at IS NULL
WHERE e.activity_id = ANY(%s) AND t.holder_id IS NOT NULL
"""


@transaction.atomic
def deliver(
    *, program: Program, activity_id: int | None = None, called: tuple[int, str] | None = None,
    event_type: str | None = None, now: datetime, by: str, delivered_at: datetime | None = None,
) -> int:  # fmt: skip
    """Say that the event which points of an activity wait for happened, at `delivered_at` (now unless said).

    The activity is named by its id, or `called` as its sender does: (source_id, external_id), since two senders may use
    one number. Without `event_type`, every event a currency of the program waits for. Doing it again changes nothing.
    Returns how many lots matured. Raises UnknownReceipt, NothingWaits; ValueError unless it is named one way.
    """
    if (activity_id is None) == (called is None):
        raise ValueError("an activity is named by its id, or by its source and that source's number")
    waiting = _waiting(programs.currencies_of(program.pk), event_type)
    if not waiting:
        raise NothingWaits(event_type or "")
    with connection.cursor() as wrapper:
        cursor = wrapper.cursor
        holder_id, number, day = _found(cursor, program.pk, activity_id, called)
        at = delivered_at or now
        matured = sum(
            _deliver(cursor, [(holder_id, number, day)], kind, own, at=at, now=now, by=by)
            for kind, own in waiting.items()
        )
    data = {"events": sorted(waiting), "lots": matured}
    trail.record(action="activity.delivered", actor=by, obj=("activity", number), at=now, data=data)
    return matured


def _found(
    cursor: Any, program_id: int, activity_id: int | None, called: tuple[int, str] | None
) -> tuple[int, int, Any]:  # fmt: skip
    """(holder, activity, day), both ways by a key. Raises UnknownReceipt."""
    if called is not None:
        cursor.execute(_CALLED, called)
        (activity_id,) = cursor.fetchone() or (None,)
    cursor.execute(_FIND, [program_id, activity_id])
    row: tuple[int, int, Any] | None = cursor.fetchone()
    if row is None:
        raise UnknownReceipt(called[1] if called else str(activity_id))
    return row


def deliver_landed(cursor: Any, activities: pl.DataFrame, terms: Terms, *, now: datetime, by: str) -> None:
    """Let event activity of a batch deliver the receipts it names, where the program has points that wait."""
    waiting = _waiting(terms.currencies.values(), None)
    if not waiting:
        return
    events = activities.filter((pl.col("kind") == EVENT) & pl.col("event_type").is_in(list(waiting)))
    if events.is_empty():
        return
    cursor.execute(_NAMED, [terms.program_id, events["activity_id"].to_list()])
    for kind, at, activity_id, holder_id, day in cursor.fetchall():
        _deliver(cursor, [(holder_id, activity_id, day)], kind, waiting[kind], at=at, now=now, by=by)


def known_deliveries(cursor: Any, earned: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """`earned` (with available_at) with the moments of delivery of activity that was delivered before it was scored."""
    untils = {one.id: str(one.pending["until"]) for one in terms.currencies.values() if "until" in (one.pending or {})}
    if not untils or not earned["currency_id"].is_in(list(untils)).any():
        return earned
    keys = [earned["holder_id"].to_list(), earned["activity_id"].to_list()]
    delivered = frames.read(cursor, _DELIVERED, _DELIVERED_SCHEMA, keys).unique()
    until = pl.col("currency_id").replace_strict(untils, default=None, return_dtype=pl.String)
    moment = pl.from_epoch("delivered_us", time_unit="us").dt.replace_time_zone("UTC")
    return (
        earned.with_columns(until.alias("until"))
        .join(delivered, on=["holder_id", "activity_id", "until"], how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("delivered_us").is_not_null())
            .then(pl.max_horizontal(moment, "occurred_at"))
            .otherwise("available_at")
            .alias("available_at")
        )
        .select(earned.columns)
    )


def _deliver(
    cursor: Any, activities: Sequence[tuple[int, int, Any]], kind: str, currencies: Sequence[int], *, at: datetime,
    now: datetime, by: str,
) -> int:  # fmt: skip
    for holder_id, activity_id, day in activities:
        cursor.execute(_WRITE, [holder_id, activity_id, kind, day, at, now, by])
    named = [(holder_id, activity_id) for holder_id, activity_id, _ in activities]
    matured = maturing.mature(cursor, named, currency_ids=currencies, at=at)
    # asked for after the old holder's pots were locked: lots that went to a successor are found with it
    heirs = families.heirs_around(cursor, [holder for holder, _ in named])
    if heirs:
        named = [(heirs[holder], activity) for holder, activity in named if holder in heirs]
        matured += maturing.mature(cursor, named, currency_ids=currencies, at=at)
    if matured:
        standing.follow_pots(cursor, [(holder, currency) for holder, _ in named for currency in currencies], now)
    return matured


def _waiting(currencies: Iterable[Currency], event_type: str | None) -> dict[str, list[int]]:
    """event type -> the currencies that wait for it."""
    waiting: dict[str, list[int]] = {}
    for one in currencies:
        kind = (one.pending or {}).get("until")
        if kind is not None and event_type in (None, kind):
            waiting.setdefault(str(kind), []).append(one.id)
    return waiting
