"""Which activities, and which of their lines, a rule matches.

Each part of a condition is answered on the smallest frame that knows its facts (products, stores, activities) and
brought to the lines only where it must be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

import polars as pl

from rules_engine.core import catalogue, compiling, small
from rules_engine.core.catalogue import Fact, Level
from rules_engine.core.columns import Few, gathered, repeated
from rules_engine.core.conditions import All, AnyOf, Comparison, Condition, Lines, LinesTest, Not
from rules_engine.core.errors import InvalidFacts
from rules_engine.core.facts import PURCHASE, of_trigger
from rules_engine.core.rules import Rule, Validity, Weekly
from rules_engine.core.tables import Tables

_THOUSANDTHS = 1000


@dataclass(frozen=True)
class Answer:
    """True or false for each row of the frame of that level."""

    level: Level
    rows: Any


@dataclass(frozen=True)
class Matched:
    """`lines`: of every line, None when it is all of them. `activities`: where the rule applies at all.

    At line scope an activity none of whose lines matched may still be true in `activities`; its sums are zero.
    """

    lines: Any | None
    activities: Any


class Matching:
    """Answers conditions over one set of tables, each distinct one once."""

    def __init__(self, tables: Tables, minor: int):
        self.tables = tables
        self._minor = minor
        self._answers: dict[Condition, Answer] = {}
        self._triggers: dict[str, Any] = {}
        self._columns: dict[str, tuple[pl.DataFrame, str, Level]] = {}

    def of(self, rule: Rule) -> Matched:
        activities = self.triggered(rule.trigger)
        if rule.valid is not None:
            activities = activities & self.valid(rule.valid)
        lines: Any | None = None
        if rule.when is not None:
            # What concerns the whole activity is not spread over its lines: it decides on the sums.
            parts = rule.when.all if isinstance(rule.when, All) else (rule.when,)
            answers = [self.answer(part) for part in parts]
            whole = [one for one in answers if one.level in ("activity", "store")]
            single = [one for one in answers if one.level in ("line", "product")]
            if whole:
                activities = activities & self.lifted(self._joined(whole, all_of=True), "activity")
            if single:
                lines = self.lifted(self._joined(single, all_of=True), "line")
        return Matched(lines, activities)

    def every_line(self, matched: Matched) -> Any:
        """The matched lines, with what concerns the activity spread over them."""
        spread = gathered(matched.activities, self.tables.line("row"))
        return spread if matched.lines is None else spread & matched.lines

    def triggered(self, trigger: str) -> Any:
        if trigger not in self._triggers:
            self._triggers[trigger] = self._triggered(trigger)
        return self._triggers[trigger]

    def _triggered(self, trigger: str) -> Any:
        if self.tables.few:
            kinds, events = self.tables.activity("kind"), self.tables.activity("event_type")
            return Few(small.triggered(trigger, kinds.values, events.values))
        return self._on_activities(of_trigger(trigger))

    def valid(self, validity: Validity) -> Any:
        if self.tables.few:
            days, moments = self.tables.activity("local_date"), self.tables.activity("local_at")
            return Few(small.valid(validity, days.values, moments.values))
        day = pl.col("local_date")
        inside = pl.lit(True)
        if validity.from_ is not None:
            inside = inside & (day >= validity.from_)
        if validity.until is not None:
            inside = inside & (day <= validity.until)
        if validity.weekly is not None:
            inside = inside & reduce(or_, (_within(hours) for hours in validity.weekly))
        answer = self._on_activities(inside.fill_null(False))
        return answer if answer.len() == self.tables.height else pl.repeat(answer[0], self.tables.height, eager=True)

    def answer(self, condition: Condition) -> Answer:
        if (known := self._answers.get(condition)) is not None:
            return known
        match condition:
            case All(all=parts):
                answer = self._joined([self.answer(part) for part in parts], all_of=True)
            case AnyOf(any=parts):
                answer = self._joined([self.answer(part) for part in parts], all_of=False)
            case Not(not_=inner):
                opposite = self.answer(inner)
                answer = Answer(opposite.level, ~opposite.rows)
            case Lines(lines=test):
                answer = Answer("activity", self._lines_meet(test))
            case Comparison():
                answer = self._compared(condition)
        self._answers[condition] = answer
        return answer

    def _joined(self, answers: Sequence[Answer], *, all_of: bool) -> Answer:
        """Together on the lowest level that holds them all, after joining those of one level among themselves."""
        join = and_ if all_of else or_
        levels: dict[Level, Any] = {}
        for answer in answers:
            levels[answer.level] = join(levels[answer.level], answer.rows) if answer.level in levels else answer.rows
        if len(levels) == 1:
            level, rows = levels.popitem()
            return Answer(level, rows)
        target: Level = "activity" if set(levels) <= {"activity", "store"} else "line"
        if target == "line" and {"activity", "store"} <= set(levels):
            whole = [Answer(level, levels.pop(level)) for level in ("activity", "store")]
            levels["activity"] = self._joined(whole, all_of=all_of).rows
        lifted = (self.lifted(Answer(level, rows), target) for level, rows in levels.items())
        return Answer(target, reduce(join, lifted))

    def lifted(self, answer: Answer, target: Level) -> Any:
        """The answer for each row of a larger frame."""
        match answer.level, target:
            case "product", "line":
                return gathered(answer.rows, self.tables.line("product"))
            case "activity", "line":
                return gathered(answer.rows, self.tables.line("row"))
            case "store", "activity":
                return gathered(answer.rows, self.tables.activity("store"), unknown=self._store_unknown(answer))
            case "store", "line":
                return self.lifted(Answer("activity", self.lifted(answer, "activity")), "line")
        return answer.rows

    def _store_unknown(self, answer: Answer) -> bool:
        # The stores are answered with one row more, the store that is not known: see _compared.
        return bool(answer.rows[-1])

    def _lines_meet(self, test: LinesTest) -> Any:
        found, unit = self.measured(test)
        if test.any:
            return found > 0
        if test.every:
            return (found > 0) & (found == self.tables.counted(None))
        if self.tables.few:
            return Few(small.compared(test.operator, found.values, test.value, unit))
        asked = compiling.meets_sum(pl.col("n"), test, unit)
        return found.alias("n").to_frame().select(asked.alias("n")).to_series()

    def measured(self, test: LinesTest) -> tuple[Any, int]:
        """What a test over lines looks at, per activity, as a whole number, and how many make one."""
        chosen = None if test.where is None else self.lifted(self.answer(test.where), "line")
        if test.count == "units":
            return self.tables.summed("quantity", chosen), _THOUSANDTHS
        if test.sum is not None:
            return self.tables.summed(test.sum, chosen), self._minor
        return self.tables.counted(chosen), 1

    def _compared(self, comparison: Comparison) -> Answer:
        fact = catalogue.find(comparison.fact)
        frame, column, level = self.column(fact)
        if column not in frame.columns:
            return Answer(level, repeated(comparison.is_set is False, frame.height, self.tables.few))
        values = frame[column]
        if self.tables.few and fact.type != "attribute" and not isinstance(values.dtype, pl.List):
            unit = {"money": self._minor, "quantity": _THOUSANDTHS}.get(fact.type, 1)
            return Answer(level, Few(small.compared(comparison.operator, values.to_list(), comparison.value, unit)))
        asked = compiling.meets(pl.col(column), values.dtype, fact, comparison, self._minor)
        answer = values.to_frame().select(asked.alias("n")).to_series()
        return Answer(level, Few(answer.to_list()) if self.tables.few else answer)

    def column(self, fact: Fact) -> tuple[pl.DataFrame, str, Level]:
        """The frame, the column and the level where a fact is found. The column may be missing for an attribute."""
        if fact.name not in self._columns:
            self._columns[fact.name] = self._column(fact)
        return self._columns[fact.name]

    def _column(self, fact: Fact) -> tuple[pl.DataFrame, str, Level]:
        tables = self.tables
        if fact.type == "attribute":
            return self._attribute(fact)
        if fact.level == "product":
            return tables.products, {"line.tag": "tags"}.get(fact.name, fact.name.removeprefix("line.")), "product"
        if fact.level == "line":
            return tables.lines, fact.name.removeprefix("line."), "line"
        if fact.level == "store":
            # One row more than there are stores, all unknown, stands for an activity without a store.
            known = tables.stores.select("code", "kind", "banner", "market")
            return pl.concat([known, known.clear(1)]), fact.name.removeprefix("store."), "store"
        if fact.scope == "receipt" and fact.name in ("receipt.gross", "receipt.net"):
            column = fact.name.removeprefix("receipt.")
            # Totals of the lines that are left; a visit or an event has no total.
            return self._totals(column), column, "activity"
        if fact.volatile and fact.name not in tables.activities.columns:
            raise InvalidFacts(f"the activities lack the column {fact.name!r}, which the rulebook reads")
        return self._named(fact)

    def _totals(self, column: str) -> pl.DataFrame:
        total, kinds = self.tables.total(column), self.tables.activity("kind")
        if self.tables.few:
            known = [one if kind == PURCHASE else None for one, kind in zip(total.values, kinds.values, strict=True)]
            return pl.DataFrame({column: pl.Series(known, dtype=pl.Int64)})
        return pl.DataFrame({column: total, "kind": kinds}).select(pl.when(pl.col("kind") == PURCHASE).then(column))

    def _named(self, fact: Fact) -> tuple[pl.DataFrame, str, Level]:
        activities = self.tables.activities
        match fact.name:
            case "receipt.channel":
                return activities, "channel", "activity"
            case "receipt.tender":
                return activities, "tenders", "activity"
        if fact.scope == "calendar" and self.tables.few:
            days, moments = self.tables.activity("local_date"), self.tables.activity("local_at")
            found = [small.calendar(fact.name, day, at) for day, at in zip(days, moments, strict=True)]
            return pl.DataFrame({fact.name: found}), fact.name, "activity"
        if fact.scope == "calendar":
            return activities.select(_calendar(fact.name).alias(fact.name)), fact.name, "activity"
        return activities, fact.name, "activity"

    def _attribute(self, fact: Fact) -> tuple[pl.DataFrame, str, Level]:
        tables = self.tables
        if fact.scope == "event":
            return tables.activities, fact.name, "activity"
        of_product = "attr." + fact.name.removeprefix("line.")
        if fact.name not in tables.lines.columns:
            return tables.products, of_product, "product"
        if of_product not in tables.products.columns:
            return tables.lines, fact.name, "line"
        own, general = tables.lines[fact.name], tables.products[of_product].gather(tables.lines["product"])
        if own.dtype != general.dtype:
            own, general = own.cast(pl.String), general.cast(pl.String)
        return own.to_frame().select(pl.col(fact.name).fill_null(general)), fact.name, "line"

    def _on_activities(self, expression: pl.Expr) -> pl.Series:
        return self.tables.activities.select(expression.alias("n")).to_series()


def _calendar(name: str) -> pl.Expr:
    match name:
        case "calendar.date":
            return pl.col("local_date")
        case "calendar.weekday":
            return pl.col("local_date").dt.weekday().replace_strict(
                dict(enumerate(catalogue.WEEKDAYS, start=1)), return_dtype=pl.String
            )  # fmt: skip
        case "calendar.hour":
            return pl.col("local_at").dt.hour()
        case "calendar.month":
            return pl.col("local_date").dt.month()
    return pl.col("local_date").dt.day()


def _within(hours: Weekly) -> pl.Expr:
    """Local time inside the hours. Past midnight the second part belongs to the day it began on."""
    minute = pl.col("local_at").dt.hour().cast(pl.Int32) * 60 + pl.col("local_at").dt.minute()
    weekday = pl.col("local_date").dt.weekday().cast(pl.Int32)
    days = [catalogue.WEEKDAYS.index(day) + 1 for day in hours.days]
    start, end = minutes(hours.from_), minutes(hours.to)
    if start < end:
        return weekday.is_in(days) & (minute >= start) & (minute < end)
    day_before = (weekday + 5) % 7 + 1
    return (weekday.is_in(days) & (minute >= start)) | (day_before.is_in(days) & (minute < end))


def minutes(time: str) -> int:
    """Minutes since midnight of a time such as 09:30."""
    return int(time[:2]) * 60 + int(time[3:])
