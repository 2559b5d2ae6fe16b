"""Parts of the format this version reads and does not run yet. They are checked, then refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from playbooks.rules import as_written
from rules_engine.core.conditions import Condition
from values.documents import (
    Amount,
    Code,
    Count,
    Day,
    Days,
    MarketCode,
    Months,
    Names,
    Positive,
    Slug,
    Strictly,
    Text,
    Truth,
)

When = Annotated[Condition, BeforeValidator(as_written)]


class Measure(Strictly):
    """What is counted towards a tier: one of these."""

    currency: Slug | None = None
    balance: Slug | None = None
    spend: Truth | None = None
    visits: Truth | None = None


class Window(Strictly):
    """A rolling window, of months or days."""

    rolling_months: Months | None = None
    days: Days | None = None


class EveryDays(Strictly):
    every_days: Positive


class Downgrade(Strictly):
    policy: Literal["none", "one_step", "deserved"] = "one_step"
    at: Literal["at_once", "window_end"] | EveryDays = "window_end"
    grace_months: Months = 0


class Step(Strictly):
    code: Code
    name: Names | Text | None = None
    from_: Count = Field(alias="from")
    keep: Count | None = None


class Tiers(Strictly):
    ladder: Code = "main"
    measure: Measure
    window: Literal["calendar_year", "anniversary", "lifetime"] | Window = "calendar_year"
    downgrade: Downgrade = Downgrade()
    steps: Annotated[list[Step], Field(min_length=1)]


class Automatic(Strictly):
    every: Positive
    currency: Slug | None = None


class Worth(Strictly):
    amount: Amount | None = None
    percent: Amount | None = None


class Reward(Strictly):
    code: Code
    kind: Code
    name: Names | Text | None = None
    cost: dict[Slug, Positive] | None = None
    automatic: Automatic | None = None
    value: Worth | None = None
    valid_days: Days | None = None
    valid: dict[Literal["from", "until"], Day] | None = None
    stock: Count | None = None
    per_member: Positive | None = None
    when: When | None = None


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


class RewardOverride(Strictly):
    cost: dict[Slug, Positive] | None = None
    value: Worth | None = None


RewardOverrides = dict[Code, RewardOverride]
Markets = dict[MarketCode, Any]
