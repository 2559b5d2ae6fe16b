"""CSV files, cut into byte blocks at the end of a row and taken apart by Polars; odd blocks row by row.

A block goes the fast way when nothing in it can be read in two ways: UTF-8, no NUL, every row as many fields as the
header. Quoted blocks get a mark at the end of each line before they are parsed: a row with too few or too many fields
shows by its mark standing in the wrong column. Whatever fails goes the slow way, where a bad row is one bad row.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from activity.reading.blocks import DEFECT, LINE, MAXIMUM_RECORD, RAW, RAW_KEPT, Block, Unreadable
from activity.reading.cutting import Cutter, Piece

_MARK = "\x02"
_JOINED_LINES = 200  # a quoted field may run over so many lines; beyond that its quote was never closed
_JOINED_BYTES = 1 << 16
csv.field_size_limit(2 * MAXIMUM_RECORD)


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str = ","
    quote: str | None = '"'
    encoding: str = "utf-8"


class DelimitedReader:
    """A CSV file with a header. Raises Unreadable when there is none to be found."""

    typed = False

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self.path, self.dialect = path, dialect
        self._quote = dialect.quote.encode() if dialect.quote else b""
        self._utf8 = codecs.lookup(dialect.encoding).name in {"utf-8", "ascii"}
        with path.open("rb") as file:
            start = file.read(MAXIMUM_RECORD)
        self._skip_mark = 3 if start.startswith(codecs.BOM_UTF8) else 0
        self.columns: Sequence[str] = self._header(
            start[self._skip_mark :], whole=path.stat().st_size <= MAXIMUM_RECORD
        )

    def _header(self, start: bytes, *, whole: bool) -> list[str]:
        end = start.find(b"\n")
        while end >= 0 and self._quote and start.count(self._quote, 0, end) % 2:
            end = start.find(b"\n", end + 1)
        if end < 0 and not whole:
            raise Unreadable(f"line 1: no end of the header in the first {MAXIMUM_RECORD} bytes")
        record = start if end < 0 else start[: end + 1]
        if not record.strip():
            raise Unreadable("line 1: the file has no header")
        body_line = 1 + record.count(b"\n")
        self._cutter = Cutter(self.path, self._skip_mark + len(record), body_line, self._quote)
        try:
            names = _split(record.decode(self.dialect.encoding), self.dialect)
        except UnicodeDecodeError as error:
            raise Unreadable(f"line 1: the header is not {self.dialect.encoding}: {error}") from None
        names = [name.strip() for name in names]
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise Unreadable(f"line 1: the header names {', '.join(twice)} twice")
        return names

    def blocks(self, wanted: Sequence[str]) -> Iterator[Block]:
        positions = self._positions(wanted)
        row = 0
        for piece in self._cutter.pieces():
            frame = self._take_apart(piece, positions)
            if frame.height:
                yield Block(row, frame)
                row += frame.height

    def reread(self, lines: Iterable[int], wanted: Sequence[str]) -> pl.DataFrame:
        positions = self._positions(wanted)
        parts = [self._slowly(Piece(0, b"", 0), positions, set())]
        parts += [self._slowly(piece, positions, here) for piece, here in self._cutter.again(set(lines))]
        return pl.concat(parts)

    def _positions(self, wanted: Sequence[str]) -> dict[str, int]:
        return {name: self.columns.index(name) for name in wanted}

    def _take_apart(self, piece: Piece, positions: dict[str, int]) -> pl.DataFrame:
        data = piece.data
        if not self._utf8:
            try:
                data = data.decode(self.dialect.encoding).encode()
            except UnicodeDecodeError:
                return self._slowly(piece, positions)
        frame = None
        if not piece.cut_open and b"\0" not in data and _MARK.encode() not in data:
            quoted = bool(self._quote) and self._quote in data
            frame = (self._quoted if quoted else self._plainly)(data, piece.line, positions)
        return self._slowly(piece, positions) if frame is None else frame

    def _plainly(self, data: bytes, line: int, positions: dict[str, int]) -> pl.DataFrame | None:
        rows = data.count(b"\n") + (not data.endswith(b"\n"))
        if data.count(self.dialect.delimiter.encode()) != rows * (len(self.columns) - 1):
            return None
        frame = self._parse(data, len(self.columns), list(positions.values()), quote=None)
        if frame is None or frame.height != rows or (len(self.columns) == 1 and b"\n\n" in data):
            return None
        return _named(frame, positions).with_columns(
            pl.int_range(line, line + rows, dtype=pl.UInt32).alias(LINE), pl.lit(None, pl.String).alias(DEFECT)
        )

    def _quoted(self, data: bytes, line: int, positions: dict[str, int]) -> pl.DataFrame | None:
        mark = f"{self.dialect.delimiter}{_MARK}"
        marked = data.replace(b"\r\n", b"\n").replace(b"\n", f"{mark}\n".encode())
        if not data.endswith(b"\n"):
            marked += mark.encode()
        whole = list(range(len(self.columns) + 1))
        frame = self._parse(marked, len(whole), whole, quote=self.dialect.quote)
        if frame is None or not (frame.to_series(-1) == _MARK).fill_null(False).all():
            return None
        texts = pl.all()
        frame = frame.with_columns(pl.when(texts != "").then(texts))
        if frame.height != data.count(b"\n") + (not data.endswith(b"\n")):
            frame = frame.with_columns(texts.str.replace_all(f"{mark}\n", "\n", literal=True))
        inside = pl.sum_horizontal(texts.str.count_matches("\n", literal=True).fill_null(0))
        lines = (inside + 1).cum_sum().shift(1, fill_value=0) + line
        return _named(frame.with_columns(lines.cast(pl.UInt32).alias(LINE)), positions, LINE).with_columns(
            pl.lit(None, pl.String).alias(DEFECT)
        )

    def _parse(self, data: bytes, width: int, columns: list[int], quote: str | None) -> pl.DataFrame | None:
        try:
            return pl.read_csv(
                io.BytesIO(data),
                has_header=False,
                schema={f"{place}": pl.String for place in range(width)},
                columns=sorted(columns),
                separator=self.dialect.delimiter,
                quote_char=quote,
            )
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None

    def _slowly(self, piece: Piece, positions: dict[str, int], only: set[int] | None = None) -> pl.DataFrame:
        """The rows one by one; with `only`, those lines and their bytes as RAW."""
        columns: dict[str, list[Any]] = {name: [] for name in positions}
        lines: list[int] = []
        defects: list[str | None] = []
        raws: list[bytes] = []
        for line, raw, fields in self._records(piece.data, piece.line):
            if fields == [] or (only is not None and line not in only):
                continue  # an empty line is no row
            defect, values = self._judge(raw, fields)
            lines.append(line)
            defects.append(defect)
            raws.append(raw[:RAW_KEPT])
            for name, place in positions.items():
                columns[name].append((values[place] or None) if place < len(values) else None)
        schema: dict[str, Any] = dict.fromkeys(positions, pl.String) | {LINE: pl.UInt32, DEFECT: pl.String}
        frame = pl.DataFrame({**columns, LINE: lines, DEFECT: defects}, schema=schema)
        return frame if only is None else frame.with_columns(pl.Series(RAW, raws, pl.Binary))

    def _judge(self, raw: bytes, fields: list[str] | None) -> tuple[str | None, list[str]]:
        """Why the row is bad, if it is, and its fields as text that can be stored."""
        if fields is None:
            if len(raw) > MAXIMUM_RECORD - 1:
                return f"the row is longer than {MAXIMUM_RECORD} bytes", []
            return "a quote is never closed", []
        clean = [value.encode(errors="surrogateescape").decode(errors="replace").replace("\0", "�") for value in fields]
        if clean != fields:
            strange = next(at for at, value in enumerate(fields) if clean[at] != value)
            name = self.columns[strange] if strange < len(self.columns) else f"field {strange + 1}"
            what = "a NUL character" if "\0" in fields[strange] else f"bytes that are not {self.dialect.encoding}"
            return f"{name} holds {what}", clean
        if len(fields) != len(self.columns):
            return f"the row has {len(fields)} fields, the header {len(self.columns)}", clean
        return None, fields

    def _records(self, data: bytes, line: int) -> Iterator[tuple[int, bytes, list[str] | None]]:
        """(line, raw, fields) of every record; fields None: could not be split; []: an empty line."""
        lines = data.split(b"\n")
        if lines and lines[-1] == b"":
            lines.pop()
        at = 0
        while at < len(lines):
            taken, fields = self._record(lines, at)
            raw = b"\n".join(lines[at : at + taken])
            if len(raw) >= MAXIMUM_RECORD:
                fields = None
            yield line + at, raw, fields
            at += taken

    def _record(self, lines: list[bytes], at: int) -> tuple[int, list[str] | None]:
        alone = lines[at].removesuffix(b"\r")
        if not alone:
            return 1, []
        if self._quote and alone.count(self._quote) % 2:
            joined, until = bytearray(lines[at]), at + 1
            while until < len(lines) and until - at < _JOINED_LINES and len(joined) < _JOINED_BYTES:
                joined += b"\n" + lines[until]
                until += 1
                if lines[until - 1].count(self._quote) % 2:
                    fields = _split(self._text(bytes(joined)), self.dialect)
                    if fields is not None and len(fields) == len(self.columns):
                        return until - at, fields
                    break
            fields = _split(self._text(alone), self.dialect)
            return 1, fields if fields is not None and len(fields) == len(self.columns) else None
        return 1, _split(self._text(alone), self.dialect)

    def _text(self, raw: bytes) -> str:
        """Text in which bytes that are none stand as surrogates, so that the field they are in can be named."""
        try:
            return raw.decode(self.dialect.encoding)
        except UnicodeDecodeError:
            return raw.decode("utf-8", errors="surrogateescape")


def _named(frame: pl.DataFrame, positions: dict[str, int], *more: str) -> pl.DataFrame:
    return frame.select([pl.col(f"{place}").alias(name) for name, place in positions.items()] + [*more])


def _split(record: str, dialect: Dialect) -> Any:
    """The fields of one record, or None when there is no way to read it as one."""
    options: dict[str, Any] = (
        {"quotechar": dialect.quote} if dialect.quote else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    )
    try:
        rows = list(csv.reader(io.StringIO(record, newline=""), delimiter=dialect.delimiter, **options))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
