"""Parquet and XLSX: files whose values have types. They are written as text again, the same for the same value."""

from __future__ import annotations

import datetime as dates
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from activity.reading.blocks import DEFECT, LINE, RAW, RAW_KEPT, Block, Unreadable

_ROWS = 50_000
_COLUMNS = 1_000


class ParquetReader:
    """A Parquet file; LINE counts its rows from 1."""

    typed = True

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._schema = pl.read_parquet_schema(path)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise Unreadable(f"this is no Parquet file: {error}"[:300]) from None
        self.columns: Sequence[str] = [name for name, kind in self._schema.items() if not kind.is_nested()]

    def blocks(self, wanted: Sequence[str]) -> Iterator[Block]:
        row = 0
        try:
            for frame in (
                pl.scan_parquet(self._path).select(wanted).collect_batches(chunk_size=_ROWS, maintain_order=True)
            ):
                for part in frame.iter_slices(_ROWS):
                    yield Block(row, _as_text(part, self._schema, row + 1))
                    row += part.height
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise Unreadable(f"the Parquet file breaks off after row {row}: {error}"[:300]) from None

    def reread(self, lines: Iterable[int], wanted: Sequence[str]) -> pl.DataFrame:
        asked = sorted(set(lines))
        rows = pl.scan_parquet(self._path).select(self.columns).with_row_index(LINE, 1)
        found = rows.filter(pl.col(LINE).is_in(asked)).collect()
        numbers = found.get_column(LINE)
        texts = _as_text(found.drop(LINE), self._schema, 1).with_columns(numbers.cast(pl.UInt32))
        raws = [_json(row) for row in texts.select(self.columns).iter_rows(named=True)]
        return texts.select(*wanted, LINE, DEFECT, pl.Series(RAW, raws, pl.Binary))


def _as_text(frame: pl.DataFrame, schema: Any, first: int) -> pl.DataFrame:
    texts = []
    for name in frame.columns:
        kind, column = schema[name], pl.col(name)
        if isinstance(kind, pl.Datetime):
            column = column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f" + ("%:z" if kind.time_zone else ""))
        elif kind == pl.Binary:
            column = column.cast(pl.String, strict=False)
        else:
            column = column.cast(pl.String)
        texts.append(pl.when(column != "").then(column).alias(name))
    frame = frame.select(texts)
    strange = pl.any_horizontal(
        pl.lit(False), *(pl.col(name).str.contains("\0", literal=True).fill_null(False) for name in frame.columns)
    )
    return frame.with_columns(
        pl.int_range(first, first + frame.height, dtype=pl.UInt32).alias(LINE),
        pl.when(strange).then(pl.lit("the row holds a NUL character")).alias(DEFECT),
        *(pl.col(name).str.replace_all("\0", "�", literal=True) for name in frame.columns),
    )


class SheetReader:
    """The first sheet of an XLSX file, read row by row; LINE is the sheet's row, the header's is 1."""

    typed = True

    def __init__(self, path: Path) -> None:
        self._path = path
        header = next(self._rows(), None)
        if not header or not any(header):
            raise Unreadable("row 1: the sheet has no header")
        self.columns: Sequence[str] = [(name or f"column {at}").strip() for at, name in enumerate(header, 1)]
        if len(set(self.columns)) < len(self.columns):
            raise Unreadable("row 1: the header names a column twice")

    def _rows(self) -> Iterator[list[str | None]]:
        import openpyxl

        try:
            book = openpyxl.load_workbook(self._path, read_only=True, data_only=True)
            try:
                sheet = book.worksheets[0]
                sheet.reset_dimensions()
                for row in sheet.iter_rows(values_only=True):
                    yield [_cell(value) for value in row[:_COLUMNS]]
            finally:
                book.close()
        except Unreadable:
            raise
        except Exception as error:  # the zip, its XML and its numbers each have their own ways to be broken
            raise Unreadable(f"this is no XLSX file that can be read: {error}"[:300]) from None

    def _blocks(self) -> Iterator[pl.DataFrame]:
        rows = enumerate(self._rows(), 1)
        next(rows)
        while part := [(line, row) for line, row in islice(rows, _ROWS)]:
            kept = [(line, row) for line, row in part if any(row)]
            width = len(self.columns)
            frame = pl.DataFrame(
                [(row + [None] * width)[:width] for _, row in kept],
                schema=dict.fromkeys(self.columns, pl.String),
                orient="row",
            )
            lines = pl.Series(LINE, [line for line, _ in kept], pl.UInt32)
            yield frame.with_columns(lines, pl.lit(None, pl.String).alias(DEFECT))

    def blocks(self, wanted: Sequence[str]) -> Iterator[Block]:
        row = 0
        for frame in self._blocks():
            if frame.height:
                yield Block(row, frame.select(*wanted, LINE, DEFECT))
                row += frame.height

    def reread(self, lines: Iterable[int], wanted: Sequence[str]) -> pl.DataFrame:
        asked = sorted(set(lines))
        found = pl.concat([frame.filter(pl.col(LINE).is_in(asked)) for frame in self._blocks()])
        raws = [_json(row) for row in found.select(self.columns).iter_rows(named=True)]
        return found.select(*wanted, LINE, DEFECT, pl.Series(RAW, raws, pl.Binary))


def _cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, (dates.datetime, dates.date)):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace("\0", "�")


def _json(row: dict[str, Any]) -> bytes:
    said = {name: value for name, value in row.items() if value is not None}
    return json.dumps(said, ensure_ascii=False).encode(errors="replace")[:RAW_KEPT]
