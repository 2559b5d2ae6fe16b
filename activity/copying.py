"""Frames into tables by COPY, whatever text is in them."""

from __future__ import annotations

from typing import Any

import polars as pl


def copy_in(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """COPY a frame into the columns of the same names. Moments must be text already (ledger.copying.moments)."""
    text = frame.write_csv(include_header=False, separator="\t", null_value="", quote_style="necessary")
    with cursor.copy(f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv, DELIMITER E'\\t')") as copy:
        copy.write(text)


def array(name: str) -> pl.Expr:
    """A list column of integers as the text of a PostgreSQL array."""
    elements = pl.col(name).cast(pl.List(pl.String)).list.eval(pl.element().fill_null("NULL")).list.join(",")
    return pl.concat_str(pl.lit("{"), elements, pl.lit("}")).alias(name)
