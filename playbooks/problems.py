"""What is wrong with a file, so that whoever wrote it finds the place: file, line, field, and a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`field` is a path such as `rules[2].earn.fixed`, empty for the whole file; lines count from 1."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}: {field}{self.message}"


class InvalidPlaybook(Exception):
    """The file cannot be taken. `problems` names every place; nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda one: (one.line, one.field, one.message))
        super().__init__("\n".join(map(str, self.problems)))
