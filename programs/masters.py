"""Files of products: CSV, NDJSON or Parquet with sku, name, category, brand, tags and attributes.

`category` is a path with slashes, `tags` are separated by `|`, an attribute is a column attr.NAME or, in NDJSON, a key
of the object `attributes`. Every wrong row is named with its line and field; a file with one is refused whole.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

COLUMNS = ("sku", "name", "category", "brand", "tags", "attributes")
_LONGEST = {"sku": 80, "name": 200, "category": 300, "brand": 120}
_TOLD = 20


class MasterRefused(Exception):
    """The file cannot be loaded; one line per error."""


def read(path: Path) -> list[dict[str, Any]]:
    """The products of a file, as programs.products.upsert wants them. Raises MasterRefused."""
    try:
        numbered = list(_rows(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MasterRefused(f"{path.name}: {error}") from None
    errors: list[str] = []
    rows = []
    for line, row in numbered:
        wrong = _wrong(row)
        if wrong:
            errors.append(f"{path.name}: line {line}: {wrong}")
        else:
            rows.append(_product(row))
    if errors:
        more = [f"and {len(errors) - _TOLD} more"] if len(errors) > _TOLD else []
        raise MasterRefused("\n".join(errors[:_TOLD] + more))
    return rows


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    match path.suffix.lower():
        case ".parquet":
            import polars as pl

            try:
                yield from enumerate(pl.read_parquet(path).iter_rows(named=True), 1)
            except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
                raise MasterRefused(f"{path.name}: this is no Parquet file: {error}"[:300]) from None
        case ".ndjson" | ".jsonl" | ".json":
            with path.open(encoding="utf-8") as lines:
                for number, text in enumerate(lines, 1):
                    if text.strip():
                        yield number, _object(path, number, text)
        case _:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                reader = csv.DictReader(lines, strict=True)
                _check_columns(path, reader.fieldnames or ())
                for row in reader:
                    yield reader.line_num, row


def _object(path: Path, number: int, text: str) -> dict[str, Any]:
    try:
        row = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise MasterRefused(f"{path.name}: line {number}: this is no JSON: {error}") from None
    if not isinstance(row, dict):
        raise MasterRefused(f"{path.name}: line {number}: this is no JSON object")
    return row


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    if "sku" not in columns:
        raise MasterRefused(f"{path.name}: line 1: there is no column sku")
    strange = [name for name in columns if name not in COLUMNS and not name.startswith("attr.")]
    if strange:
        raise MasterRefused(
            f"{path.name}: line 1: {strange[0]} is no column of a product master; write attr.{strange[0]}"
        )


def _wrong(row: dict[str, Any]) -> str | None:
    if None in row or not row.get("sku"):
        return "sku: is missing" if None not in row else "the row has more fields than the header"
    for name, longest in _LONGEST.items():
        text = row.get(name)
        if text is not None and (len(str(text)) > longest or "\0" in str(text)):
            return f"{name}: is longer than {longest} characters or holds a NUL"
    if any("\0" in str(value) for value in row.values()):
        return "a field holds a NUL"
    if isinstance(row.get("attributes"), str) and row["attributes"]:
        return "attributes: write each as a column attr.NAME"
    return None


def _product(row: dict[str, Any]) -> dict[str, Any]:
    tags = row.get("tags") or []
    attributes = dict(row.get("attributes") or {})
    attributes |= {
        name[5:]: value for name, value in row.items() if name.startswith("attr.") and value not in ("", None)
    }
    return {
        **{name: str(row.get(name) or "") for name in _LONGEST},
        "tags": [tag.strip() for tag in tags.split("|") if tag.strip()] if isinstance(tags, str) else list(tags),
        "attributes": attributes,
    }
