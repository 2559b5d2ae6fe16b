"""One rule as marketing writes it: when, what it gives, how far, and until when."""

import re
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, Strict, model_validator

from rules_engine.core import conditions
from rules_engine.core.catalogue import WEEKDAYS, Weekday
from rules_engine.core.conditions import Condition, Strictly
from rules_engine.core.literals import one_value, refused
from rules_engine.core.ratios import Rounding, exact

PHASES = ("exclusion", "base", "multiplier", "bonus")
Phase = Literal["exclusion", "base", "multiplier", "bonus"]
PeriodKind = Literal["activity", "day", "week", "month", "year", "campaign"]
Whose = Literal["member", "household", "banner", "program"]
# Who shares a limit, and the period it counts over.
Share = tuple[Whose, PeriodKind]
EFFECTS = ("per_amount", "per_unit", "fixed", "percent", "multiply", "exclude")

_TRIGGER = re.compile(r"purchase|visit|event:[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_MINUTE = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", re.ASCII)


def _number(value: object) -> Decimal:
    try:
        return exact(value)
    except ValueError as wrong:
        raise refused(str(wrong)) from wrong


def _positive(value: object) -> Decimal:
    if (number := _number(value)) <= 0:
        raise refused("must be more than zero")
    return number


def _factor(value: object) -> Decimal:
    if not 0 <= (number := _number(value)) <= 1000:
        raise refused("must be between 0 and 1000")
    return number


def _whole(value: object) -> int:
    if (number := _positive(value)) != number.to_integral_value():
        raise refused("must be a whole number")
    return int(number)


def _minute(value: object) -> str:
    if not isinstance(value, str) or not _MINUTE.fullmatch(value):
        raise refused("must be a time such as 09:00")
    return value


Positive = Annotated[Decimal, BeforeValidator(_positive)]
Factor = Annotated[Decimal, BeforeValidator(_factor)]
Whole = Annotated[int, BeforeValidator(_whole)]
Day = Annotated[date, BeforeValidator(lambda value: one_value(value, "date"))]
Minute = Annotated[str, BeforeValidator(_minute)]


class PerAmount(Strictly):
    """`points` for `every` of money (major units) on the matched lines together; `whole` counts full steps only."""

    points: Positive
    every: Positive = Decimal(1)
    of: Literal["net", "gross"] | None = None
    step: Literal["whole", "proportional"] = "proportional"


