"""Rows that wait for the rest of their receipts: in memory, and past a budget in files of their own."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import polars as pl

from activity.validation import HEAD, ROW, Typed

BUDGET = 48 << 20  # bytes of rows of open chunks that may wait in memory


class Waiting:
    """Heads and lines of open chunks. A context manager: the files go with it."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._parts: dict[int, list[tuple[pl.DataFrame, pl.DataFrame]]] = {}
        self._spilt: dict[int, int] = Counter()
        self._skipped: dict[int, int] = Counter()
        self._size = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *error: object) -> None:
        if self._folder:
            self._folder.cleanup()

    def add_skipped(self, numbers: pl.Series) -> None:
        for number, count in numbers.value_counts().iter_rows():
            self._skipped[number] += count

    def add(self, typed: Typed, chunk_of_row: pl.DataFrame) -> None:
        """Put a block's heads and lines to their chunks; `chunk_of_row`: ROW, chunk."""
        chunk_of_head = typed.heads.join(chunk_of_row, left_on=HEAD, right_on=ROW, how="left", maintain_order="left")
        numbers = chunk_of_row.get_column("chunk").unique().to_list()
        if len(numbers) == 1:
            self._keep(numbers[0], typed.heads, typed.lines)
            return
        lines = typed.lines.join(chunk_of_row, on=ROW, how="left", maintain_order="left")
        heads_by = chunk_of_head.partition_by("chunk", as_dict=True, include_key=False)
        lines_by = lines.partition_by("chunk", as_dict=True, include_key=False)
        for number in numbers:
            self._keep(number, heads_by[(number,)], lines_by[(number,)])
        if self._size > self._budget:
            self._spill()

    def _keep(self, number: int, heads: pl.DataFrame, lines: pl.DataFrame) -> None:
        self._parts.setdefault(number, []).append((heads, lines))
        self._size += int(heads.estimated_size() + lines.estimated_size())

    def take(self, number: int) -> tuple[pl.DataFrame, pl.DataFrame, int]:
        """Everything of a chunk, in the order of the file, and how many of its rows were skipped."""
        parts = self._unspill(number) + self._parts.pop(number, [])
        heads, lines = (pl.concat([part[at] for part in parts]) for at in (0, 1))
        self._size -= int(heads.estimated_size() + lines.estimated_size())
        return heads, lines, self._skipped.pop(number, 0)

    def _spill(self) -> None:
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="fidelio-intake-")
        for number, parts in self._parts.items():
            at = self._spilt[number]
            for place, name in enumerate(("heads", "lines")):
                pl.concat([part[place] for part in parts]).write_ipc(self._path(number, at, name), compression="lz4")
            self._spilt[number] += 1
        self._parts, self._size = {}, 0

    def _unspill(self, number: int) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
        parts = []
        for at in range(self._spilt.pop(number, 0)):
            paths = [self._path(number, at, name) for name in ("heads", "lines")]
            heads, lines = (pl.read_ipc(path) for path in paths)
            parts.append((heads, lines))
            for path in paths:
                path.unlink()
        return parts

    def _path(self, number: int, at: int, name: str) -> Path:
        assert self._folder
        return Path(self._folder.name) / f"{number}-{at}-{name}.arrow"
