"""NDJSON: an object a line. Numbers are taken as they were written, never as floats."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from activity import canonical
from activity.reading.blocks import DEFECT, LINE, MAXIMUM_RECORD, RAW, RAW_KEPT, Block, Unreadable
from activity.reading.cutting import Cutter, Piece

_ATTRIBUTE = re.compile(rb'"((?:attr|line)\.[^"\\]{1,80})"\s*:')
_LONG_NUMBER = re.compile(rb"[0-9.]{15}")  # more digits than 64 bits of a float hold exactly
_LOOKED_AT = 1000


class NdjsonReader:
    """A file of JSON objects. Columns: what the first thousand have, the canonical ones, and every attr.NAME."""

    typed = False

    def __init__(self, path: Path) -> None:
        self._cutter = Cutter(path, 0, 1)
        names = dict.fromkeys(canonical.FIELDS)
        looked = found = 0
        for piece in self._cutter.pieces():
            for line in piece.data.split(b"\n") if looked < _LOOKED_AT else ():
                looked += bool(line.strip())
                row, _ = _object(line)
                found += row is not None
                names |= dict.fromkeys(row or ())
            if b'"attr.' in piece.data or b'"line.' in piece.data:
                names |= dict.fromkeys(name.decode(errors="replace") for name in _ATTRIBUTE.findall(piece.data))
        if not found:
            raise Unreadable("line 1: there is no JSON object in the file")
        self.columns: Sequence[str] = list(names)

    def blocks(self, wanted: Sequence[str]) -> Iterator[Block]:
        row = 0
        for piece in self._cutter.pieces():
            frame = self._fast(piece, wanted)
            if frame is None:
                frame = self._slowly(piece, wanted)
            if frame.height:
                yield Block(row, frame)
                row += frame.height

    def reread(self, lines: Iterable[int], wanted: Sequence[str]) -> pl.DataFrame:
        parts = [self._slowly(Piece(0, b"", 0), wanted, set())]
        parts += [self._slowly(piece, wanted, here) for piece, here in self._cutter.again(set(lines))]
        return pl.concat(parts)

    @staticmethod
    def _fast(piece: Piece, wanted: Sequence[str]) -> pl.DataFrame | None:
        data = piece.data
        rows = data.count(b"\n") + (not data.endswith(b"\n"))
        odd = piece.cut_open or b"\\u0000" in data or b"\0" in data or b"\n\n" in data or _LONG_NUMBER.search(data)
        if odd or b"[" in data or data.count(b"{") != rows:  # nested values are refused one by one
            return None
        try:
            frame = pl.read_ndjson(io.BytesIO(data), schema=dict.fromkeys(wanted, pl.String))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            return None
        if frame.height != rows:
            return None
        texts = pl.all()
        return frame.with_columns(pl.when(texts != "").then(texts)).with_columns(
            pl.int_range(piece.line, piece.line + frame.height, dtype=pl.UInt32).alias(LINE),
            pl.lit(None, pl.String).alias(DEFECT),
        )

    @staticmethod
    def _slowly(piece: Piece, wanted: Sequence[str], only: set[int] | None = None) -> pl.DataFrame:
        columns: dict[str, list[str | None]] = {name: [] for name in wanted}
        lines: list[int] = []
        defects: list[str | None] = []
        raws: list[bytes] = []
        for at, line in enumerate(piece.data.removesuffix(b"\n").split(b"\n"), piece.line):
            if not line.strip() or (only is not None and at not in only):
                continue
            row, defect = _object(line)
            lines.append(at)
            defects.append(defect)
            raws.append(line[:RAW_KEPT])
            for name in wanted:
                columns[name].append((row or {}).get(name) or None)
        schema: dict[str, Any] = dict.fromkeys(wanted, pl.String) | {LINE: pl.UInt32, DEFECT: pl.String}
        frame = pl.DataFrame({**columns, LINE: lines, DEFECT: defects}, schema=schema)
        return frame if only is None else frame.with_columns(pl.Series(RAW, raws, pl.Binary))


def _object(line: bytes) -> tuple[dict[str, str | None] | None, str | None]:
    """The object as texts, or None; and what is wrong with it."""
    if len(line) >= MAXIMUM_RECORD:
        return None, f"the row is longer than {MAXIMUM_RECORD} bytes"
    try:
        row = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        return None, f"this is no JSON: {error}"[:200]
    if not isinstance(row, dict):
        return None, "this is no JSON object"
    texts: dict[str, str | None] = {}
    defect = None
    for name, value in row.items():
        if isinstance(value, (dict, list)):
            defect = f"{name} holds a list or an object"
            continue
        text = value if isinstance(value, str) else None if value is None else str(value).lower()
        clean = text and text.encode(errors="replace").decode().replace("\0", "�")
        if clean != text:
            defect = f"{name} holds a NUL or half a character"
        texts[name] = clean
    return texts, defect[:200] if defect else None
