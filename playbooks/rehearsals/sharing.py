"""Many books, several processes: each process runs its share in a scratch database of its own, from one template."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from playbooks.problems import Problem
from playbooks.rehearsals import running
from playbooks.rehearsals.outcome import Line, Outcome

WORTH_A_PROCESS = 15
"""So many books take as long as a process takes to start, and some more."""


class ShareLost(Exception):
    """A process that ran some of the books ended without an answer."""


def processes_for(books: int) -> int:
    """How many processes are worth it for so many books on this machine."""
    return max(1, min(os.cpu_count() or 1, 8, books // WORTH_A_PROCESS))


def run_shared(
    paths: Sequence[Path], *, processes: int, told: Callable[[Outcome], None], seconds: float
) -> list[Outcome]:
    """As `running.run_all`; the outcomes in the order of `paths`, told when all have ended. Raises ShareLost."""
    shares = [paths[place::processes] for place in range(processes)]
    others = [_start(share) for share in shares[1:]]
    found = [running.run_all(shares[0], seconds=seconds)]
    found += [_outcomes(process) for process in others]
    by_place = {
        place + processes * turn: outcome
        for place, outcomes in enumerate(found)
        for turn, outcome in enumerate(outcomes)
    }
    ordered = [by_place[place] for place in range(len(paths))]
    for outcome in ordered:
        told(outcome)
    return ordered


def _start(share: Sequence[Path]) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "rehearse", "--json", "--processes", "1"]
    return subprocess.Popen(
        [*command, "--", *map(str, share)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def _outcomes(process: subprocess.Popen[bytes]) -> list[Outcome]:
    written, said = process.communicate()
    try:
        return [_outcome(document) for document in json.loads(written)]
    except ValueError:
        reason = said.decode(errors="replace").strip()[-500:] or f"exit {process.returncode}"
        raise ShareLost(f"a process that ran some of the books ended without an answer: {reason}") from None


def _outcome(document: dict[str, Any]) -> Outcome:
    lines = [Line(**line) for line in document.pop("lines")]
    problems = [Problem(**problem) for problem in document.pop("problems")]
    return Outcome(**document, lines=lines, problems=problems)
