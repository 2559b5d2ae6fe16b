"""Which reader and which shape a file gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from activity.reading.blocks import Reader, Unreadable
from activity.reading.delimited import DelimitedReader, Dialect
from activity.shaping import CanonicalShape


def open_file(path: Path, mapping: Any = None) -> tuple[Reader, CanonicalShape]:
    """Raises Unreadable when the file is not there, has no rows to speak of, or lacks a needed column."""
    try:
        reader = DelimitedReader(path, Dialect())
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    return reader, CanonicalShape(list(reader.columns))
