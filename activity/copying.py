"""Frames into tables by COPY, whatever text is in them."""

from __future__ import annotations

from typing import Any

import polars as pl


def copy_in(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """COPY a frame into the columns of the same names. Moments must be text already (ledger.copying.moments)."""
    text = frame.write_csv(include_header=False, separator="\t", null_value="", quote_style="necessary")
    with cursor.copy(f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv, DELIMITER E'\\t')") as copy:
        copy.write(text)
