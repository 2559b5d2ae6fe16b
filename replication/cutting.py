"""The rows of a file whose records were refused, cut out as they were written: to be mended and loaded alone.

We keep no copy of what was refused: it is of people, and its sender has it. The file says it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from replication import reading
from replication.mapping import Mapping
from replication.models import Line, Run
from replication.refusals import Unreadable


def refused(path: Path, run: Run, mapping: Mapping) -> Iterator[bytes]:
    """The lines of each refused record, a CSV's header before them. Raises Unreadable for another file."""
    try:
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").digest() == bytes(run.sha256)
    except OSError as error:
        raise Unreadable(f"{path.name}: {error.strerror}") from None
    if not same:
        raise Unreadable(f"{path.name} is not the file of run {run.pk}")
    rows = Line.objects.filter(run=run, outcome=Line.Outcome.REFUSED).values_list("line", flat=True)
    yield from _lines(path, {line for line in rows if line is not None}, mapping)


def _lines(path: Path, wanted: set[int], mapping: Mapping) -> Iterator[bytes]:
    """A record reaches from its line to where the next one begins; what stands before the first is the header."""
    begins = (raw.line for raw in reading.records(path, mapping))
    first = next_begins = next(begins, 0)
    taking = False
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == next_begins:
                taking, next_begins = number in wanted, next(begins, 0)
            if taking or number < first:
                yield line if line.endswith(b"\n") else line + b"\n"
