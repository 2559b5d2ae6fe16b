"""What every reader gives: blocks of rows as text, each row with its place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

LINE = "__line"  # where the row begins in its file, from 1; the header of a CSV file is line 1
DEFECT = "__defect"  # null, or why the row could not be taken apart

RAW = "__raw"  # the row's bytes as they stand in the file, at most RAW_KEPT

MAXIMUM_RECORD = 1 << 20  # bytes of one row, line breaks in quotes included
RAW_KEPT = 1 << 16  # bytes of a bad row that are kept


class Unreadable(Exception):
    """The file cannot be read at all; the message says why, for the person who sent it."""


@dataclass(frozen=True)
class Block:
    """Consecutive rows. `frame`: the wanted columns as String, null where nothing stood, LINE (u32) and DEFECT."""

    first_row: int
    frame: pl.DataFrame


class Reader(Protocol):
    """A file of rows. The same file gives the same rows, in the same blocks, each time it is read."""

    columns: Sequence[str]
    typed: bool  # its moments may be values, not text: they come out in ISO 8601

    def blocks(self, wanted: Sequence[str]) -> Iterator[Block]:
        """The rows of the file, with these of its columns."""

    def reread(self, lines: Iterable[int], wanted: Sequence[str]) -> pl.DataFrame:
        """These rows once more, with RAW, after `blocks` has passed them."""
