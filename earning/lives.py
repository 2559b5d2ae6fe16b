"""When points become available and when they die, for a whole frame: worked out once a day, zone and currency."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from programs import lifetimes
from programs.queries import Currency

_MOMENT = pl.Datetime("us", "UTC")


def add_to(
    moves: pl.DataFrame, currencies: dict[int, Currency], *, late_lives_days: int, now: datetime
) -> pl.DataFrame:
    """`moves` with available_at and expires_at (null: never).

    Needs currency_id, local_date, zone and occurred_at. Points posted late live at least `late_lives_days`
    more whole local days from `now`.
    """
    distinct = moves.select("currency_id", "local_date", "zone").unique(maintain_order=True)
    rows: list[dict[str, Any]] = []
    for currency_id, local_date, zone in distinct.iter_rows():
        currency = currencies[currency_id]
        dies_at = lifetimes.dies_at(currency.expiry or {}, local_date, zone)
        if dies_at is not None and late_lives_days:
            dies_at = max(dies_at, _midnight_after(now, late_lives_days, zone))
        waits = any((currency.pending or {}).get(key) for key in ("days", "until"))
        matures_at = lifetimes.available_at(currency.pending, now, local_date, zone) if waits else None
        rows.append(
            {
                "currency_id": currency_id,
                "local_date": local_date,
                "zone": zone,
                "expires_at": dies_at,
                "matures_at": matures_at,
            }
        )
    schema: dict[str, Any] = {
        "currency_id": pl.Int64,
        "local_date": pl.Date,
        "zone": pl.String,
        "expires_at": _MOMENT,
        "matures_at": _MOMENT,
    }
    lives = pl.DataFrame(rows, schema=schema)
    dated = moves.join(lives, on=["currency_id", "local_date", "zone"], how="left", maintain_order="left")
    return dated.with_columns(pl.coalesce("matures_at", "occurred_at").alias("available_at")).drop("matures_at")


def _midnight_after(now: datetime, days: int, zone: str) -> datetime:
    place = ZoneInfo(zone)
    day = now.astimezone(place).date() + timedelta(days=days + 1)
    return datetime(day.year, day.month, day.day, tzinfo=place).astimezone(ZoneInfo("UTC"))
