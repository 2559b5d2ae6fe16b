"""What the core refuses, and where in the document it stood."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document: `path` is like `rules[2].earn.fixed`, empty for the whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class InvalidRulebook(ValueError):
    """The document is not a rulebook. `problems` names every field that is wrong."""

    def __init__(self, problems: tuple[Problem, ...]):
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))


class InvalidFacts(ValueError):
    """The frames of facts lack a column, break a promise of their shape or leave the range of exact arithmetic."""
