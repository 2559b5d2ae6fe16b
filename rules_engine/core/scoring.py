"""Rulebook and facts in, awards out. Pure: the same rulebook and facts give the same awards in ten years.

In this order: exclusions; what each rule would give, rounded once; the best of each group; stops; limits in order of
occurrence; and no activity ever loses more than it gives.
"""

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from rules_engine.core import limits, side_by_side
from rules_engine.core.columns import Few
from rules_engine.core.effects import Effects
from rules_engine.core.facts import ROW, Facts
from rules_engine.core.matching import Matching
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.tables import Tables
from values.money import minor_exponent

_AWARDS = {
    ROW: pl.UInt32, "activity_id": pl.Int64, "holder_id": pl.Int64, "rule": pl.String, "currency": pl.String,
    "wanted": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """awards: activity_id i64, holder_id i64, rule str, currency str, wanted i64 (rounded, before limits), granted i64.

    Rows with wanted != 0, by rule in order of work, within a rule as the activities came.
    """

    awards: pl.DataFrame


def score(rulebook: Rulebook, facts: Facts) -> Scored:
    """What every activity should have, given `facts.usage`. Raises InvalidFacts."""
    return limited(rulebook, unlimited(rulebook, facts), facts)


def unlimited(rulebook: Rulebook, facts: Facts) -> pl.DataFrame:
    """The awards before limits, of which `facts.usage` says nothing yet: see `limited`. Raises InvalidFacts."""
    activities = facts.activities.with_row_index(ROW)
    parts = [wanted(rulebook, part, exponent) for exponent, part in by_exponent(replace(facts, activities=activities))]
    awards = pl.concat(parts) if parts else pl.DataFrame(schema=_AWARDS)
    if len(parts) > 1:
        order = {rule.code: place for place, rule in enumerate(rulebook.in_order)}
        awards = awards.sort(pl.col("rule").replace_strict(order, return_dtype=pl.Int32), ROW)
    return awards


def limited(rulebook: Rulebook, awards: pl.DataFrame, facts: Facts) -> Scored:
    """What limits leave of awards that `unlimited` found in the same facts."""
    return Scored(limits.granted(rulebook, awards, facts).drop(ROW))


def by_exponent(facts: Facts) -> list[tuple[int, Facts]]:
    """The facts apart by the decimals of their money, so that amounts can be compared as whole numbers."""
    exponents = {currency: minor_exponent(currency) for currency in facts.activities["currency"].unique().to_list()}
    found = sorted(set(exponents.values()))
    if len(found) < 2:
        return [(exponent, facts) for exponent in found]
    parts = []
    for exponent in found:
        own = [currency for currency, value in exponents.items() if value == exponent]
        activities = facts.activities.filter(pl.col("currency").is_in(own, nulls_equal=True))
        lines = facts.lines.join(activities.select("activity_id"), on="activity_id", how="semi", maintain_order="left")
        parts.append((exponent, replace(facts, activities=activities, lines=lines)))
    return parts


def wanted(rulebook: Rulebook, facts: Facts, exponent: int) -> pl.DataFrame:
    """Awards before limits, of activities whose money has that many decimals, with the row of the activity."""
    tables = after_exclusions(rulebook, Tables.of(facts), exponent)
    effects = Effects(rulebook, tables, Matching(tables, 10**exponent), exponent)
    found = side_by_side.each(effects.wanted, rulebook.earning, tables.lines.height)
    numbers = {rule.code: number for rule, number in zip(rulebook.earning, found, strict=True)}
    numbers = stopped(rulebook, best_of_groups(rulebook, numbers, tables), tables)
    return _awards(rulebook, numbers, tables)


def after_exclusions(rulebook: Rulebook, tables: Tables, exponent: int) -> Tables:
    """Each exclusion in turn; what it takes out is invisible to everything after it."""
    for rule in rulebook.excluding:
        matching = Matching(tables, 10**exponent)
        taken_out = matching.every_line(matching.of(rule))
        if taken_out.any():
            tables = tables.without(taken_out)
    return tables


def best_of_groups(rulebook: Rulebook, numbers: dict[str, Any], tables: Tables) -> dict[str, Any]:
    """Of each group and currency only the largest number that is something stays; of equals, the first written."""
    groups: dict[tuple[str, str], list[str]] = {}
    for rule in rulebook.earning:
        if rule.combine.group is not None:
            groups.setdefault((rule.combine.group, rulebook.currency_of(rule).code), []).append(rule.code)
    left = dict(numbers)
    for codes in groups.values():
        written = sorted(codes, key=rulebook.place_of)
        largest = _largest(left, written, tables)
        still_open = largest != 0
        for code in written:
            wins = still_open & (left[code] == largest)
            left[code] = left[code].zip_with(wins, tables.nothing)
            still_open = still_open & ~wins
    return left


def _largest(numbers: dict[str, Any], codes: list[str], tables: Tables) -> Any:
    """The largest number that is something, of each activity; 0 where all are nothing."""
    if tables.few:
        rows = zip(*(numbers[code].values for code in codes), strict=True)
        return Few([max((number for number in row if number), default=0) for row in rows])
    frame = pl.DataFrame([numbers[code].alias(code) for code in codes])
    some = (pl.when(pl.col(code) != 0).then(code) for code in codes)
    return frame.select(pl.max_horizontal(some).fill_null(0)).to_series()


def stopped(rulebook: Rulebook, numbers: dict[str, Any], tables: Tables) -> dict[str, Any]:
    """A rule that stops, and gave something before limits, ends every rule after it, in all phases and currencies."""
    left: dict[str, Any] = {}
    ended: Any | None = None
    for rule in rulebook.earning:
        number = numbers[rule.code]
        if ended is not None:
            number = tables.nothing.zip_with(ended, number)
        left[rule.code] = number
        if rule.combine.stop:
            gave = number != 0
            ended = gave if ended is None else ended | gave
    return left


def _awards(rulebook: Rulebook, numbers: dict[str, Any], tables: Tables) -> pl.DataFrame:
    """One row for each rule that gives an activity something."""
    columns = [tables.activities[name] for name in (ROW, "activity_id", "holder_id")]
    if tables.few:
        return _few_awards(rulebook, numbers, tables)
    frames = [pl.DataFrame(schema=_AWARDS)]
    for code, given in numbers.items():
        some = given != 0
        if some.any():
            found = pl.DataFrame([column.filter(some) for column in (*columns, given.alias("wanted"))])
            currency = rulebook.currency_of(rulebook.rule(code)).code
            frames.append(found.with_columns(rule=pl.lit(code), currency=pl.lit(currency)).select(list(_AWARDS)))
    return pl.concat(frames)


def _few_awards(rulebook: Rulebook, numbers: dict[str, Any], tables: Tables) -> pl.DataFrame:
    heads = list(tables.activities.select(ROW, "activity_id", "holder_id").iter_rows())
    rows = [
        (*head, code, rulebook.currency_of(rulebook.rule(code)).code, number)
        for code, given in numbers.items()
        for head, number in zip(heads, given.to_list(), strict=True)
        if number
    ]
    return pl.DataFrame(rows, schema=_AWARDS, orient="row")
