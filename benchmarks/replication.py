"""A base of 105,000 members with cards and lots from a full file of a CRM: seconds, peak memory, sums before = after,
processor seconds of the loading process and of PostgreSQL.

The file is made by a generator of its own, the same bytes each time: a card or two, three lots, two answers a person.
Then the same file once more (nothing may change), and a delta of a hundredth. Argument: --members N.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks import _processes, _programs

LIMIT_SECONDS = 120
_FIRST = ("Ana", "Björn", "Chloé", "Dao", "Élise", "Fatou", "Goran", "Hana", "Inès", "Jonas", "Kadir", "Léa", "Milo")
_LAST = ("Adler", "Benali", "Costa", "Durand", "Eriksson", "Fontaine", "Girard", "Haddad", "Ito", "Jansen", "Kowalski")


def run(arguments: list[str]) -> dict[str, Any]:
    """Measure, in a program of this run's own. Peak memory is the whole life of the loading process."""
    parser = argparse.ArgumentParser(prog="script/bench replication")
    parser.add_argument("--members", type=int, default=105_000)
    options = parser.parse_args(arguments)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    code = f"bench-{uuid4().hex[:8]}"
    _make_program(code)
    result: dict[str, Any] = {"members": options.members, "limit_seconds": LIMIT_SECONDS}
    with tempfile.TemporaryDirectory(prefix="fidelio-bench-") as folder:
        path = Path(folder) / "base.ndjson"
        sums = write(path, options.members, version=1, salt=code)
        result["file_mb"] = path.stat().st_size >> 20
        result["full"] = _load(path, code, "full")
        result["again"] = _load(path, code, "full")
        delta = Path(folder) / "delta.ndjson"
        write(delta, options.members // 100, version=2, salt=code)
        result["delta"] = _load(delta, code, "delta")
    points = result["full"]["report"]["points"]["points"]
    result["sums_agree"] = points["said"] == points["here"] == points["booked"] == sums
    result["within_limit"] = result["full"]["seconds"] < LIMIT_SECONDS
    return result


def write(path: Path, members: int, *, version: int, salt: str) -> int:
    """Write a base of so many people; what their lots of points come to. Holds a person, never the file."""
    total = 0
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        for record in records(members, version=version, salt=salt):
            total += sum(lot["amount"] for lot in record["lots"])
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return total


def records(members: int, *, version: int, salt: str) -> Iterator[dict[str, Any]]:
    """The same people each time; of a higher version some of them moved house or lost a card."""
    for number in range(members):
        mixed = (number * 1_000_003 + 7) % 1_000_000_007
        cards = [{"number": f"{salt[-4:]}{number:08d}", "issued_at": f"20{10 + mixed % 15}-0{1 + mixed % 9}-11"}]
        if mixed % 4 == 0:
            cards.append({"number": f"{salt[-4:]}X{number:08d}", "status": "blocked"})
        yield {
            "external_id": f"P{number:09d}",
            "version": version,
            "first_name": _FIRST[mixed % len(_FIRST)] if version == 1 or number % 3 else "Nouria",
            "last_name": f"{_LAST[mixed % len(_LAST)]} {chr(65 + mixed % 26)}",
            "email": f"person{number}@{salt}.example.com",
            "phone": f"+336{mixed % 100_000_000:08d}",
            "birth_date": f"{1940 + mixed % 60}-0{1 + mixed % 9}-1{mixed % 9}",
            "language": "fr",
            "joined_at": f"20{10 + mixed % 15}-0{1 + mixed % 9}-11",
            "cards": cards,
            "lots": [
                {
                    "id": f"P{number:09d}-{lot}", "currency": "points", "amount": 1 + (mixed + lot * 97) % 900,
                    "earned_on": f"2026-0{1 + (mixed + lot) % 9}-05", "expires_on": f"2027-0{1 + (mixed + lot) % 9}-04",
                }
                for lot in range(3)
            ],
            "consents": [
                {"purpose": "marketing", "channel": channel, "granted": mixed % 3 > 0, "wording": "v1",
                 "at": "2024-02-01T10:00:00Z"}
                for channel in ("email", "sms")
            ],
        }  # fmt: skip


def _make_program(code: str) -> None:
    from audit import clock
    from programs.models import Currency
    from replication import systems

    program = _programs.make(code)
    Currency.objects.create(program=program, code="points", kind="redeemable", expiry={"months": 12})
    systems.make(code=code, program=program, now=clock.now(), by="bench")


def _postgres_seconds() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return _processes.family_seconds(cursor.fetchone()[0])


def _load(path: Path, code: str, kind: str) -> dict[str, Any]:
    report = path.with_suffix(".json")
    manage = Path(__file__).parent.parent / "manage.py"
    arguments = [
        sys.executable, str(manage), "replicate", "load", str(path), "--system", code, "--kind", kind,
        "--json", str(report),
    ]  # fmt: skip
    before = _postgres_seconds()
    process = os.posix_spawn(sys.executable, arguments, {**os.environ, "POLARS_MAX_THREADS": "2"})
    taken = _processes.wait(process)
    told = json.loads(report.read_text())
    return {
        "seconds": told["seconds"],
        "records_per_second": round(told["records"] / max(told["seconds"], 1)),
        "peak_mb": taken.peak_mb,
        "cpu_seconds": taken.cpu_seconds,
        "postgres_cpu_seconds": round(_postgres_seconds() - before, 1),
        "report": told,
    }
