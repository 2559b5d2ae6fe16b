"""Why a rule did or did not give something for one activity: the slow path, one activity at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from rules_engine.core import catalogue, scoring
from rules_engine.core.conditions import All, AnyOf, Comparison, Condition, Lines, Not
from rules_engine.core.effects import Effects
from rules_engine.core.facts import Facts
from rules_engine.core.matching import Matched, Matching
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Rule
from rules_engine.core.tables import Tables

Found = str | bool | int | Decimal | date | tuple[str, ...] | None
Reason = Literal["limit", "best_of_group", "stopped", "too_small", "other_money", "condition", "hours", "days"]


@dataclass(frozen=True)
class Failed:
    """A comparison that was not met. Money in major units; `negated` when the rule wanted it not to hold.

    `fact` is a fact of the catalogue, "lines" for a test over all lines, "valid" for the days and hours of the rule.
    """

    fact: str
    operator: str
    required: Any
    found: Found
    negated: bool = False
    condition: Condition | None = None

    @property
    def short(self) -> Decimal | None:
        """By how much a number fell short of a minimum; None for other comparisons."""
        if self.negated or self.operator not in ("ge", "gt") or not isinstance(self.found, Decimal | int):
            return None
        return Decimal(self.required) - Decimal(self.found) if isinstance(self.required, Decimal) else None


@dataclass(frozen=True)
class Verdict:
    """`near`: only one thing kept the rule from applying. `counted`: what it counted, money in major units or units.

    `lines`: numbers of the lines it matched (for an exclusion: took out). An applied rule may still have granted
    nothing, when `reason` is "limit".
    """

    rule: str
    currency: str
    outcome: Literal["applied", "near", "not"]
    wanted: int = 0
    granted: int = 0
    reason: Reason | None = None
    failed: tuple[Failed, ...] = ()
    counted: Decimal | None = None
    money: str | None = None
    lines: tuple[int, ...] = ()


def explain(rulebook: Rulebook, facts: Facts, activity_id: int) -> list[Verdict]:
    """A verdict for every rule whose trigger is this kind of activity, in order of work.

    `facts.usage` is what other activity already took under limits. Raises InvalidFacts when the activity is missing.
    """
    one = facts.of_one(activity_id)
    ((exponent, one),) = scoring.by_exponent(one)
    return _Explanation(rulebook, one, exponent).verdicts()


class _Explanation:
    def __init__(self, rulebook: Rulebook, facts: Facts, exponent: int):
        self._rulebook = rulebook
        self._minor = 10**exponent
        self._money: str | None = facts.activities["currency"][0]
        self._before = Tables.of(facts)
        self._tables = scoring.after_exclusions(rulebook, self._before, exponent)
        self._matching = Matching(self._tables, self._minor)
        self._effects = Effects(rulebook, self._tables, self._matching, exponent)
        awards = scoring.score(rulebook, facts).awards
        self._awards = {row[0]: (row[1], row[2]) for row in awards.select("rule", "wanted", "granted").iter_rows()}

    def verdicts(self) -> list[Verdict]:
        found = []
        for rule in self._rulebook.in_order:
            if self._matching.triggered(rule.trigger)[0]:
                found.append(self._excluded(rule) if rule.earn.exclude else self._earned(rule))
        return found

    def _excluded(self, rule: Rule) -> Verdict:
        matching = Matching(self._before, self._minor)
        out = self._before.line("line").filter(matching.every_line(matching.of(rule)))
        kept = set(self._tables.lines["line"].to_list())
        lines = tuple(sorted(number for number in out.to_list() if number not in kept))
        return Verdict(rule.code, "", "applied" if lines else "not", lines=lines, money=self._money)

    def _earned(self, rule: Rule) -> Verdict:
        currency = self._rulebook.currency_of(rule).code
        verdict = Verdict(rule.code, currency, "not", money=self._money)
        if award := self._awards.get(rule.code):
            wanted, granted = award
            return replace(
                verdict, outcome="applied", wanted=wanted, granted=granted,
                reason="limit" if granted < wanted else None, counted=self._counted(rule), lines=self._lines_of(rule),
            )  # fmt: skip
        failed = (*self._outside(rule), *self._unmet(rule))
        if not failed:
            return replace(verdict, reason=self._lost(rule), counted=self._counted(rule), lines=self._lines_of(rule))
        reason: Reason = "condition"
        if failed[0].fact == "valid":
            reason = "hours" if failed[0].operator == "weekly" else "days"
        near = len(failed) == 1 and _is_near(failed[0])
        return replace(verdict, outcome="near" if near else "not", reason=reason, failed=failed)

    def _lost(self, rule: Rule) -> Reason:
        """Why a rule whose conditions all hold gave nothing."""
        if not self._effects.matched(rule).activities[0]:
            return "other_money"
        if not self._effects.wanted(rule)[0]:
            return "too_small"
        numbers = {one.code: self._effects.wanted(one) for one in self._rulebook.earning}
        best = scoring.best_of_groups(self._rulebook, numbers, self._tables)
        return "stopped" if best[rule.code][0] else "best_of_group"

    def _lines_of(self, rule: Rule) -> tuple[int, ...]:
        matched = self._effects.matched(rule)
        return tuple(sorted(self._tables.line("line").filter(self._matching.every_line(matched)).to_list()))

    def _counted(self, rule: Rule) -> Decimal | None:
        matched = self._effects.matched(rule)
        if rule.earn.per_unit is not None:
            return self._sum("quantity", matched, 1000)
        if rule.earn.fixed is not None or self._tables.lines.is_empty():
            return None
        basis = self._rulebook.settings.basis
        if rule.earn.per_amount is not None and rule.earn.per_amount.of is not None:
            basis = rule.earn.per_amount.of
        return self._sum(basis, matched, self._minor)

    def _sum(self, column: str, matched: Matched, unit: int) -> Decimal:
        total = self._tables.summed(column, self._matching.every_line(matched))[0]
        return Decimal(total) / unit

    # What was not met

    def _outside(self, rule: Rule) -> list[Failed]:
        """The days or the hours of the rule, when the activity is outside of them."""
        if rule.valid is None or self._matching.valid(rule.valid)[0]:
            return []
        day: date = self._tables.activities["local_date"][0]
        if rule.valid.from_ is not None and day < rule.valid.from_:
            return [Failed("valid", "from", rule.valid.from_, day)]
        if rule.valid.until is not None and day > rule.valid.until:
            return [Failed("valid", "until", rule.valid.until, day)]
        return [Failed("valid", "weekly", rule.valid.weekly, self._tables.activities["local_at"][0])]

    def _unmet(self, rule: Rule) -> Sequence[Failed]:
        """The fewest comparisons that would have to change; at line scope those of the line that came nearest."""
        if rule.when is None:
            return ()
        if rule.scope == "receipt":
            return self._failing(rule.when, None)
        rows = range(self._tables.lines.height)
        if not rows:
            return (Failed("lines", "any", True, None),)
        return min((self._failing(rule.when, row) for row in rows), key=_distance)

    def _failing(self, condition: Condition, row: int | None) -> Sequence[Failed]:
        if self._holds(condition, row):
            return ()
        match condition:
            case All(all=parts):
                return [one for part in parts for one in self._failing(part, row)]
            case AnyOf(any=parts):
                return min((self._failing(part, row) for part in parts), key=_distance)
            case Not(not_=inner):
                return self._holding(inner, row)
        return [self._failed(condition, row, negated=False)]

    def _holding(self, condition: Condition, row: int | None) -> Sequence[Failed]:
        """What would have to change for a condition that holds to fail."""
        match condition:
            case All(all=parts):
                return min((self._holding(part, row) for part in parts), key=_distance)
            case AnyOf(any=parts):
                return [one for part in parts if self._holds(part, row) for one in self._holding(part, row)]
            case Not(not_=inner):
                return self._failing(inner, row)
        return [self._failed(condition, row, negated=True)]

    def _holds(self, condition: Condition, row: int | None) -> bool:
        answer = self._matching.answer(condition)
        if row is not None:
            return bool(self._matching.lifted(answer, "line")[row])
        return bool(self._matching.lifted(answer, "activity")[0])

    def _failed(self, condition: Condition, row: int | None, *, negated: bool) -> Failed:
        match condition:
            case Comparison():
                found = self._found(catalogue.find(condition.fact), row)
                return Failed(condition.fact, condition.operator, condition.value, found, negated, condition)
            case Lines(lines=test) if test.count is not None or test.sum is not None:
                found = self._measured(condition)
                return Failed("lines", test.operator, test.value, found, negated, condition)
        return Failed("lines", "any", True, None, negated, condition)

    def _measured(self, condition: Lines) -> Decimal:
        measure, unit = self._matching.measured(condition.lines)
        return Decimal(measure[0]) / unit

    def _found(self, fact: catalogue.Fact, row: int | None) -> Found:
        frame, column, level = self._matching.column(fact)
        if column not in frame.columns:
            return None
        place: int | None = 0
        if level == "store":
            place = self._tables.activities["store"][0]
        elif row is not None and level != "activity":
            place = row if level == "line" else self._tables.lines["product"][row]
        value = None if place is None else frame[column][place]
        if isinstance(value, pl.Series):
            return tuple(str(one) for one in value.drop_nulls())
        if value is not None and fact.type in ("money", "quantity"):
            return Decimal(value) / (self._minor if fact.type == "money" else 1000)
        return value


def _distance(failed: Sequence[Failed]) -> tuple[int, int]:
    """How far from applying: the fewest things to change first, then those that nearly held."""
    return len(failed), sum(not _is_near(one) for one in failed)


def _is_near(failed: Failed) -> bool:
    """Whether little was missing: the wrong day, another status, or at least half of the number that was asked for.

    Another article than the one asked for, and 1.99 where 100 was asked, are no near miss.
    """
    if failed.short is not None:
        return 2 * Decimal(str(failed.found)) >= failed.required and bool(failed.found)
    if failed.fact == "lines":
        return False
    return failed.fact == "valid" or catalogue.find(failed.fact).scope != "line"
