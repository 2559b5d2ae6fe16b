"""A rulebook: one immutable version of all rules of a program, as a document and as frozen models.

`Rulebook.from_document` reads `{settings, currencies, rules, week_start, overridden}`; rules, conditions and effects
have the form of a playbook. Numbers are ints, Decimals or text, never floats. Every problem names its field.
"""

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, Strict, ValidationError, field_validator, model_validator

from rules_engine.core import catalogue, conditions
from rules_engine.core.conditions import Strictly
from rules_engine.core.documents import check_size, path_of, plain
from rules_engine.core.errors import InvalidRulebook, Problem
from rules_engine.core.literals import refused
from rules_engine.core.ratios import Rounding
from rules_engine.core.rules import Rule


class Settings(Strictly):
    """`basis`: the amount that earns when a rule names none. `multipliers`: what several on one line come to."""

    basis: Literal["net", "gross"] = "net"
    multipliers: Literal["best", "sum", "product"] = "best"


class Currency(Strictly):
    """A currency of points. All numbers of points are whole numbers of its smallest unit; `scale` is only shown."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    kind: Literal["redeemable", "status", "cash"] = "redeemable"
    scale: Annotated[int, Field(ge=0, le=6)] = 0
    rounding: Rounding = "down"
    round_per: Literal["receipt", "line"] = "receipt"
    money: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None

    @model_validator(mode="after")
    def _cash_is_money(self) -> Self:
        if self.kind == "cash" and self.money is None:
            raise refused("a cash currency needs the money it is counted in, such as EUR", "money")
        return self


class Rulebook(Strictly):
    """`overridden`: codes of rules that a market's own playbook rewrote; only these may give a cash currency for
    activity in other money."""

    settings: Settings = Settings()
    currencies: Annotated[tuple[Currency, ...], Strict(False), Field(min_length=1, max_length=50)]
    rules: Annotated[tuple[Rule, ...], Strict(False), Field(max_length=1000)] = ()
    week_start: catalogue.Weekday = "mon"
    overridden: Annotated[tuple[str, ...], Strict(False)] = ()

    @classmethod
    def from_document(cls, document: Any) -> Self:
        """Raises InvalidRulebook, whose problems name the field, like `rules[2].earn.per_amount.every`."""
        check_size(document)
        try:
            return cls.model_validate(document)
        except ValidationError as wrong:
            found = [
                (path_of((*error["loc"], *error.get("ctx", {}).get("at", ()))), error)
                for error in wrong.errors(include_url=False)
            ]
            problems = [
                Problem(path, error["msg"])
                for path, error in found
                # A list is also called too short when its only item is wrong: that says nothing new.
                if error["type"] != "too_short" or not any(other.startswith(f"{path}[") for other, _ in found)
            ]
            raise InvalidRulebook(tuple(dict.fromkeys(problems))) from None

    def to_document(self) -> dict[str, Any]:
        """A mapping that JSON keeps exactly, and `from_document` reads back as an equal rulebook."""
        document: dict[str, Any] = plain(self.model_dump(by_alias=True, exclude_none=True))
        return document

    @field_validator("currencies", "rules")
    @classmethod
    def _codes_are_unique(cls, things: tuple[Any, ...]) -> tuple[Any, ...]:
        seen: set[str] = set()
        for place, thing in enumerate(things):
            if thing.code in seen:
                raise refused(f"the code {thing.code!r} is used twice", place, "code")
            seen.add(thing.code)
        return things

    @model_validator(mode="after")
    def _rules_name_currencies(self) -> Self:
        known = {currency.code: currency for currency in self.currencies}
        for place, rule in enumerate(self.rules):
            code = rule.earn.currency
            if code is not None and code not in known:
                raise refused(f"no currency is called {code!r}", "rules", place, "earn", "currency")
            if rule.earn.percent is not None and self.currency_of(rule).kind != "cash":
                raise refused("a percentage is earned in a cash currency only", "rules", place, "earn", "percent")
        return self

    def currency_of(self, rule: Rule) -> Currency:
        code = rule.earn.currency
        return self.currencies[0] if code is None else self._currencies[code]

    @cached_property
    def _currencies(self) -> dict[str, Currency]:
        return {one.code: one for one in self.currencies}

    def rounding_of(self, rule: Rule) -> Rounding:
        return rule.rounding or self.currency_of(rule).rounding

    @cached_property
    def in_order(self) -> tuple[Rule, ...]:
        """The rules in order of work: by phase, and within a phase as written."""
        return tuple(sorted(self.rules, key=lambda rule: rule.phase_order))

    @cached_property
    def excluding(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.in_order if rule.earn.exclude)

    @cached_property
    def earning(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.in_order if not rule.earn.exclude)

    @cached_property
    def _by_code(self) -> dict[str, tuple[int, Rule]]:
        return {rule.code: (place, rule) for place, rule in enumerate(self.rules)}

    def rule(self, code: str) -> Rule:
        return self._by_code[code][1]

    def place_of(self, code: str) -> int:
        """Where the rule was written."""
        return self._by_code[code][0]

    def bases_of(self, multiplier: Rule) -> tuple[Rule, ...]:
        """The rules whose points it multiplies: those of the base phase in its own currency."""
        return self._bases.get(self.currency_of(multiplier).code, ())

    @cached_property
    def _bases(self) -> dict[str, tuple[Rule, ...]]:
        bases: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            if rule.phase == "base":
                code = self.currency_of(rule).code
                bases[code] = (*bases.get(code, ()), rule)
        return bases

    @property
    def week_start_number(self) -> int:
        """1 for Monday ... 7 for Sunday."""
        return catalogue.WEEKDAYS.index(self.week_start) + 1

    def facts_read(self) -> frozenset[str]:
        """Every fact that some rule's condition reads."""
        return frozenset().union(*(conditions.facts_read(rule.when) for rule in self.rules if rule.when is not None))

    def volatile_facts(self) -> frozenset[str]:
        """Names of the facts the caller must bring as columns of the activities."""
        return frozenset(name for name in self.facts_read() if catalogue.find(name).volatile)

    def attributes(self) -> frozenset[str]:
        """The attributes it reads, as `line.NAME` and `event.NAME`, and `receipt.tender` when it reads tenders."""
        return frozenset(
            name for name in self.facts_read() if catalogue.find(name).type == "attribute" or name == "receipt.tender"
        )

    def limited_rules(self) -> list[Rule]:
        """Rules whose limits reach beyond one activity: the caller must know what other activity took of them."""
        return [rule for rule in self.rules if rule.shares]
