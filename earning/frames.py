"""Reading a batch from PostgreSQL as frames: one statement a table, no row ever a Python object.

Imported by the journey when it runs, never by a tasks module: Polars must not be used before a fork.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

ARRAY_SEPARATOR = " "

FEW = 64
"""Up to so many values Python takes a text apart sooner than the four expressions of Polars that it takes."""
_FIRST_DAY = date(1970, 1, 1).toordinal()


def read(cursor: Any, query: str, schema: Mapping[str, Any], values: Sequence[Any] = ()) -> pl.DataFrame:
    """The rows of `query` as a frame with the columns and types of `schema`: integers, text, booleans or dates.

    PostgreSQL sends one text a column, so that a batch costs Python one row and not twenty thousand.
    Text loses the two control characters that part its values.
    """
    names = [f"c{place}" for place in range(len(schema))]
    columns = ", ".join(_gathered(name, kind) for name, kind in zip(names, schema.values(), strict=True))
    cursor.execute(f"SELECT {columns} FROM ({query}) AS q ({', '.join(names)})", values)
    row = cursor.fetchone()
    if row[0] is None:
        return pl.DataFrame(schema=dict(schema))
    return pl.DataFrame([_opened(text, name, kind) for text, (name, kind) in zip(row, schema.items(), strict=True)])


def _gathered(name: str, kind: Any) -> str:
    if kind == pl.String:
        text = f"coalesce(translate({name}::text, chr(30) || chr(31), ''), chr(31))"
    elif kind == pl.Boolean:
        text = f"coalesce({name}::int::text, '')"
    elif kind == pl.Date:
        text = f"coalesce(({name} - DATE '1970-01-01')::text, '')"
    else:
        text = f"coalesce({name}::text, '')"
    return f"string_agg({text}, chr(30))"


def _opened(text: str, name: str, kind: Any) -> pl.Series:
    if text.count("\x1e") < FEW:
        return _opened_few(text.split("\x1e"), name, kind)
    values = pl.Series(name, [text]).str.split("\x1e").explode()
    if kind == pl.String:
        return values.set(values == "\x1f", None)
    whole = values.cast(pl.Int64, strict=False)
    if kind == pl.Date:
        return whole.cast(pl.Int32).cast(pl.Date)
    return whole.cast(kind)


def _opened_few(values: list[str], name: str, kind: Any) -> pl.Series:
    if kind == pl.String:
        return pl.Series(name, [None if value == "\x1f" else value for value in values], dtype=kind)
    whole = [int(value) if value else None for value in values]
    if kind == pl.Date:
        days = [None if day is None else date.fromordinal(_FIRST_DAY + day) for day in whole]
        return pl.Series(name, days, dtype=kind)
    if kind == pl.Boolean:
        return pl.Series(name, [None if value is None else bool(value) for value in whole], dtype=kind)
    return pl.Series(name, whole, dtype=kind)


def flattened(texts: pl.Series) -> pl.Series:
    """All integers of a text column, each row's parted by ARRAY_SEPARATOR, one after the other. Rows are not empty."""
    joined = texts.str.join(ARRAY_SEPARATOR)
    return joined.str.split(ARRAY_SEPARATOR).explode().cast(pl.Int64)


def write(cursor: Any, frame: pl.DataFrame, table: str, columns: Sequence[str] | None = None) -> None:
    """COPY a frame's rows into a table; null is an empty unquoted field, empty text a quoted one."""
    chosen = list(columns or frame.columns)
    data = frame.select(chosen).write_csv(include_header=False, quote_style="necessary", null_value="")
    with cursor.copy(f"COPY {table} ({', '.join(chosen)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(data)
