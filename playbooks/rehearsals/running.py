"""Running books: read strictly, play step by step, compare. A hostile book ends by its size or by its deadline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from playbooks.problems import InvalidPlaybook, Problem
from playbooks.rehearsals import expectations, reading, scratch, stage, steps
from playbooks.rehearsals.outcome import Line, Outcome
from playbooks.rehearsals.reading import Read
from playbooks.rehearsals.stage import StageBroke

SECONDS = 60.0
"""How long one book may take; a book of six steps takes a fifth of a second."""


def run(source: Path | str, *, name: str = "book.yaml", seconds: float = SECONDS) -> Outcome:
    """Run one book, a file or its text, in a scratch database of its own. Raises scratch.NoScratchDatabase."""
    read, outcome = _read(source, name)
    if read is not None:
        with scratch.opened():
            play(read, outcome, seconds=seconds)
    return outcome


def run_all(
    paths: Iterable[Path], *, told: Callable[[Outcome], None] = lambda outcome: None, seconds: float = SECONDS
) -> list[Outcome]:
    """Run books one after the other in one scratch database; `told` hears of each when it ended.

    Raises InvalidPlaybook for one that cannot be read (see `problems_of`), scratch.NoScratchDatabase.
    """
    outcomes: list[Outcome] = []
    with scratch.opened():
        for path in paths:
            read = reading.read_path(path)
            outcome = play(read, Outcome(str(path), read.name), seconds=seconds)
            told(outcome)
            outcomes.append(outcome)
    return outcomes


def problems_of(paths: Iterable[Path]) -> list[Outcome]:
    """The books that cannot be run, each with its problems; none when all can. Needs no database."""
    read = (_read(path, path.name) for path in paths)
    return [outcome for _, outcome in read if outcome.problems]


def play(read: Read, outcome: Outcome, *, seconds: float = SECONDS) -> Outcome:
    """Play a book in the database this thread is in (see `scratch.opened`)."""
    begun = time.monotonic()
    try:
        _play(read, outcome, begun + seconds)
    finally:
        stage.leave()
        outcome.seconds = time.monotonic() - begun
    return outcome


def _read(source: Path | str, name: str) -> tuple[Read | None, Outcome]:
    file = str(source) if isinstance(source, Path) else name
    try:
        read = reading.read_path(source) if isinstance(source, Path) else reading.read_text(source, name)
    except InvalidPlaybook as invalid:
        return None, Outcome(file, Path(file).stem, problems=list(invalid.problems))
    return read, Outcome(file, read.name)


def _play(read: Read, outcome: Outcome, deadline: float) -> None:
    try:
        here = stage.enter(read)
    except (StageBroke, InvalidPlaybook) as broken:
        outcome.problems.append(Problem(read.document.file, 1, "playbook", str(broken)))
        return
    for place, step in enumerate(read.book.steps):
        line, at = read.line_of(place), step.at.isoformat()
        try:
            if time.monotonic() > deadline:
                raise StageBroke("the book takes too long")
            stage.advance(here, step.at)
            was = expectations.before(here, step)
            done = steps.do(here, place, step)
            outcome.lines += expectations.after(here, place, step, was, done)
        except Exception as broken:
            # what no expectation can name: the step fails with its reason, and the book ends here
            said = str(broken) if isinstance(broken, StageBroke) else f"{type(broken).__name__}: {broken}"
            said = said.partition("\n")[0][:300]
            outcome.lines.append(Line(place + 1, line, at, step.kind, "runs", "to its end", said, passed=False))
            return
