"""Frames into tables by COPY. Polars is imported inside functions: no module of tasks may pull it in."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    import polars as pl

_DAY = 86_400_000_000
_NULL = "\\N"
_EXACT = "%Y-%m-%d %H:%M:%S%.6f+00"


def plain(cursor: Any) -> psycopg.Cursor[Any]:
    """A psycopg cursor that binds on the server, in the same transaction: refusals arrive as psycopg's own."""
    return psycopg.Cursor(getattr(cursor, "cursor", cursor).connection)


def numbers(cursor: Any, sequence: str, count: int) -> pl.Series:
    """The next `count` numbers of a sequence, in the order drawn."""
    import polars as pl

    draw = "SELECT array_agg(nextval(%s::regclass)) FROM generate_series(1, %s)"
    cursor.execute(draw, [sequence, count], binary=True)
    return pl.Series(cursor.fetchone()[0], dtype=pl.Int64)


def copy_in(cursor: Any, table: str, frame: pl.DataFrame) -> None:
    """COPY a frame of integers, dates, safe text and `moments` into the columns of the same names."""
    text = frame.write_csv(include_header=False, separator="\t", quote_style="never", null_value=_NULL)
    with cursor.copy(f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN") as copy:
        copy.write(text)


def safe(text: str) -> str:
    """A constant as COPY's text format wants it."""
    for plain_text, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain_text, escaped)
    return text


def safe_column(name: str) -> pl.Expr:
    """A text column as COPY's text format wants it; null becomes empty."""
    import polars as pl

    column = pl.col(name).cast(pl.String).fill_null("")
    for plain_text, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        column = column.str.replace_all(plain_text, escaped, literal=True)
    return column


def moments(series: pl.Series) -> pl.Series:
    """A column of moments as text; of many, looked up by day and second: eight times faster than formatting each."""
    import polars as pl

    if len(series) < 500 or series.null_count() == len(series):
        return series.dt.strftime(_EXACT)
    micros = series.dt.epoch("us")
    day = micros // _DAY
    rest = micros - day * _DAY
    if (rest % 1_000_000 != 0).any():
        return series.dt.strftime(_EXACT)
    first, last = day.min(), day.max()
    days = pl.Series(range(first, last + 1), dtype=pl.Int32).cast(pl.Date).cast(pl.String)  # type: ignore[arg-type,operator]
    text = pl.concat_str(days.gather(day - first), _seconds().gather(rest // 1_000_000))
    return pl.select(text).to_series().alias(series.name)


@cache
def _seconds() -> pl.Series:
    import polars as pl

    day = pl.Series(range(86_400), dtype=pl.Int64) * 1_000_000
    return day.cast(pl.Datetime("us")).dt.strftime(" %H:%M:%S+00")
