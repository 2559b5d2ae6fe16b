"""Reading a book strictly: every error with file, line and field; what is not built yet is refused by name.

Raises InvalidPlaybook, as a playbook does; a book is a document of the same kind. Reads no database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from playbooks import checking, reading
from playbooks.checking import NOT_BUILT, Checked
from playbooks.problems import InvalidPlaybook, Problem
from playbooks.reading import Document, Path_
from playbooks.rehearsals import naming
from playbooks.rehearsals.format import LATER_EXPECTATIONS, STEPS, Book
from programs import terms

LARGEST_BOOK = 1_000_000
MOST_PUBLISHED = 50
_ELSEWHERE = ("valid_from", "rules", "products", "stores")  # a rulebook hangs on none of the last two


@dataclass(frozen=True)
class Part(Document):
    """A part of a file read as a document of its own: its problems are told where they stand in the file."""

    whole: Document | None = None
    at: tuple[tuple[Path_, Path_], ...] = ()

    def problem(self, path: Path_, message: str) -> Problem:
        assert self.whole is not None
        for own, outer in self.at:
            if path[: len(own)] == own:
                return self.whole.problem((*outer, *path[len(own) :]), message)
        return self.whole.problem(path, message)


@dataclass(frozen=True)
class Read:
    """A book that can be run. `publishing`: number of a step -> the playbook it publishes."""

    document: Document
    book: Book
    checked: Checked
    publishing: dict[int, Checked]

    @property
    def name(self) -> str:
        return self.book.name or Path(self.document.file).stem

    def line_of(self, step: int) -> int:
        """Where a step begins, counted from 0, in the file."""
        return self.document.lines.get(("steps", step), 1)


def read_path(path: Path) -> Read:
    """The book in a file."""
    return check(_bounded(reading.read_file(path), path.stat().st_size), path.parent)


def read_text(text: str, name: str) -> Read:
    """A book that stands in no folder: its playbook is inline."""
    data = text.encode()
    return check(_bounded(reading.read(data, name), len(data)), None)


def check(document: Document, folder: Path | None) -> Read:
    """Check a whole book. Raises InvalidPlaybook with every problem that could be found."""
    problems = [document.problem(path, message) for path, message in _later(document.tree)]
    every_step_known = not problems
    book: Book | None = None
    try:
        book = Book.model_validate(_without_later(document.tree))
    except ValidationError as wrong:
        problems += [document.problem(path, said) for path, said in terms.sentences(wrong, document.tree)]
    checked: Checked | None = None
    try:
        checked = checking.check(_playbook(document, folder))
    except InvalidPlaybook as wrong:
        problems += wrong.problems
    publishing: dict[int, Checked] = {}
    if book is not None and checked is not None and every_step_known:
        publishing, more = _publishing(document, book, checked)
        problems += more
        known = naming.Known(book, checked, publishing)
        problems += [document.problem(path, said) for path, said in naming.contradictions(book, known)]
    if problems or book is None or checked is None:
        raise InvalidPlaybook(problems)
    return Read(document, book, checked, publishing)


def _bounded(document: Document, size: int) -> Document:
    if size > LARGEST_BOOK:
        raise InvalidPlaybook([document.problem((), f"is larger than {LARGEST_BOOK // 1_000_000} MB")])
    return document


# what comes later


def _later(tree: Any) -> Iterator[tuple[Path_, str]]:
    steps = tree.get("steps") if isinstance(tree, dict) else None
    for place, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, dict):
            continue
        kinds = [kind for kind in STEPS if kind in step]
        if len(kinds) != 1:
            said = f"needs exactly one of {', '.join(STEPS)}" if not kinds else f"is both {' and '.join(kinds)}"
            yield ("steps", place), said
        expected = step.get("expect")
        if isinstance(expected, dict):
            for name in expected.keys() & set(LATER_EXPECTATIONS):
                yield ("steps", place, "expect", name), f"{name} {NOT_BUILT}"


def _without_later(tree: Any) -> Any:
    """The document without what was refused by name already, so that the rest is checked too."""
    if not isinstance(tree, dict) or not isinstance(tree.get("steps"), list):
        return tree
    return {**tree, "steps": [_step_without_later(step) for step in tree["steps"]]}


def _step_without_later(step: Any) -> Any:
    if not isinstance(step, dict):
        return step
    if not isinstance(step.get("expect"), dict):
        return step
    kept = {key: value for key, value in step["expect"].items() if key not in LATER_EXPECTATIONS}
    return {**step, "expect": kept}


# the playbook, and those that steps publish


def _playbook(document: Document, folder: Path | None) -> Document:
    said = document.tree.get("playbook") if isinstance(document.tree, dict) else None
    if isinstance(said, dict):
        return _part(document, said, ((), ("playbook",)))
    if not isinstance(said, str):
        raise InvalidPlaybook([document.problem(("playbook",), "is required")])
    pure = PurePosixPath(said)
    if folder is None or pure.is_absolute() or ".." in pure.parts:
        message = "must stand inline here" if folder is None else "must be a file beside the book"
        raise InvalidPlaybook([document.problem(("playbook",), message)])
    return reading.read_file(folder / pure)


def _part(document: Document, tree: Any, *at: tuple[Path_, Path_]) -> Part:
    return Part(document.file, tree, document.lines, document.folder, whole=document, at=at)


def _publishing(document: Document, book: Book, checked: Checked) -> tuple[dict[int, Checked], list[Problem]]:
    made: dict[int, Checked] = {}
    problems: list[Problem] = []
    for place, step in enumerate(book.steps):
        if step.publish is None:
            continue
        if len(made) == MOST_PUBLISHED:
            problems.append(document.problem(("steps", place, "publish"), f"is more than {MOST_PUBLISHED} rulebooks"))
            break
        said = document.tree["steps"][place]["publish"]
        tree = {key: value for key, value in checked.document.tree.items() if key not in _ELSEWHERE} | said
        here: Path_ = ("steps", place, "publish")
        around = (((key,), (*here, key)) for key in ("valid_from", "rules"))
        try:
            made[place] = checking.check(_part(document, tree, *around, ((), ("playbook",))))
        except InvalidPlaybook as wrong:
            problems += wrong.problems
    return made, problems
