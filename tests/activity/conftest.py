from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

HEADER = ("receipt_id", "occurred_at", "store", "card", "sku", "quantity", "gross")


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows (mappings, or tuples in the order of HEADER) as a canonical CSV file."""

    def write(rows: Iterable[Any], name: str = "till.csv", header: Iterable[str] = ()) -> Path:
        rows = [dict(zip(HEADER, row, strict=True)) if isinstance(row, tuple) else row for row in rows]
        names = list(header) or list(dict.fromkeys(name for row in rows for name in row)) or list(HEADER)
        lines = [",".join(names)] + [",".join(_quoted(row.get(name, "")) for name in names) for row in rows]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def _quoted(value: object) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text


@pytest.fixture
def ingest(program: Any, tmp_path: Path) -> Callable[..., Mapping[str, Any]]:
    """Runs the command on a file and gives what it wrote as JSON."""

    def run(path: Path, *options: str, source: str = "pos") -> Mapping[str, Any]:
        report = tmp_path / "report.json"
        call_command("ingest", str(path), "--source", source, "--program", "demo", "--json", str(report), *options)
        counts: Mapping[str, Any] = json.loads(report.read_text())
        assert counts["rows"] == sum(
            counts[name] for name in ("skipped", "landed_rows", "duplicate_rows", "quarantined_rows")
        )
        assert sum(counts["reasons"].values()) == counts["quarantined_rows"]
        return counts

    return run
