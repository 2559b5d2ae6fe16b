"""File to ledger for the Complete Journey year, against the floor: COPY of the same rows into bare tables.

script/bench pipeline                   the year, one and two workers, the floor, an ORM loop on a sample
script/bench pipeline --scale           also at 2 and 4 times the year (households repeated under new numbers)
script/bench pipeline --households 300  a sample, for a quick look
script/bench pipeline --ladder          with the demo's ladder and its rule for gold members, which follow every batch
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from audit import clock
from benchmarks import _floor, _orm, _processes, _waiting
from earning.models import Mark
from loyalty.demo import journey_data, people, stages
from loyalty.embedded.home import Home
from programs.models import Program
from tiers import ladders

_with_ladder = False


def run(arguments: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="script/bench pipeline")
    parser.add_argument("--households", type=int, default=None)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--skip-orm", action="store_true")
    parser.add_argument("--ladder", action="store_true")
    options = parser.parse_args(arguments)
    global _with_ladder
    _with_ladder = options.ladder
    chosen = journey_data.households(options.households)
    two = _measure(chosen, copies=1, workers=2)
    floor = _floor.measure(times=3)
    audit = _audited()
    waited_for = _waiting.measure()
    apart_two = _measure(chosen, copies=1, workers=2, apart=True)
    apart_one = _measure(chosen, copies=1, workers=1, apart=True)
    one = apart_one["seconds"]
    result: dict[str, Any] = {
        "households": len(chosen),
        "ladder": options.ladder,
        "receipts": two["receipts"],
        "lines": two["lines"],
        "floor_seconds": floor["seconds"],
        "floor_rows": floor["rows"],
        "pipeline_seconds": two["seconds"],
        "ratio": round(two["seconds"] / floor["seconds"], 2),
        "one_worker_seconds": one,
        "one_worker_ratio": round(one / floor["seconds"], 2),
        "receipts_per_second": round(two["receipts"] / two["seconds"]),
        "worker_peak_mb": max(two["peak_mb"], apart_two["peak_mb"], apart_one["peak_mb"]),
        "ingest_peak_mb": two["ingest_peak_mb"],
        "scoring_two_over_one": round(apart_one["stages"]["score"] / apart_two["stages"]["score"], 2),
        "stages": {
            "ingest_alone": apart_one["stages"]["ingest"],
            "score_alone_two_workers": apart_two["stages"]["score"],
            "score_alone_one_worker": apart_one["stages"]["score"],
            "ingest_beside_workers": two["stages"]["ingest"],
            "score_after_ingest": two["stages"]["score"],
        },
        "audit": audit,
        **waited_for,
    }
    if not options.skip_orm:
        result |= _orm.compare(chosen[:20], two["receipts"] / two["seconds"])
    if options.scale:
        result["scale"] = _scale(chosen, two["seconds"])
    return result


def _scale(chosen: list[journey_data.Household], once: float) -> dict[str, float]:
    seconds = {1: once} | {copies: _measure(chosen, copies=copies, workers=2)["seconds"] for copies in (2, 4)}
    return {
        **{f"seconds_{copies}x": taken for copies, taken in seconds.items()},
        **{f"cost_{copies}x_over_linear": round(taken / copies / once, 3) for copies, taken in seconds.items()},
    }


def _measure(chosen: list[journey_data.Household], *, copies: int, workers: int, apart: bool = False) -> dict[str, Any]:
    """Load the file and score it, from an empty ledger; `apart` starts the workers when the file is in."""
    path, lines = _prepare(chosen, copies)
    with contextlib.ExitStack() as started:
        crew = started.enter_context(_workers(workers))
        if apart:
            _tell(crew, signal.SIGSTOP)
        begun = time.monotonic()
        counts = _ingest(path)
        ingested = resumed = time.monotonic()
        if apart:
            _tell(crew, signal.SIGCONT)
        while Mark.objects.exists() or _claims():
            time.sleep(0.02)
        ended = time.monotonic()
        peak = max(_processes.peak_mb(process.pid) for process in crew)
    taken = {"ingest": round(ingested - begun, 3), "score": round(ended - resumed, 3)}
    print(f"{copies}x, {workers} workers{', apart' if apart else ''}: {taken}, worker {peak} MB", file=sys.stderr)
    return {
        "receipts": counts["receipts"],
        "lines": lines,
        "seconds": round(taken["ingest"] + taken["score"], 3),
        "stages": taken,
        "peak_mb": peak,
        "ingest_peak_mb": counts["peak_mb"],
    }


def _prepare(chosen: list[journey_data.Household], copies: int) -> tuple[Path, int]:
    """An empty database with the program, its products and members, and the file beside it."""
    folder = Home().path / "files"
    stages.start_fresh()  # a ledger that is not empty would be measured instead: it refuses another program's by name
    run = stages.Stages(stages.Plan(None, 0), folder, _quiet())
    run.migrate()
    run.program()
    run.products()
    if not _with_ladder:
        ladders.put(program=Program.objects.get(code=stages.PROGRAM), document=None, now=clock.now(), by="bench")
    everyone = [journey_data.numbered(one.household, copy) for copy in range(copies) for one in chosen]
    people.enrol_households(
        Program.objects.get(code=stages.PROGRAM),
        everyone,
        joined_at=clock.now() - timedelta(days=4000),
        now=clock.now(),
    )
    path = folder / f"receipts-{len(chosen)}-{copies}.csv"
    _, lines = journey_data.write_receipts(path, chosen, moved_by=timedelta(0), copies=copies)
    with contextlib.closing(_owner()) as owning:
        owning.execute("VACUUM ANALYZE")
        owning.execute("CHECKPOINT") if _may_checkpoint(owning) else None
    return path, lines


def _owner() -> Any:
    from loyalty import owner

    return owner.connect()


def _may_checkpoint(owning: Any) -> bool:
    return bool(owning.execute("SELECT pg_has_role(current_user, 'pg_checkpoint', 'member')").fetchone()[0])


def _quiet() -> Any:
    from rich.console import Console

    return Console(quiet=True)


def _ingest(path: Path) -> dict[str, Any]:
    """The command a retailer's file goes through, in a process of its own; its start is not counted against it."""
    code = (
        "import django, json, sys; django.setup()\n"
        "from pathlib import Path; from activity import intake, sources; from audit import clock\n"
        "from programs.models import Program\n"
        "program = Program.objects.get(code='fidelio'); now = clock.now()\n"
        "source, _ = sources.source_for('journey', program=program, now=now, by='bench')\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "counts = intake.ingest(Path(sys.argv[1]), source=source, program=program, now=now, by='bench').as_json()\n"
        "from benchmarks import _processes; import os; counts['peak_mb'] = _processes.peak_mb(os.getpid())\n"
        "print(json.dumps(counts))\n"
    )
    import json

    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "POLARS_MAX_THREADS": "2"},
    )
    assert process.stdout is not None
    process.stdout.readline()
    told, _ = process.communicate("go\n")
    if process.returncode:
        raise RuntimeError("the ingest failed")
    counts: dict[str, Any] = json.loads(told.splitlines()[-1])
    return counts


@contextlib.contextmanager
def _workers(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Workers as in production but for the doorbell: drain polls PostgreSQL. Ready before the clock starts."""
    crew = [
        subprocess.Popen(
            [
                sys.executable,
                "manage.py",
                "drain",
                "--forever",
                "--poll",
                "0.05",
                "--first-bucket",
                str(place * 64 // count),
            ],
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
            stdout=subprocess.DEVNULL,
        )
        for place in range(count)
    ]
    time.sleep(6)
    try:
        yield crew
    finally:
        _tell(crew, signal.SIGCONT)
        _tell(crew, signal.SIGTERM)
        for process in crew:
            process.wait(timeout=60)


def _tell(crew: list[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for process in crew:
        process.send_signal(number)


def _claims() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM claim WHERE quarantined_reason IS NULL)")
        return bool(cursor.fetchone()[0])


def _audited() -> dict[str, Any]:
    from earning import auditing

    begun = time.monotonic()
    found = auditing.run(now=clock.now())
    seconds = time.monotonic() - begun
    call_command("check", verbosity=0)
    return {
        "differences": len(found.differences),
        "entries": found.entries,
        "seconds": round(seconds, 2),
        "microseconds_per_entry": round(seconds * 1e6 / max(found.entries, 1), 2),
    }
