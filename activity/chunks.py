"""Which rows land together: the plan of a file, made by reading its receipt ids once.

A receipt belongs to the chunk where its first row stands, so receipts land whole, in the order of the file, wherever
their other rows are; the same file always has the same chunks, and a killed command knows which of them have landed.
Memory: when rows of a receipt stand together, a boundary per chunk; when they are scattered, 12 bytes per receipt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

ROWS_PER_CHUNK = 120_000
RECEIPT_WEIGHT = 5  # a receipt's own work, in rows: chunks of one-line receipts hold 20,000, of ten lines 8,000
_PENDING = 1 << 20
_PARTS = 16


@dataclass(frozen=True)
class Plan:
    """`ends[chunk]`: the row after its last one. Either `firsts` (rows stand together) or the map of hashes is used."""

    rows: int
    ends: pl.Series
    firsts: pl.Series
    hashes: pl.Series | None
    chunks: pl.Series | None

    @property
    def count(self) -> int:
        return len(self.ends)

    def chunk_of(self, keys: pl.Series, rows: pl.Series) -> pl.Series:
        """The chunk (u32) of each row, by the hash of its receipt and its number in the file."""
        if self.hashes is None or self.chunks is None:
            return (self.firsts.search_sorted(rows, side="right") - 1).cast(pl.UInt32)
        return self.chunks.gather(self.hashes.search_sorted(keys))


def key(receipt_ids: pl.Series, rows: pl.Series) -> pl.Series:
    """A hash per receipt id; a row without one stands alone. Two receipts with one hash merely share a chunk."""
    return pl.select(
        pl.when(receipt_ids.is_not_null()).then(receipt_ids.hash(seed=1)).otherwise(rows.cast(pl.UInt64).hash(seed=2))
    ).to_series()


def plan(keys: Iterator[tuple[pl.Series, pl.Series]]) -> Plan:
    """Plan a file from the (key, row) of all its rows, block by block."""
    receipts, rows = _receipts(keys)
    if receipts.is_empty():
        none = pl.Series([], dtype=pl.UInt32)
        return Plan(rows, none, none, None, None)
    together = receipts.get_column("runs").max() == 1
    receipts = receipts.drop("runs").sort("first")
    weight = (pl.col("rows").cast(pl.Int64) + RECEIPT_WEIGHT).cum_sum().shift(1, fill_value=0)
    receipts = receipts.with_columns((weight // ROWS_PER_CHUNK).rle_id().cast(pl.UInt32).alias("chunk"))
    by_chunk = receipts.group_by("chunk", maintain_order=True).agg(pl.first("first"), (pl.col("last").max() + 1))
    ends, firsts = by_chunk.get_column("last"), by_chunk.get_column("first")
    if together:
        return Plan(rows, ends, firsts, None, None)
    ordered = receipts.select("key", "chunk").sort("key")
    return Plan(rows, ends, firsts, ordered.get_column("key"), ordered.get_column("chunk"))


def _receipts(keys: Iterator[tuple[pl.Series, pl.Series]]) -> tuple[pl.DataFrame, int]:
    """(key, first, last, rows, runs) of each receipt: a run is rows that stand together. Folded part by part."""
    folded: list[pl.DataFrame | None] = [None] * _PARTS
    pending: list[pl.DataFrame] = []
    waiting = total = 0
    carried: int | None = None
    for block_keys, block_rows in keys:
        total += len(block_keys)
        runs = _runs(block_keys, block_rows, carried)
        carried = block_keys[-1]
        pending.append(runs)
        waiting += runs.height
        if waiting >= _PENDING:
            folded, pending, waiting = _fold(folded, pending), [], 0
    folded = _fold(folded, pending) if pending else folded
    parts = [part for part in folded if part is not None]
    return (pl.concat(parts) if parts else _empty()), total


def _runs(keys: pl.Series, rows: pl.Series, carried: int | None) -> pl.DataFrame:
    frame = pl.DataFrame({"key": keys, "row": rows.cast(pl.UInt32)})
    begins = frame.select((pl.col("key") != pl.col("key").shift(1)).fill_null(True)).to_series()
    starts = frame.filter(begins)
    nexts = starts.get_column("row").shift(-1, fill_value=int(rows[-1]) + 1)
    first_is_new = carried is None or carried != keys[0]
    return starts.select(
        "key",
        first="row",
        last=nexts - 1,
        rows=nexts - pl.col("row"),
        runs=pl.when(pl.int_range(pl.len()) == 0).then(int(first_is_new)).otherwise(1).cast(pl.UInt32),
    )


def _fold(folded: list[pl.DataFrame | None], pending: list[pl.DataFrame]) -> list[pl.DataFrame | None]:
    fresh = pl.concat(pending)
    part = fresh.get_column("key") % _PARTS
    result: list[pl.DataFrame | None] = []
    for number, known in enumerate(folded):
        mine = fresh.filter(part == number)
        both = mine if known is None else pl.concat([known, mine])
        result.append(
            both.group_by("key").agg(
                pl.col("first").min(), pl.col("last").max(), pl.col("rows").sum(), pl.col("runs").sum()
            )
        )
    return result


def _empty() -> pl.DataFrame:
    whole = pl.UInt32
    return pl.DataFrame(schema={"key": pl.UInt64, "first": whole, "last": whole, "rows": whole, "runs": whole})
