"""Runs a book of acceptance in a process of its own: it makes a database, which a page's process must not do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

LARGEST = 200_000
"""Characters of a book."""
SECONDS = 90


class TooSlow(Exception):
    """The book did not end in time."""


@dataclass(frozen=True)
class Rehearsed:
    """What became of a book: a line per expectation, or the problems of one that cannot be run."""

    name: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    passed: int = 0
    failed: int = 0

    def kept(self) -> dict[str, Any]:
        """What stays with the draft."""
        return {"book": self.name, "passed": self.passed, "failed": self.failed, "problems": len(self.problems)}


def run(text: str, name: str) -> Rehearsed:
    """Run one book. Raises TooSlow."""
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        book = Path(folder) / "book.yaml"
        book.write_text(text[:LARGEST], encoding="utf-8")
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "rehearse", "--json", str(book)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, cwd=settings.BASE_DIR, env=os.environ.copy(),
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise TooSlow(f"the book did not end within {SECONDS} seconds") from None
    return _read(done.stdout, done.stderr.replace(f"{book}", name), name)


def _read(stdout: str, stderr: str, name: str) -> Rehearsed:
    begins = stdout.find("[")
    try:
        outcome = json.loads(stdout[begins:])[0]
    except (ValueError, IndexError):
        # warnings of the log are lines of JSON: they are not about the book
        said = [line for line in stderr.splitlines() if line.strip() and not line.startswith("{")]
        return Rehearsed(name, problems=said[:100] or ["the book could not be run"])
    lines = [{**line, "moment": _moment(str(line.get("at") or ""))} for line in outcome.get("lines") or []]
    passed = sum(1 for line in lines if line["passed"])
    problems = [_problem(one) for one in outcome.get("problems") or []]
    called = outcome.get("name") or ""
    return Rehearsed(name if called in ("", "book") else called, lines, problems, passed, len(lines) - passed)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _problem(found: Any) -> str:
    if not isinstance(found, dict):
        return str(found)
    place = ":".join(str(found[key]) for key in ("line", "field") if found.get(key))
    return f"{place}: {found.get('message') or found.get('text') or ''}".strip(": ")
