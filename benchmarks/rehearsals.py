"""Acceptance books through the command, as script/rehearse runs them: the promise is 200 books under a minute.

script/bench rehearsals               200 books: those of tests/rehearsals/books, again from the first as needed
script/bench rehearsals --books 60    fewer, for a quick look
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loyalty.embedded.home import REPOSITORY, Home

BOOKS = REPOSITORY / "tests" / "rehearsals" / "books"
PROMISED_SECONDS, PROMISED_BOOKS = 60, 200


def run(arguments: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="script/bench rehearsals")
    parser.add_argument("--books", type=int, default=PROMISED_BOOKS)
    wanted = parser.parse_args(arguments).books
    found = sorted(BOOKS.glob("*.yaml"))
    books = [found[place % len(found)] for place in range(wanted)]
    begun = time.monotonic()
    _rehearse(books[:1], 1)
    first = time.monotonic() - begun  # makes the template
    nothing = _measured(books[:1], 1)
    shared = _measured(books, 0)
    alone = _measured(books, 1)
    return {
        "books": len(books),
        "seconds": shared["seconds"],
        "ratio_to_promise": round(shared["seconds"] / len(books) / (PROMISED_SECONDS / PROMISED_BOOKS), 2),
        "one_process_seconds": alone["seconds"],
        "processes_over_one": round(alone["seconds"] / shared["seconds"], 2),
        "cpu_seconds_a_book": round((shared["client_cpu"] + shared["postgres_cpu"]) / len(books), 3),
        "client_cpu_seconds": shared["client_cpu"],
        "postgres_cpu_seconds": shared["postgres_cpu"],
        "postgres_over_client": round(shared["postgres_cpu"] / shared["client_cpu"], 2),
        "one_book_seconds": nothing["seconds"],
        "one_book_cpu_seconds": round(nothing["client_cpu"] + nothing["postgres_cpu"], 2),
        "load_beside": round(os.getloadavg()[0], 1),
        "first_run_seconds": round(first, 1),
    }


def _measured(books: list[Path], processes: int) -> dict[str, float]:
    client, server, begun = _client_cpu(), _postgres_cpu(), time.monotonic()
    _rehearse(books, processes)
    return {
        "seconds": round(time.monotonic() - begun, 2),
        "client_cpu": round(_client_cpu() - client, 2),
        "postgres_cpu": round(_postgres_cpu() - server, 2),
    }


def _rehearse(books: list[Path], processes: int) -> None:
    """Raises SystemExit when a book fails: what does not do the work is not measured."""
    command = [sys.executable, str(REPOSITORY / "manage.py"), "rehearse", "--failed", "--processes", str(processes)]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}  # as script/rehearse
    done = subprocess.run([*command, "--", *map(str, books)], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])


def _client_cpu() -> float:
    """Of all children that ended, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _postgres_cpu() -> float:
    """Of the bench's own server: its living processes, and those it saw end."""
    postmaster = int((Home().path / "postgres" / "postmaster.pid").read_text().split()[0])
    ticks = sum(sum(times) for pid, parent, times in _processes() if postmaster in (pid, parent))
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes() -> Iterator[tuple[int, int, list[int]]]:
    """pid, parent, and ticks: user and system, its own and of children that ended."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        yield int(place.name), int(fields[1]), [int(ticks) for ticks in fields[11:15]]
