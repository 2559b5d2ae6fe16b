"""A ladder as a document: what is counted, in which window, which steps it has and how one comes down.

The shape is that of a playbook's `tiers:` (docs/playbooks.md); `dumped` gives it back as jsonb keeps it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from values.documents import Code, Count, Months, Names, Positive, Slug, Strictly, Text, Truth, refused

LongestDays = Annotated[Positive, Field(le=36_500)]


class Measure(Strictly):
    """What is counted towards a step: exactly one of these.

    `currency`: points of it earned in the window, in its smallest units; `balance`: points of it that can be spent;
    `spend`: whole units of the member's money, less what came back; `visits`: local days with a visit or a purchase.
    """

    currency: Slug | None = None
    balance: Slug | None = None
    spend: Truth | None = None
    visits: Truth | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(bool(value) for value in (self.currency, self.balance, self.spend, self.visits)) != 1:
            raise refused("names exactly one of currency, balance, spend or visits")
        return self


class Window(Strictly):
    """So many months or days back from any moment; a step lasts as long."""

    rolling_months: Annotated[Months, Field(ge=1)] | None = None
    days: LongestDays | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.rolling_months is None) == (self.days is None):
            raise refused("names exactly one of rolling_months or days")
        return self


class EveryDays(Strictly):
    """Looked at every so many local days after the step was reached."""

    every_days: LongestDays


class Downgrade(Strictly):
    """How one comes down: never, one step, or to the step that is deserved; when; and how long it is put off."""

    policy: Literal["none", "one_step", "deserved"] = "one_step"
    at: Literal["at_once", "window_end"] | EveryDays = "window_end"
    grace_months: Months = 0


class Step(Strictly):
    """Reached from `from` on and kept from `keep` on (the same when not said)."""

    code: Code
    name: Names | Text | None = None
    from_: Count = Field(alias="from")
    keep: Count | None = None


class Tiers(Strictly):
    """A program's ladder; steps from the lowest up."""

    ladder: Code = "main"
    measure: Measure
    window: Literal["calendar_year", "anniversary", "lifetime"] | Window = "calendar_year"
    downgrade: Downgrade = Downgrade()
    steps: Annotated[list[Step], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _steps_ascend(self) -> Self:
        codes = [step.code for step in self.steps]
        if len(set(codes)) < len(codes):
            raise refused("two steps have the same code")
        if any(lower.from_ >= higher.from_ for lower, higher in pairwise(self.steps)):
            raise refused("each step must begin above the one before it")
        for step in self.steps:
            if step.keep is not None and step.keep > step.from_:
                raise refused(f"step {step.code} would be harder to keep than to reach")
        return self

    @model_validator(mode="after")
    def _grace_waits_for_something(self) -> Self:
        if self.downgrade.grace_months and self.downgrade.at != "window_end":
            raise refused("grace_months belongs to a downgrade at window_end")
        return self


def dumped(document: Tiers) -> dict[str, Any]:
    """The document as jsonb keeps it, defaults written out, what is not said left out."""
    plain: dict[str, Any] = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    return plain


def step_names(step: Step) -> dict[str, str]:
    """What a step is called per language; its code where it has no name."""
    match step.name:
        case dict():
            return dict(step.name)
        case str():
            return {"en": step.name}
    return {"en": step.code}
