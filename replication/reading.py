"""Records as a file has them: one after another, with the line where each begins, never more than a block in memory.

A line of NDJSON is a record. Of CSV, rows with one external id that follow each other are: what a person has one of
stands in one of the rows, or the same in several; each row may bring a card, a lot and an answer more.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from activity.reading import blocks
from activity.reading.blocks import DEFECT, LINE
from activity.reading.delimited import DelimitedReader, Dialect
from replication.mapping import ADDRESS, FLAT, PARTS, Mapping
from replication.refusals import Unreadable

LARGEST_LINE = 1 << 18  # bytes of one record in NDJSON
MOST_PARTS = 1_000  # cards, lots or answers of one record
_NDJSON = {".ndjson", ".jsonl", ".json"}


@dataclass
class Raw:
    """A record as it was written: texts by canonical field. `defect` (field, why) of one that cannot be taken apart."""

    line: int
    said: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    defect: tuple[str, str] | None = None

    @property
    def external_id(self) -> str:
        said = self.said.get("external_id")
        return said.strip()[:100] if isinstance(said, str) else ""


def records(path: Path, mapping: Mapping) -> Iterator[Raw]:
    """The records of a file in its order; the same file gives the same records. Raises Unreadable."""
    kind = mapping.format or ("ndjson" if path.suffix.lower() in _NDJSON else "csv")
    try:
        if kind == "csv":
            yield from _assembled(_rows(path, mapping))
        else:
            with path.open("rb") as file:
                yield from lines(file, mapping)
    except blocks.Unreadable as error:
        raise Unreadable(str(error)) from None
    except OSError as error:
        raise Unreadable(f"{path.name}: {error.strerror}") from None


def body(content: bytes, mapping: Mapping) -> Iterator[Raw]:
    """The records of a pushed body of NDJSON."""
    return lines(io.BytesIO(content), mapping)


def lines(file: IO[bytes], mapping: Mapping) -> Iterator[Raw]:
    """The records of NDJSON, empty lines passed over."""
    number = 0
    while line := file.readline(LARGEST_LINE + 1):
        number += 1
        if len(line) > LARGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(LARGEST_LINE)
            yield Raw(number, defect=("", f"the line is longer than {LARGEST_LINE} bytes"))
        elif line.strip():
            yield _object(number, line, mapping)


def _object(number: int, line: bytes, mapping: Mapping) -> Raw:
    try:
        # strictly UTF-8: what json guesses of bytes lets half a character pass
        said = json.loads(line.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        return Raw(number, defect=("", f"this is no JSON: {error}"[:200]))
    if not isinstance(said, dict):
        return Raw(number, defect=("", "this is no JSON object"))
    if b"\\u" in line and not _can_be_kept(said):
        return Raw(number, defect=("", "it holds a NUL or half a character"))
    return _shaped(number, said, mapping)


def _can_be_kept(said: Any) -> bool:
    """PostgreSQL has no text with a NUL in it, and none with half a character."""
    text = json.dumps(said, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in text


def _shaped(number: int, said: dict[str, Any], mapping: Mapping) -> Raw:
    """What was said under canonical names, its lists apart from its plain fields."""
    named = said if mapping.columns is None else {to: said.get(name) for to, name in mapping.columns.items()}
    raw = Raw(number)
    for name, value in {**named, **mapping.constants, **_looked_up(said, mapping)}.items():
        if value is None:
            continue
        if name in PARTS:
            if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
                return Raw(number, raw.said, defect=(name, "a list of objects is wanted"))
            if len(value) > MOST_PARTS:
                return Raw(number, raw.said, defect=(name, f"more than {MOST_PARTS} of one person"))
            raw.parts[name] = value
        elif name == "address" or name == "tastes" and isinstance(value, list):
            if (why := _spread(raw, name, value)) is not None:
                return Raw(number, raw.said, defect=why)
        elif name not in FLAT:
            return Raw(number, raw.said, defect=(str(name)[:80], "is no field of a record"))
        elif isinstance(value, list | dict):
            return Raw(number, raw.said, defect=(name, "holds a list or an object"))
        else:
            raw.said[name] = value if isinstance(value, str) else str(value).lower()
    _take_parts(raw)
    return raw


def _spread(raw: Raw, name: str, value: Any) -> tuple[str, str] | None:
    """An address (an object; empty: none) and a list of tastes, as the texts that CSV has; or what is wrong."""
    if name == "tastes":
        if not all(isinstance(one, str) for one in value):
            return name, "a list of codes is wanted"
        raw.said[name] = " ".join(value)
        return None
    if not isinstance(value, dict):
        return (name, "an object is wanted") if value else _spread(raw, name, {})
    known = set(ADDRESS.values())
    for part, text in value.items():
        if part not in known:
            return f"address.{part}"[:80], "is no part of an address"
        if isinstance(text, list | dict):
            return f"address.{part}", "a text is wanted"
    texts = {part: "" if text is None else str(text) for part, text in value.items()}
    raw.said |= {flat: texts.get(part, "") for flat, part in ADDRESS.items()}
    return None


def _looked_up(said: dict[str, Any], mapping: Mapping) -> dict[str, str | None]:
    return {
        name: lookup.values.get(str(said.get(lookup.column)), lookup.default) for name, lookup in mapping.lookup.items()
    }


def _take_parts(raw: Raw) -> None:
    """A card, a lot and an answer that stand flat in the row become parts of the record."""
    for kind, names in PARTS.items():
        part = {short: raw.said.pop(name) for name, short in names.items() if name in raw.said}
        if any(part.values()):
            raw.parts.setdefault(kind, []).append(part)


def _rows(path: Path, mapping: Mapping) -> Iterator[Raw]:
    """Each row of a CSV file as a record of its own."""
    if not path.is_file():
        raise Unreadable(f"{path.name}: there is no such file")
    reader = DelimitedReader(path, Dialect(mapping.csv.delimiter, mapping.csv.quote or None, mapping.csv.encoding))
    named = mapping.columns or {name: name for name in reader.columns if name in FLAT}
    used = [*named.values(), *(lookup.column for lookup in mapping.lookup.values())]
    for column in (column for column in used if column not in reader.columns):
        raise Unreadable(f"the file has no column {column}; it has {', '.join(reader.columns)[:300]}")
    if "external_id" not in {*named, *mapping.constants, *mapping.lookup}:
        raise Unreadable(f"line 1: there is no external_id; columns: {', '.join(reader.columns)[:300]}")
    wanted = list(dict.fromkeys(used))
    mapping = mapping.model_copy(update={"columns": named})
    for block in reader.blocks(wanted):
        for row in block.frame.iter_rows(named=True):
            if row[DEFECT] is not None:
                yield Raw(row[LINE], defect=("", row[DEFECT]))
                continue
            said = {name: row[name] for name in wanted}
            if mapping.empty_clears:
                said = {name: "" if value is None else value for name, value in said.items()}
            yield _shaped(row[LINE], said, mapping)


def _assembled(rows: Iterable[Raw]) -> Iterator[Raw]:
    """Rows of one external id that stand together, as one record."""
    held: Raw | None = None
    for row in rows:
        if held and not held.defect and not row.defect and row.external_id and row.external_id == held.external_id:
            _join(held, row)
            continue
        if held:
            yield held
        held = row
    if held:
        yield held


def _join(held: Raw, row: Raw) -> None:
    for name, value in row.said.items():
        known = held.said.get(name)
        if known in (None, ""):
            held.said[name] = value
        elif value not in (known, ""):
            held.defect = (name, f"line {row.line} says otherwise than line {held.line} of the same person")
            return
    for kind, parts in row.parts.items():
        have = held.parts.setdefault(kind, [])
        have += [part for part in parts if part not in have]
        if len(have) > MOST_PARTS:
            held.defect = (kind, f"more than {MOST_PARTS} of one person")
