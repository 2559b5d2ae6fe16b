"""Which reader and which shape a file gets."""

from __future__ import annotations

from pathlib import Path

from activity.mapping import Mapping
from activity.reading.blocks import Reader, Unreadable
from activity.reading.delimited import DelimitedReader, Dialect
from activity.reading.ndjson import NdjsonReader
from activity.reading.typed import ParquetReader, SheetReader
from activity.shaping import Shape

_BY_SUFFIX = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson", ".parquet": "parquet", ".xlsx": "xlsx"}


def open_file(path: Path, mapping: Mapping | None = None) -> tuple[Reader, Shape]:
    """Raises Unreadable when the file is not there, has no rows to speak of, or lacks a needed column."""
    kind = (mapping.format if mapping else None) or _BY_SUFFIX.get(path.suffix.lower(), "csv")
    try:
        reader = _reader(path, kind, mapping)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    return reader, Shape(reader.columns, mapping, has_header=kind in {"csv", "xlsx"})


def _reader(path: Path, kind: str, mapping: Mapping | None) -> Reader:
    if not path.is_file():
        raise Unreadable(f"{path}: there is no such file")
    match kind:
        case "ndjson":
            return NdjsonReader(path)
        case "parquet":
            return ParquetReader(path)
        case "xlsx":
            return SheetReader(path)
    if mapping is None:
        return DelimitedReader(path, Dialect())
    return DelimitedReader(path, Dialect(mapping.csv.delimiter, mapping.csv.quote or None, mapping.csv.encoding))
