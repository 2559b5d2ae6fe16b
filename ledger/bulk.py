"""Posting by the thousand, inside the caller's transaction: what scoring found, given and taken back.

Rows go in by COPY in the order of holders; wallets are locked last (earning reads no balance), in order, and briefly.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from ledger import copying, debts, idempotency, wallets
from ledger.clawback import Taken, take_back
from ledger.idempotency import Cause

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Taken", "earn", "take_back"]

_POSTED = """
SELECT p.holder_id, p.idem::text
FROM unnest(%(holders)s::bigint[], %(keys)s::uuid[]) AS asked(holder_id, idem)
JOIN ledger_posting p ON p.holder_id = asked.holder_id AND p.idem = asked.idem
"""
_KEY = ["holder_id", "activity_id", "revision"]


def earn(cursor: Any, batch: pl.DataFrame, *, now: datetime, actor: str) -> int:
    """Post what activities earned; return how many postings are new.

    `batch` holds a row per lot: holder_id i64, activity_id i64, occurred_on date, revision i32, currency_id i32,
    amount i64 (> 0, smallest units), available_at and expires_at (null: never) and effective_at datetime[us, UTC],
    store_id i32 or null, cost_centre text or null. One posting per (holder, activity, revision): where it exists
    already, all its rows are skipped. Debt of a wallet is repaid from what it earns, in the same posting.
    A lot may be dead at `now` (late activity): it is made, repays nothing, and the expiry job posts its end.
    Raises ValueError for an amount that is not positive or a moment of another type, and what the database refuses as
    psycopg errors.
    """
    cursor = copying.plain(cursor)
    if not batch.height:
        return 0
    _check(batch)
    lots = _with_keys(batch)
    while lots.height:
        cursor.execute("SAVEPOINT ledger_earn")
        try:
            posted = _write(cursor, lots, actor)
        except psycopg.errors.UniqueViolation as refused:
            if refused.diag.constraint_name != "ledger_posting_once":
                raise
            # Some were posted before, or meanwhile by another: leave these out and write the others.
            cursor.execute("ROLLBACK TO SAVEPOINT ledger_earn")
            fresh = lots.join(_posted(cursor, lots), on=["holder_id", "idem"], how="anti", maintain_order="left")
            if fresh.height == lots.height:
                raise  # an isolation level that hides the other's posting: going round again would never end
            lots = fresh
            continue
        cursor.execute("RELEASE SAVEPOINT ledger_earn")
        _credit(cursor, posted, now)
        return int(posted["posting_id"].n_unique())
    return 0


def _check(batch: pl.DataFrame) -> None:
    import polars as pl

    if (batch["amount"] <= 0).any():
        raise ValueError("earned amounts must be positive")
    for name in ("available_at", "expires_at", "effective_at"):
        if batch.schema[name] != pl.Datetime("us", "UTC"):
            raise ValueError(f"{name} must be datetime[us, UTC], not {batch.schema[name]}")


def _with_keys(batch: pl.DataFrame) -> pl.DataFrame:
    """The rows in order of holder, each posting's first row marked, with its key; no lot dies before it matures."""
    import polars as pl

    ordered = batch.sort(*_KEY, "currency_id")
    first = pl.any_horizontal(pl.col(column) != pl.col(column).shift(1) for column in _KEY).fill_null(True)
    microsecond = pl.duration(microseconds=1)
    return ordered.with_columns(
        first.alias("first"),
        idempotency.column(Cause.EARN, "activity_id", "revision", ordered),
        # pending past its own end: never spendable; the table wants it to mature at the last moment before
        pl.when(pl.col("expires_at") <= pl.col("available_at"))
        .then(pl.col("expires_at") - microsecond)
        .otherwise(pl.col("available_at"))
        .alias("available_at"),
    )


def _write(cursor: Any, lots: pl.DataFrame, actor: str) -> pl.DataFrame:
    """COPY postings, lots and their entries; return the rows with posting_id and lot_id."""
    import polars as pl

    number = lots["first"].cum_sum() - 1
    posting_ids = copying.numbers(cursor, "ledger_posting_id", int(number[-1]) + 1)
    lots = lots.with_columns(
        posting_ids.gather(number).alias("posting_id"),
        copying.numbers(cursor, "ledger_entry_id", lots.height).alias("lot_id"),
        copying.moments(lots["effective_at"]).alias("effective"),
    )
    one = pl.lit
    postings = lots.filter("first").select(
        "holder_id", "posting_id", "idem", one("earn").alias("kind"), one("activity").alias("source_type"),
        pl.col("activity_id").alias("source_id"), one(copying.safe(actor)).alias("actor"), "store_id",
        pl.col("effective").alias("effective_at"),
    )  # fmt: skip
    copying.copy_in(cursor, "ledger_posting", postings)
    made = lots.select(
        "holder_id", "lot_id", "posting_id", "activity_id", pl.col("amount").alias("initial"),
        pl.col("amount").alias("remaining"), copying.moments(lots["available_at"]),
        copying.moments(lots["expires_at"]), "currency_id", "occurred_on",
    )  # fmt: skip
    copying.copy_in(cursor, "ledger_lot", made)
    entries = lots.select(
        "holder_id", pl.col("lot_id").alias("entry_id"), "posting_id", "lot_id", "amount",
        pl.col("effective").alias("effective_at"), "currency_id", one("earn").alias("kind"),
        one("issue").alias("contra"), copying.safe_column("cost_centre"),
    )  # fmt: skip
    copying.copy_in(cursor, "ledger_entry", entries)
    return lots


def _posted(cursor: Any, lots: pl.DataFrame) -> pl.DataFrame:
    """Which of these keys have their posting already: holder_id, idem."""
    import polars as pl

    asked = lots.filter("first")
    cursor.execute(_POSTED, {"holders": asked["holder_id"].to_list(), "keys": asked["idem"].to_list()})
    rows = [(holder_id, idem.replace("-", "")) for holder_id, idem in cursor.fetchall()]
    return pl.DataFrame(rows, schema={"holder_id": pl.Int64, "idem": pl.String}, orient="row")


def _credit(cursor: Any, posted: pl.DataFrame, now: datetime) -> None:
    """Add what was earned to the wallets, locked only now, and let those in debt repay."""
    import polars as pl

    totals = posted.group_by("holder_id", "currency_id").agg(pl.col("amount").sum())
    pots = list(zip(totals["holder_id"], totals["currency_id"], strict=True))
    wallets.make(cursor, pots)
    indebted = {pot for pot, wallet in wallets.lock(cursor, pots).items() if wallet.debt}
    wallets.move(cursor, [(*pot, amount, 0) for pot, amount in zip(pots, totals["amount"], strict=True)])
    if indebted:
        debts.repay(cursor, posted["posting_id"].unique().to_list(), sorted(indebted), now=now)
