"""Parts of the format this version reads and does not run yet. They are checked, then refused by name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from playbooks.rules import as_written
from rules_engine.core.conditions import Condition
from values.documents import (
    Code,
    Day,
    Days,
    Names,
    Positive,
    Strictly,
    Text,
    Truth,
)

When = Annotated[Condition, BeforeValidator(as_written)]


class Counted(Strictly):
    of: Text
    when: When | None = None


class ChallengeWindow(Strictly):
    days: Days | None = None
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None


class Challenge(Strictly):
    code: Code
    name: Names | Text | None = None
    count: Counted
    target: Positive
    window: ChallengeWindow | None = None
    prize: dict[Code, Any]
    repeat: Truth = False
