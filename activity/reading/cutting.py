"""A file of lines, cut into pieces of whole rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activity.reading.blocks import MAXIMUM_RECORD

SIZE = 4 << 20


@dataclass(frozen=True)
class Piece:
    """Bytes of whole rows, and where they stand."""

    offset: int
    data: bytes
    line: int  # of the file, where it begins
    cut_open: bool = False  # cut inside what looks like a quoted field, or the beginning of a line that is too long


class Cutter:
    """The pieces of a file from `offset` on, and the way back to them. `quote` empty: no line end stands in quotes."""

    def __init__(self, path: Path, offset: int, line: int, quote: bytes = b"") -> None:
        self._path, self._offset, self._line, self._quote = path, offset, line, quote
        self._places: dict[int, tuple[int, int]] = {}  # first line -> offset, length

    def pieces(self) -> Iterator[Piece]:
        line, offset, carry = self._line, self._offset, b""
        with self._path.open("rb") as file:
            file.seek(offset)
            while True:
                fresh = file.read(SIZE)
                data = carry + fresh if carry else fresh
                if not data:
                    return
                end, cut_open = self._boundary(data) if fresh else (len(data), False)
                if end == 0:
                    carry = data
                    continue
                if end < 0:  # one line longer than a row may be: keep its beginning, pass over its rest
                    piece, carry = Piece(offset, data[:MAXIMUM_RECORD], line, cut_open=True), b""
                    after, next_line = offset + len(data) + _pass_line(file), line + 1
                else:
                    piece, carry = Piece(offset, data[:end], line, cut_open), data[end:]
                    after, next_line = offset + end, line + data.count(b"\n", 0, end)
                self._places[line] = (offset, len(piece.data))
                yield piece
                offset, line = after, next_line

    def again(self, lines: set[int]) -> Iterator[tuple[Piece, set[int]]]:
        """The pieces, passed before, that hold these lines."""
        firsts = sorted(self._places)
        with self._path.open("rb") as file:
            for at, first in enumerate(firsts):
                until = firsts[at + 1] if at + 1 < len(firsts) else None
                here = {line for line in lines if line >= first and (until is None or line < until)}
                if here:
                    offset, length = self._places[first]
                    file.seek(offset)
                    yield Piece(offset, file.read(length), first), here

    def _boundary(self, data: bytes) -> tuple[int, bool]:
        """Where to cut: after the last line end outside quotes. 0: read more first; -1: a line without an end."""
        last = end = data.rfind(b"\n")
        if self._quote and end >= 0:
            open_quotes = data.count(self._quote, 0, end)
            while end >= 0 and open_quotes % 2:
                before = data.rfind(b"\n", 0, end)
                open_quotes -= data.count(self._quote, max(before, 0), end)
                end = before
        if end >= 0:
            return end + 1, False
        if len(data) <= MAXIMUM_RECORD:
            return 0, False
        return (last + 1, True) if last >= 0 else (-1, True)


def _pass_line(file: Any) -> int:
    passed = 0
    while fresh := file.readline(SIZE):
        passed += len(fresh)
        if fresh.endswith(b"\n"):
            break
    return passed
