"""Acceptance books: a playbook, people, dated steps, and what is expected after each."""

from playbooks.rehearsals.outcome import Line, Outcome

__all__ = ["Line", "Outcome", "run"]


def __getattr__(name: str) -> object:
    """`run`, loaded when asked for: it brings frames along."""
    if name == "run":
        from playbooks.rehearsals.running import run

        return run
    raise AttributeError(name)
