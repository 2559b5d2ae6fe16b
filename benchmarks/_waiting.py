"""What people wait for, on the whole year: a draft tried, first and again, and a basket quoted at a till."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

AGAIN = 5
QUOTES, WARM = 400, 20


def measure() -> dict[str, Any]:
    """`try_it`: seconds of the first try in a process that never read the year and of the slowest of those after it,
    each with another factor of one multiplier. `quote`: milliseconds of the whole use case."""
    code = "import django; django.setup(); from benchmarks import _waiting; _waiting.tell()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "POLARS_MAX_THREADS": "2"}
    )
    if done.returncode:
        raise RuntimeError(f"the draft was not tried: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def tell() -> None:
    """Print both as one line of JSON."""
    print(json.dumps({"try_it": _tried(), "quote": _quoted()}))


def _tried() -> dict[str, Any]:
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
    return {
        "lines": trial.lines, "rules": len(version.document["rules"]), "members_touched": trial.touched,
        "first_seconds": round(taken[0], 2), "again_seconds_worst": round(max(taken[1:]), 2),
    }  # fmt: skip


def _quoted() -> dict[str, Any]:
    """Baskets of 12 articles for a member in a store: everything a till's question needs, from the database too."""
    from audit import clock
    from earning import quoting
    from loyalty.demo import stages
    from members.models import Membership
    from programs.models import Product, Program, Store

    program, now = Program.objects.get(code=stages.PROGRAM), clock.now()
    members = list(Membership.objects.filter(program=program).order_by("pk").values_list("pk", flat=True)[:QUOTES])
    skus = list(Product.objects.order_by("pk").values_list("sku", flat=True)[: 12 * QUOTES])
    store = Store.objects.order_by("pk")[0].pk
    taken = []
    for place, member in enumerate(members):
        lines = [{"sku": sku, "gross": f"{1 + at}.90"} for at, sku in enumerate(skus[12 * place : 12 * place + 12])]
        begun = time.perf_counter()
        quoting.quote(program=program, membership_id=member, store_id=store, channel="store", lines=lines, now=now)
        taken.append((time.perf_counter() - begun) * 1000)
    taken = sorted(taken[WARM:])
    return {
        "quotes": len(taken), "lines": 12,
        "p50_ms": round(statistics.median(taken), 1), "p99_ms": round(taken[int(len(taken) * 0.99)], 1),
    }  # fmt: skip


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
