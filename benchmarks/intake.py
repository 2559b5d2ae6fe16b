"""A 1 GB file in bounded memory: peak RSS and rows a second of one `manage.py ingest`, rows adjacent or scattered.

The file is made by a generator of its own, the same bytes each time. Scattered means that the rows of a receipt stand
up to half the file apart. Arguments: --megabytes N (default 1000), --scattered (instead of adjacent), --both.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks import _processes, _programs

LIMIT_MB = 600
LINES = 10  # of a receipt
HEADER = b"receipt_id,occurred_at,store,channel,card,sku,product_name,quantity,unit_price,discount,tender\n"
_ROW = b"R%010d,2026-%02d-%02dT%02d:%02d:%02d,%s,store,CARD%09d,%06d,Article number %06d,%d,%d.%02d,0.%02d,card\n"


def run(arguments: list[str]) -> dict[str, Any]:
    """Measure, in a program of this run's own. Peak memory is the whole life of the ingesting process."""
    parser = argparse.ArgumentParser(prog="script/bench intake")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--scattered", action="store_true")
    parser.add_argument("--both", action="store_true")
    options = parser.parse_args(arguments)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    kinds = ["adjacent", "scattered"] if options.both else ["scattered" if options.scattered else "adjacent"]
    result: dict[str, Any] = {"megabytes": options.megabytes, "limit_mb": LIMIT_MB}
    for kind in kinds:
        code = f"bench-{uuid4().hex[:8]}"
        _programs.make(code)
        with tempfile.TemporaryDirectory(prefix="fidelio-bench-") as folder:
            path = Path(folder) / f"{kind}.csv"
            rows = write(path, options.megabytes << 20, code.encode(), scattered=kind == "scattered")
            result[kind] = _measure(path, code) | {"file_mb": path.stat().st_size >> 20}
            assert result[kind]["counts"]["rows"] == rows
    result["within_limit"] = all(result[kind]["peak_mb"] < LIMIT_MB for kind in kinds)
    return result


def write(path: Path, size: int, store: bytes, *, scattered: bool) -> int:
    """Write about `size` bytes of activity; how many rows. Holds a block of rows, never the file."""
    row = len(_row(0, 0, store))
    receipts = max(size // row // LINES, 1)
    with path.open("wb", buffering=1 << 20) as file:
        file.write(HEADER)
        if scattered:
            for line in range(LINES):  # one line of every receipt, then the next one of every receipt
                file.writelines(_row((at * 7919) % receipts, line, store) for at in range(receipts))
        else:
            file.writelines(_row(receipt, line, store) for receipt in range(receipts) for line in range(LINES))
    return receipts * LINES


def _row(receipt: int, line: int, store: bytes) -> bytes:
    mixed = (receipt * 1_000_003 + line * 7_919) % 1_000_000_007
    sku = mixed % 40_000
    month, day, hour, minute, second = (1 + receipt % 12, 1 + receipt % 28, receipt % 24, receipt % 60, receipt % 59)
    price, cents = mixed % 90, mixed % 100
    person = receipt % 50_000
    when = (month, day, hour, minute, second)
    what = (sku, sku, 1 + mixed % 3, price + 1, cents, mixed % 50)
    return _ROW % (receipt, *when, store, person, *what)


def _measure(path: Path, code: str) -> dict[str, Any]:
    report = path.with_suffix(".json")
    manage = Path(__file__).parent.parent / "manage.py"
    arguments = [
        sys.executable,
        str(manage),
        "ingest",
        str(path),
        "--source",
        code,
        "--program",
        code,
        "--json",
        str(report),
    ]
    process = os.posix_spawn(sys.executable, arguments, {**os.environ, "POLARS_MAX_THREADS": "2"})
    taken = _processes.wait(process)
    counts = json.loads(report.read_text())
    return {
        "peak_mb": taken.peak_mb,
        "seconds": counts["seconds"],
        "rows_per_second": round(counts["rows"] / counts["seconds"]),
        "cpu_seconds": taken.cpu_seconds,
        "counts": counts,
    }