class Earn(Strictly):
    """Exactly one effect; numbers of points are smallest units of `currency`, the rulebook's first when not said."""

    per_amount: PerAmount | None = None
    per_unit: Positive | None = None
    fixed: Positive | None = None
    percent: Positive | None = None
    multiply: Factor | None = None
    exclude: Literal[True] | None = None
    currency: str | None = None

    @property
    def effect(self) -> str:
        return next(name for name in EFFECTS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        if sum(getattr(self, name) is not None for name in EFFECTS) != 1:
            raise refused(f"needs exactly one of {', '.join(EFFECTS)}")
        if self.exclude and self.currency is not None:
            raise refused("an exclusion is for every currency and names none", "currency")
        return self


class Weekly(Strictly):
    """Hours of the week in the store's local time, half-open; an end before the start runs past midnight."""

    days: Annotated[tuple[Weekday, ...], Strict(False)] = WEEKDAYS
    from_: Minute = Field(default="00:00", alias="from")
    to: Minute = "24:00"

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.from_ == self.to or self.from_ == "24:00" or not self.days:
            raise refused("needs days, and two different times of which the first is before 24:00")
        return self


class Validity(Strictly):
    """Local days, the last one included; when hours are given, only within them."""

    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    weekly: Annotated[tuple[Weekly, ...], Strict(False), Field(min_length=1, max_length=50)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ and self.until and self.until < self.from_:
            raise refused("is before `from`", "until")
        return self


class Limit(Strictly):
    """At most `max` points, or times, per period. `reduce` gives what is left, `reject` gives nothing at all.

    For a member, for all members of a household, for everybody in a banner's stores, or in the program.
    """

    max: Whole
    of: Literal["points", "times"] = "points"
    per: PeriodKind = "activity"
    for_: Whose = Field(default="member", alias="for")
    overflow: Literal["reduce", "reject"] = "reduce"


class Budget(Strictly):
    """At most so many points, or times, for everybody together as long as the rule is valid."""

    points: Whole | None = None
    times: Whole | None = None
    overflow: Literal["reduce", "reject"] = "reduce"

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.points is None and self.times is None:
            raise refused("a budget needs points or times")
        return self

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The same, said as limits."""
        amounts = {"points": self.points, "times": self.times}
        return tuple(
            Limit.model_validate(
                {"max": number, "of": of, "per": "campaign", "for": "program", "overflow": self.overflow}
            )
            for of, number in amounts.items()
            if number is not None
        )


class Combine(Strictly):
    """Best of a group: only its largest award stands. Stop: when this rule gave something, no rule after it does."""

    group: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    how: Literal["best"] = "best"
    stop: bool = False


class Rule(Strictly):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    name: dict[str, Annotated[str, Field(max_length=200)]] | None = None
    trigger: str
    scope: Literal["line", "receipt"]
    phase: Phase
    when: Condition | None = None
    earn: Earn
    valid: Validity | None = None
    limits: Annotated[tuple[Limit, ...], Strict(False), Field(max_length=10)] = ()
    budget: Budget | None = None
    combine: Combine = Combine()
    rounding: Rounding | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _defaults(cls, document: Any, build: Any) -> "Rule":
        return build(_filled(document) if isinstance(document, dict) else document)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not _TRIGGER.fullmatch(self.trigger):
            raise refused("must be purchase, visit, or event:<code>", "trigger")
        self._check_phase()
        single = conditions.facts_of_single_lines(self.when) if self.when is not None else frozenset()
        if self.scope == "receipt" and single:
            raise refused(f"{min(single)} is a fact of one line: `scope: line`, or put it inside `lines`", "when")
        if self.trigger != "purchase":
            self._check_without_lines(bool(single))
        return self

    def _check_phase(self) -> None:
        own = {"exclude": "exclusion", "multiply": "multiplier"}.get(self.earn.effect)
        if own is not None and self.phase != own:
            raise refused(f"{self.earn.effect} belongs in the phase {own}", "phase")
        if own is None and self.phase == "exclusion":
            raise refused(f"{self.earn.effect} cannot stand in the phase exclusion", "phase")
        if self.earn.exclude and (self.caps or self.combine != Combine() or self.rounding):
            raise refused("an exclusion gives nothing: it has no limits, rounding or combination")

    def _check_without_lines(self, reads_lines: bool) -> None:
        if self.scope == "line" or self.earn.effect not in {"fixed", "multiply"}:
            raise refused(
                f"{self.trigger} has no lines: only fixed and multiply, at receipt scope, can be earned on it"
            )
        if reads_lines or (
            self.when is not None and any(isinstance(part, conditions.Lines) for part in conditions.walk(self.when))
        ):
            raise refused(f"{self.trigger} has no lines to compare", "when")

    @property
    def phase_order(self) -> int:
        return PHASES.index(self.phase)

    @cached_property
    def caps(self) -> tuple[Limit, ...]:
        """Everything that may leave less than is wanted, in the order in which it is met: limits, then the budget."""
        return self.limits if self.budget is None else (*self.limits, *self.budget.limits)

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """Whose other activity, and over which kind of period, its caps need to know of, each once."""
        return tuple(dict.fromkeys((cap.for_, cap.per) for cap in self.caps if cap.per != "activity"))


def _filled(document: dict[str, Any]) -> dict[str, Any]:
    """What a writer may leave out: the phase follows from the effect, the scope from the facts that are read."""
    rule = dict(document)
    if "stop" in rule:
        # Both places are written in the wild: beside the rule and inside `combine`.
        stop, combine = rule.pop("stop"), rule.get("combine") or {}
        rule["combine"] = {**combine, "stop": stop} if isinstance(combine, dict) else combine
    earn = rule.get("earn")
    if isinstance(earn, dict):
        if "currency" in rule:
            rule["earn"] = {"currency": rule.pop("currency"), **earn}
        effect = next((name for name in EFFECTS if name in earn), "fixed")
        default = {"exclude": "exclusion", "multiply": "multiplier", "fixed": "bonus"}.get(effect, "base")
        rule.setdefault("phase", default)
    else:
        rule.setdefault("phase", "base")
    if "scope" not in rule:
        rule["scope"] = "line" if _names_a_line(rule.get("when")) else "receipt"
    return {key: value for key, value in rule.items() if value is not None}


def _names_a_line(when: Any) -> bool:
    match when:
        case {"fact": str(name)}:
            return name.startswith("line.")
        case {"all": list(parts)} | {"any": list(parts)} | {"all": tuple(parts)} | {"any": tuple(parts)}:
            return any(_names_a_line(part) for part in parts)
        case {"not": inner}:
            return _names_a_line(inner)
    return False
