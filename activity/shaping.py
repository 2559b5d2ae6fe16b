"""A file's own columns become canonical ones, block by block, as its mapping says."""

from __future__ import annotations

import polars as pl

from activity import canonical
from activity.reading.blocks import DEFECT, LINE, Unreadable
from activity.validation import ROW

SKIP = "__skip"


class CanonicalShape:
    """A file that has the canonical columns already. Raises Unreadable when a needed one is missing."""

    def __init__(self, columns: list[str]) -> None:
        self.wanted = [name for name in columns if canonical.is_field(name)]
        self.ignored = [name for name in columns if not canonical.is_field(name)]
        self.identity = ["receipt_id"]
        for needed in ("receipt_id", "occurred_at", "store"):
            if needed not in self.wanted:
                raise Unreadable(f"line 1: no column {needed}; the file has {', '.join(columns)[:300]}")

    def receipt_ids(self, rows: pl.DataFrame) -> pl.Series:
        """The receipt id of every row, null where there is none, from the columns `identity`."""
        return rows.get_column("receipt_id")

    def apply(self, rows: pl.DataFrame, first_row: int) -> pl.DataFrame:
        """Canonical columns as String, ROW, LINE, DEFECT and SKIP."""
        return rows.select(
            *self.wanted,
            LINE,
            DEFECT,
            pl.int_range(first_row, first_row + rows.height, dtype=pl.UInt32).alias(ROW),
            pl.lit(False).alias(SKIP),
        )
