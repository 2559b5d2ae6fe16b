"""A draft tried on the whole year, as the studio does: a process that never read the year, then the same again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

AGAIN = 5


def measure() -> dict[str, Any]:
    """Seconds of the first try and of the slowest of those after it, each with another factor of one multiplier."""
    code = "import django; django.setup(); from benchmarks import _trying; _trying.tell()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "POLARS_MAX_THREADS": "2"}
    )
    if done.returncode:
        raise RuntimeError(f"the draft was not tried: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def tell() -> None:
    from audit import clock
    from earning import trial_frames, trials
    from loyalty.demo import stages
    from programs import queries as programs
    from programs.models import Program
    from rules_engine import queries as rulebooks

    program, now = Program.objects.get(code=stages.PROGRAM), clock.now()
    market = max((one.code for one in programs.markets_of(program.pk)), key=_judged)
    version = rulebooks.in_force(rulebooks.rulebooks_for(program.pk), market, now)
    span = trial_frames.span(program)
    assert version is not None and span is not None
    taken = []
    for factor in range(5, 6 + AGAIN):
        begun = time.perf_counter()
        trial = trials.try_out(
            program=program, draft=_changed(version.document, factor), from_on=span[0], until_on=span[1], now=now,
            market_code=market,
        )  # fmt: skip
        taken.append(time.perf_counter() - begun)
    print(json.dumps({
        "lines": trial.lines, "rules": len(version.document["rules"]), "members_touched": trial.touched,
        "first_seconds": round(taken[0], 2), "again_seconds_worst": round(max(taken[1:]), 2),
    }))  # fmt: skip


def _judged(market: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM membership WHERE market_code = %s", [market])
        return int(cursor.fetchone()[0])


def _changed(document: dict[str, Any], factor: int) -> Any:
    from rules_engine.core.rulebook import Rulebook

    rules = [dict(rule) for rule in document["rules"]]
    first = next(rule for rule in rules if "multiply" in rule["earn"])
    first["earn"] = {**first["earn"], "multiply": factor}
    return Rulebook.from_document({**document, "rules": rules})
