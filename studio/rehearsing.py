"""Runs a book of acceptance that was asked for, in a process of its own: it makes a database, which neither a page's
process nor a worker's must do.

A page only writes the row and rings; whichever worker takes it keeps the result with the draft. A bell that is lost
costs half a minute: the beat rings again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

from rules_engine import draft_rehearsals
from rules_engine.models import DraftRehearsal
from studio import drafted

LARGEST = 200_000
"""Characters of a book."""
SECONDS = 150
"""A book ends by itself after a minute; the first after a change of tables makes the template they all start from."""
TOO_SLOW = "too slow"

log = structlog.get_logger(__name__)


def ring() -> None:
    """Nudge a worker; a broker that does not answer is only logged."""
    from studio import tasks

    try:
        tasks.rehearse.apply_async(expires=60)
    except Exception as error:  # whatever kept the message from going: the row is in the table
        log.warning("bell not rung", error=type(error).__name__)


def ring_again(*, now: datetime) -> None:
    """Ring where more is waiting."""
    if draft_rehearsals.waits(now=now):
        ring()


def work(*, clock: Callable[[], datetime]) -> bool:
    """Run the book that waits longest and keep how it went; False when none waits."""
    row = draft_rehearsals.take(now=clock())
    if row is None:
        return False
    if row.state == DraftRehearsal.State.RUNNING:
        try:
            result = run(row.text, row.book, row.playbook)
        except BaseException:
            draft_rehearsals.let_go(row=row)
            raise
        draft_rehearsals.keep(row=row, result=result, now=clock())
    return True


def run(text: str, name: str, playbook: str = "") -> dict[str, Any]:
    """Run one book: `{name, lines, problems, passed, failed, why}`, a line per expectation; `why` is TOO_SLOW or empty.

    `playbook` is what it may name as the draft it stands beside.
    """
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        book = Path(folder) / "book.yaml"
        book.write_text(text[:LARGEST], encoding="utf-8")
        if playbook:
            (Path(folder) / drafted.FILE).write_text(playbook, encoding="utf-8")
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "rehearse", "--json", str(book)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, cwd=settings.BASE_DIR, env=os.environ.copy(),
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"name": name, "lines": [], "problems": [], "passed": 0, "failed": 0, "why": TOO_SLOW}
    return _read(done.stdout, done.stderr.replace(f"{folder}{os.sep}", "").replace("book.yaml", name), name)


def _read(stdout: str, stderr: str, name: str) -> dict[str, Any]:
    begins = stdout.find("[")
    read: dict[str, Any] = {"name": name, "lines": [], "problems": [], "passed": 0, "failed": 0, "why": ""}
    try:
        outcome = json.loads(stdout[begins:])[0]
    except (ValueError, IndexError):
        # warnings of the log are lines of JSON: they are not about the book
        said = [line for line in stderr.splitlines() if line.strip() and not line.startswith("{")]
        return {**read, "problems": said[:100] or ["the book could not be run"]}
    lines = outcome.get("lines") or []
    passed = sum(1 for line in lines if line["passed"])
    called = outcome.get("name") or ""
    return {
        **read, "name": name if called in ("", "book") else called, "lines": lines, "passed": passed,
        "failed": len(lines) - passed, "problems": [_problem(one) for one in outcome.get("problems") or []],
    }  # fmt: skip


def _problem(found: Any) -> str:
    if not isinstance(found, dict):
        return str(found)
    place = ":".join(str(found[key]) for key in ("line", "field") if found.get(key))
    return f"{place}: {found.get('message') or found.get('text') or ''}".strip(": ")
