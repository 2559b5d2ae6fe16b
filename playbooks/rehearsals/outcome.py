"""What became of a book: a line per expectation, and the problems of a book that cannot be run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from playbooks.problems import Problem


@dataclass(frozen=True)
class Line:
    """One expectation of one step. `step` counts from 1 and `line` is where it stands in the file."""

    step: int
    line: int
    at: str
    did: str
    field: str
    expected: str
    found: str
    passed: bool

    def __str__(self) -> str:
        head = f"{'ok  ' if self.passed else 'FAIL'} {self.at} {self.did}: {self.field}"
        return f"{head} is {self.expected}" if self.passed else f"{head}: expected {self.expected}, found {self.found}"


@dataclass
class Outcome:
    """A book that ran has lines; one that could not be read has problems and no lines."""

    file: str
    name: str
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> int:
        return sum(line.passed for line in self.lines)

    @property
    def failed(self) -> int:
        return len(self.lines) - self.passed

    @property
    def good(self) -> bool:
        """Whether it was read and every expectation was met."""
        return not self.problems and not self.failed

    def sentences(self) -> Iterator[str]:
        """The book's name, then a line per expectation, or the problems."""
        yield f"{self.file}: {self.name}"
        yield from (f"  {line}" for line in self.lines)
        yield from (f"  {problem}" for problem in self.problems)
