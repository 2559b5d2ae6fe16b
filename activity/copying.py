"""Frames into tables by COPY, whatever text is in them."""

from __future__ import annotations

from typing import Any

import polars as pl


def copy_in(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """COPY a frame into the columns of the same names. Moments must be text already (`moments`)."""
    text = frame.write_csv(include_header=False, separator="\t", null_value="", quote_style="necessary")
    with cursor.copy(f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv, DELIMITER E'\\t')") as copy:
        copy.write(text)


def moments(name: str) -> pl.Expr:
    """A column of moments in UTC as text."""
    return pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S%.6f+00")


def numbers(cursor: Any, sequence: str, count: int) -> pl.Series:
    """The next `count` numbers of a sequence, rising."""
    draw = "SELECT array_agg(n) FROM (SELECT nextval(%s) FROM generate_series(1, %s)) AS drawn (n)"
    cursor.execute(draw, [sequence, count])
    drawn = cursor.fetchone()[0] or []
    return pl.Series(drawn, dtype=pl.Int64).sort()
