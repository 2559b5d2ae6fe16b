"""What each rule would give, as exact numbers per activity, before groups, stops and limits."""

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from rules_engine.core import side_by_side
from rules_engine.core.columns import Few, gathered
from rules_engine.core.matching import Matched, Matching
from rules_engine.core.multipliers import Region, regions
from rules_engine.core.ratios import Rounding, rounded_sum
from rules_engine.core.rulebook import Currency, Rulebook
from rules_engine.core.rules import Rule
from rules_engine.core.tables import Tables
from values.money import minor_exponent


@dataclass(frozen=True)
class Part:
    """Whole numbers, and the points one of them is worth: in a column per line (`where` it counts) or per activity."""

    ratio: Fraction
    activities: Any
    per_line: str | None = None
    where: Any | None = None
    per_activity: Any | None = None


class Effects:
    """The effects of one rulebook on one set of tables, whose activities share one exponent of money."""

    def __init__(self, rulebook: Rulebook, tables: Tables, matching: Matching, exponent: int):
        self._rulebook = rulebook
        self._tables = tables
        self._exponent = exponent
        rules, rows = rulebook.earning, tables.lines.height
        matched = side_by_side.each(lambda rule: self._allowed(rule, matching.of(rule)), rules, rows)
        self._matched = {rule.code: one for rule, one in zip(rules, matched, strict=True)}
        self._regions: dict[str, list[tuple[Region, Fraction]]] = {}
        for currency in rulebook.currencies:
            multipliers = [
                (rule, self._matched[rule.code])
                for rule in rulebook.earning
                if rule.earn.multiply is not None and rulebook.currency_of(rule) == currency
            ]
            if multipliers:
                self._regions |= regions(multipliers, rulebook.settings.multipliers, matching)

    def matched(self, rule: Rule) -> Matched:
        return self._matched[rule.code]

    def wanted(self, rule: Rule) -> Any:
        """Whole points per activity, rounded, zero where the rule gives nothing."""
        if _is_empty(self._matched[rule.code]):
            return self._tables.nothing
        parts = self._multiplied(rule) if rule.earn.multiply is not None else [self._own_part(rule)]
        if not parts:
            return self._tables.nothing
        return self._rounded(parts, self._rulebook.currency_of(rule), rule)

    def _allowed(self, rule: Rule, matched: Matched) -> Matched:
        currency = self._rulebook.currency_of(rule)
        if currency.kind != "cash" or rule.code in self._rulebook.overridden:
            return matched
        # Money never crosses currencies by its raw amount; a visit has no money of its own.
        return Matched(matched.lines, matched.activities & self._in_money(currency.money))

    def _in_money(self, money: str | None) -> Any:
        """Activities in that money, or in none."""
        found = self._tables.activity("currency")
        return (
            Few([one in (None, money) for one in found]) if self._tables.few else found.fill_null(money or "") == money
        )

    def _own_part(self, rule: Rule) -> Part:
        matched = self._matched[rule.code]
        whole = matched.activities if rule.scope == "receipt" else None
        return self._part(rule, matched.lines, matched.activities, Fraction(1), whole=whole)

    def _multiplied(self, rule: Rule) -> list[Part]:
        """Every base rule of the same currency again, over the lines that it and the multiplier both match."""
        parts = []
        for region, weight in self._regions[rule.code]:
            for base in self._rulebook.bases_of(rule):
                matched = self._matched[base.code]
                lines = _both(region.lines, matched.lines)
                activities = region.activities & matched.activities
                if _is_empty(Matched(lines, activities)) and base.scope == "line":
                    continue
                whole = (
                    region.whole & matched.activities if base.scope == "receipt" and region.whole is not None else None
                )
                parts.append(self._part(base, lines, activities, weight, whole=whole))
        return [part for part in parts if part.ratio]

    def _part(self, rule: Rule, lines: Any | None, activities: Any, weight: Fraction, *, whole: Any | None) -> Part:
        earn, basis = rule.earn, self._rulebook.settings.basis
        if earn.per_amount is not None:
            column = earn.per_amount.of or basis
            every = Fraction(earn.per_amount.every) * 10**self._exponent
            points = Fraction(earn.per_amount.points) * weight
            if earn.per_amount.step == "whole":
                return Part(points, activities, per_activity=self._steps(column, lines, every))
            return Part(points / every, activities, column, lines)
        if earn.per_unit is not None:
            return Part(Fraction(earn.per_unit) * weight / 1000, activities, "quantity", lines)
        if earn.percent is not None:
            pot = minor_exponent(self._rulebook.currency_of(rule).money)
            ratio = Fraction(earn.percent) / 100 * Fraction(10) ** (pot - self._exponent)
            return Part(ratio * weight, activities, basis, lines)
        once = self._once(lines, whole)
        return Part(Fraction(earn.fixed or 0) * weight, activities, per_activity=once)

    def _steps(self, column: str, lines: Any | None, every: Fraction) -> Any:
        full = rounded_sum([(self._tables.total(column, lines), 1 / every)], "down")
        return full.clip(lower_bound=0)

    def _once(self, lines: Any | None, whole: Any | None) -> Any:
        """1 for each activity where a fixed award counts: once, however many lines match."""
        counts = self._tables.counted(lines) > 0 if whole is None else whole
        return counts.cast(pl.Int64)

    def _rounded(self, parts: list[Part], currency: Currency, rule: Rule) -> Any:
        rounding = self._rulebook.rounding_of(rule)
        terms: list[tuple[Any, Fraction]] = []
        line_parts: list[Part] = []
        tables = self._tables
        for part in parts:
            if part.per_line is None:
                assert part.per_activity is not None
                terms.append((part.per_activity.zip_with(part.activities, tables.nothing), part.ratio))
            elif currency.round_per == "line":
                line_parts.append(part)
            else:
                total = tables.total(part.per_line, part.where)
                terms.append((total.zip_with(part.activities, tables.nothing), part.ratio))
        wanted = rounded_sum(terms, rounding) if terms else tables.nothing
        return wanted + self._rounded_lines(line_parts, rounding) if line_parts else wanted

    def _rounded_lines(self, parts: list[Part], rounding: Rounding) -> Any:
        """Each line's number rounded, then added up; a line that no part counts is not looked at."""
        tables = self._tables
        counting = [self._counting(part) for part in parts]
        some = reduce(or_, counting)
        terms = []
        for part, counts in zip(parts, counting, strict=True):
            assert part.per_line is not None
            values = tables.line(part.per_line).filter(some)
            terms.append((values if len(parts) == 1 else values * counts.filter(some).cast(pl.Int64), part.ratio))
        return tables.added(tables.line("row").filter(some), rounded_sum(terms, rounding))

    def _counting(self, part: Part) -> Any:
        """Which lines a part counts."""
        if part.where is not None and part.activities.all():
            return part.where
        spread = gathered(part.activities, self._tables.line("row"))
        return spread if part.where is None else spread & part.where


def _is_empty(matched: Matched) -> bool:
    """Whether no activity is matched, or none of their lines: most rules of a till's quote."""
    return not matched.activities.any() or (matched.lines is not None and not matched.lines.any())


def _both(one: Any | None, other: Any | None) -> Any | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
