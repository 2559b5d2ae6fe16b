"""Limits: at most so many points, or times, of one rule in a period, in the order in which activity occurred.

A negative award takes nothing of a limit and is taken nothing of: points and times count awards above zero.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from rules_engine.core.facts import ROW
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Limit, Rule

_FOREVER = date(1970, 1, 1)
_Key = tuple[int, str, date]


def granted(
    rulebook: Rulebook, awards: pl.DataFrame, activities: pl.DataFrame, usage: pl.DataFrame | None
) -> pl.DataFrame:
    """The awards with `granted`, what is left of `wanted` after every limit of its rule, in the order written."""
    awards = awards.with_columns(granted=pl.col("wanted"))
    for rule in rulebook.earning:
        if rule.limits:
            awards = _limited(rulebook, rule, awards, activities, usage)
    return _never_below_zero(awards)


def usage_periods(rulebook: Rulebook, activities: pl.DataFrame) -> pl.DataFrame:
    """Which usage the caller must look up: distinct rows holder_id, rule, period_kind, period_start."""
    frames = [
        activities.select(
            "holder_id",
            pl.lit(rule).alias("rule"),
            pl.lit(kind).alias("period_kind"),
            period_start(rulebook, rulebook.rule(rule), kind, activities.columns).alias("period_start"),
        ).unique(maintain_order=True)
        for rule, kinds in rulebook.limited_rules()
        for kind in kinds
    ]
    schema = {"holder_id": pl.Int64, "rule": pl.String, "period_kind": pl.String, "period_start": pl.Date}
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def period_start(rulebook: Rulebook, rule: Rule, kind: str, columns: Sequence[str]) -> pl.Expr:
    """First local day of the period an activity falls in. A campaign is the rule's validity."""
    day = pl.col("local_date")
    match kind:
        case "week":
            first = pl.lit(rulebook.week_start_number)
            if "week_start" in columns:
                first = pl.col("week_start").fill_null(first)
            into = (day.dt.weekday().cast(pl.Int32) - first.cast(pl.Int32) + 7) % 7
            return day - pl.duration(days=into)
        case "month":
            return day.dt.month_start()
        case "year":
            return day.dt.month_start().dt.replace(month=1)
        case "campaign":
            begins = rule.valid.from_ if rule.valid is not None else None
            return pl.lit(begins or _FOREVER, dtype=pl.Date)
    return day


def _limited(
    rulebook: Rulebook, rule: Rule, awards: pl.DataFrame, activities: pl.DataFrame, usage: pl.DataFrame | None
) -> pl.DataFrame:
    kinds = rule.period_kinds
    mine = (awards["rule"] == rule.code) & (awards["wanted"] > 0)
    if not mine.any():
        return awards
    own = awards.with_row_index("place").filter(mine)
    dated = [name for name in ("occurred_at", "local_date", "week_start") if name in activities.columns]
    rows = activities.select(pl.col(dated).gather(own[ROW]))
    starts = (period_start(rulebook, rule, kind, dated).alias(kind) for kind in kinds)
    own = own.select("place", "activity_id", "holder_id", "wanted").with_columns(
        rows.select("occurred_at", *starts).get_columns()
    )
    taken = _taken(rule, usage)
    rows = own.filter(_may_overflow(rule, own, usage)).sort("occurred_at", "activity_id")
    if rows.is_empty():
        return awards
    decided = _in_order(rule, kinds, rows, taken)
    return awards.with_columns(awards["granted"].clone().scatter(rows["place"], decided))


def _may_overflow(rule: Rule, own: pl.DataFrame, usage: pl.DataFrame | None) -> pl.Series:
    """Awards of holders who reach a limit at all: most do not, and only those need to be walked one by one."""
    asked = pl.lit(False)
    for place, limit in enumerate(rule.limits):
        amount = pl.col("wanted") if limit.of == "points" else pl.lit(1, dtype=pl.Int64)
        if limit.per == "activity":
            asked = asked | (amount > limit.max)
            continue
        used = _usage_of(rule, limit, usage, f"used{place}")
        own = own.join(
            used,
            left_on=["holder_id", limit.per],
            right_on=["holder_id", "period_start"],
            how="left",
            maintain_order="left",
        )
        total = amount.sum() if limit.of == "points" else pl.len()
        total = total.over("holder_id", limit.per)
        asked = asked | (total.cast(pl.Int64) + pl.col(f"used{place}").fill_null(0) > limit.max)
    reaches = own.with_columns(asked.alias("asked")).select(pl.col("asked").any().over("holder_id"))
    return reaches.to_series()


def _usage_of(rule: Rule, limit: Limit, usage: pl.DataFrame | None, name: str) -> pl.DataFrame:
    if usage is None:
        return pl.DataFrame(schema={"holder_id": pl.Int64, "period_start": pl.Date, name: pl.Int64})
    return usage.filter((pl.col("rule") == rule.code) & (pl.col("period_kind") == limit.per)).select(
        "holder_id", "period_start", pl.col(limit.of).alias(name)
    )


def _taken(rule: Rule, usage: pl.DataFrame | None) -> dict[_Key, list[int]]:
    """[points, times] by (holder, kind of period, its start): what other activity already took."""
    if usage is None:
        return {}
    own = usage.filter(pl.col("rule") == rule.code)
    columns = own.select("holder_id", "period_kind", "period_start", "points", "times")
    return {(holder, kind, start): [points, times] for holder, kind, start, points, times in columns.iter_rows()}


def _in_order(rule: Rule, kinds: tuple[str, ...], rows: pl.DataFrame, taken: dict[_Key, list[int]]) -> list[int]:
    decided = []
    for row in rows.select("holder_id", "wanted", *kinds).iter_rows():
        holder, number = row[0], row[1]
        used = {kind: taken.setdefault((holder, kind, row[2 + place]), [0, 0]) for place, kind in enumerate(kinds)}
        for limit in rule.limits:
            number = _within(limit, number, used.get(limit.per, [0, 0]))
        if number > 0:
            for so_far in used.values():
                so_far[0] += number
                so_far[1] += 1
        decided.append(number)
    return decided


def _within(limit: Limit, number: int, used: list[int]) -> int:
    if limit.of == "times":
        return number if used[1] < limit.max else 0
    room = max(0, limit.max - used[0])
    if number <= room:
        return number
    return room if limit.overflow == "reduce" else 0


def _never_below_zero(awards: pl.DataFrame) -> pl.DataFrame:
    """What an activity gives in a currency never sums up to less than nothing: the last to take takes less."""
    if not (awards["granted"] < 0).any():
        return awards
    key = ["activity_id", "currency"]
    # Awards stand in order of work, so the running sum of what was taken ends with the rule that came last.
    allowed = pl.col("granted").filter(pl.col("granted") > 0).sum().over(key)
    losses = pl.when(pl.col("granted") < 0).then(-pl.col("granted")).otherwise(0)
    before = losses.cum_sum().over(key) - losses
    kept = pl.min_horizontal(losses, (allowed - before).clip(lower_bound=0))
    return awards.with_columns(granted=pl.when(pl.col("granted") < 0).then(-kept).otherwise(pl.col("granted")))
