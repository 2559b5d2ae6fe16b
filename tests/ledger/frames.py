"""Frames as scoring hands them to the ledger, from short tuples."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
from django.db import connection, transaction

from ledger import bulk

DAY = date(2026, 11, 1)
EFFECTIVE = datetime(2026, 11, 1, 12, tzinfo=UTC)
EARNED = {
    "holder_id": pl.Int64, "activity_id": pl.Int64, "revision": pl.Int32, "currency_id": pl.Int32, "amount": pl.Int64,
    "available_at": pl.Datetime("us", "UTC"), "expires_at": pl.Datetime("us", "UTC"), "occurred_on": pl.Date,
    "effective_at": pl.Datetime("us", "UTC"), "store_id": pl.Int32, "cost_centre": pl.String,
}  # fmt: skip
TAKEN = {name: EARNED[name] for name in ("holder_id", "activity_id", "revision", "currency_id", "amount")}


def earned(*rows, store_id=None, cost_centre="maison/\tFR"):
    """(holder_id, activity_id, revision, currency_id, amount, available_at, expires_at[, occurred_on])."""
    full = [(*row, DAY)[:8] + (EFFECTIVE, store_id, cost_centre) for row in rows]
    return pl.DataFrame(full, schema=EARNED, orient="row")


def earn(*rows, now):
    with transaction.atomic(), connection.cursor() as cursor:
        return bulk.earn(cursor, earned(*rows), now=now, actor="system")


def take_back(*rows, now, policy="debt"):
    """(holder_id, activity_id, revision, currency_id, amount)."""
    with transaction.atomic(), connection.cursor() as cursor:
        frame = pl.DataFrame(list(rows), schema=TAKEN, orient="row")
        return bulk.take_back(cursor, frame, now=now, actor="system", policy=policy)
