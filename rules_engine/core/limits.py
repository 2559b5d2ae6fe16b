"""Limits and budgets: at most so many points, or times, of one rule in a period, in order of occurrence.

A negative award takes nothing of a limit and is taken nothing of: points and times count awards above zero.
"""

from collections.abc import Collection, Sequence
from datetime import date

import polars as pl

from rules_engine.core import columns, walking
from rules_engine.core.facts import ROW, Facts, of_trigger
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Limit, Rule, Whose

_READ = ("holder_id", "membership_id", "store", "occurred_at", "local_date", "week_start")
_ASKED = {"whose": pl.String, "key": pl.String, "rule": pl.String, "period_kind": pl.String, "period_start": pl.Date}


def granted(rulebook: Rulebook, awards: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """The awards with `granted`, what is left of `wanted` after every limit of its rule, in the order written."""
    awards = awards.with_columns(granted=pl.col("wanted"))
    if max(awards.height, facts.activities.height) <= columns.FEW_ROWS:
        return _never_below_zero(walking.of_few(rulebook, awards, facts.activities, facts.stores, facts.usage))
    gave = set(awards["rule"].unique().to_list())
    for rule in rulebook.earning:
        if rule.caps and rule.code in gave:
            awards = _limited(rulebook, rule, awards, facts)
    return _never_below_zero(awards)


def usage_periods(
    rulebook: Rulebook, activities: pl.DataFrame, stores: pl.DataFrame, rules: Collection[str] | None = None
) -> pl.DataFrame:
    """Which usage the caller must look up: distinct rows whose, key, rule, period_kind, period_start.

    `rules`: those that are known to give anything; all that have limits when it is not said.
    """
    frames = [pl.DataFrame(schema=_ASKED)]
    for rule in rulebook.limited_rules():
        if rules is not None and rule.code not in rules:
            continue
        own = activities.filter(of_trigger(rule.trigger) & _on_its_days(rule))
        keys = {whose: key_of(whose, own, stores) for whose, _ in rule.shares}
        frames += [
            own.select(
                pl.lit(whose).alias("whose"),
                keys[whose].alias("key"),
                pl.lit(rule.code).alias("rule"),
                pl.lit(kind).alias("period_kind"),
                period_start(rulebook, rule, kind, own.columns).alias("period_start"),
            ).unique(maintain_order=True)
            for whose, kind in rule.shares
        ]
    return pl.concat(frames)


def _on_its_days(rule: Rule) -> pl.Expr:
    first, last = (rule.valid.from_, rule.valid.until) if rule.valid is not None else (None, None)
    return pl.col("local_date").is_between(first or date.min, last or date.max)


def key_of(whose: Whose, activities: pl.DataFrame, stores: pl.DataFrame) -> pl.Series:
    """Who a limit counts together, as text, for each activity.

    Columns `own_key` and `pool_key`, where the caller knows of pots that changed, say more than membership and holder.
    """
    match whose:
        case "household":
            pool = "pool_key" if "pool_key" in activities.columns else "holder_id"
            return activities[pool].cast(pl.String)
        case "banner":
            banners = stores["banner"].gather(activities["store"]) if stores.height else activities["store"]
            return banners.cast(pl.String).fill_null("")
        case "program":
            return pl.repeat("", activities.height, dtype=pl.String, eager=True)
    own = next((name for name in ("own_key", "membership_id") if name in activities.columns), "holder_id")
    return activities[own].cast(pl.String)


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
            return pl.lit(begins or walking.FOREVER, dtype=pl.Date)
    return day


def _limited(rulebook: Rulebook, rule: Rule, awards: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    mine = (awards["rule"] == rule.code) & (awards["wanted"] > 0)
    if not mine.any():
        return awards
    own = awards.with_row_index("place").filter(mine)
    read = [name for name in _READ if name in facts.activities.columns]
    activities = facts.activities.select(pl.col(read).gather(own[ROW]))
    keys = (key_of(whose, activities, facts.stores).alias(f"key {whose}") for whose in dict(rule.shares))
    starts = {kind: period_start(rulebook, rule, kind, read).alias(f"from {kind}") for _, kind in rule.shares}
    own = own.select("place", "activity_id", "wanted").with_columns(
        *activities.select("holder_id", "occurred_at", *starts.values()).get_columns(), *keys
    )
    usage = None if facts.usage is None else facts.usage.filter(pl.col("rule") == rule.code)
    rows = own.filter(_may_overflow(rule, own, usage)).sort("occurred_at", "activity_id")
    if rows.is_empty():
        return awards
    own_keys = {whose: rows[f"key {whose}"].to_list() for whose, _ in rule.shares}
    own_starts = {kind: rows[f"from {kind}"].to_list() for _, kind in rule.shares}
    decided = walking.in_order(rule, rows["wanted"].to_list(), own_keys, own_starts, walking.taken(usage))
    return awards.with_columns(awards["granted"].clone().scatter(rows["place"], decided))


def _may_overflow(rule: Rule, own: pl.DataFrame, usage: pl.DataFrame | None) -> pl.Series:
    """Awards that may be cut at all: most are not, and only those are walked one by one.

    All of a holder's, because one limit leaves room in another; all there are when a shared limit may be reached.
    """
    private = shared = pl.lit(False)
    for place, cap in enumerate(rule.caps):
        amount = pl.col("wanted") if cap.of == "points" else pl.lit(1, dtype=pl.Int64)
        if cap.per == "activity":
            private = private | (amount > cap.max)
            continue
        key, start = f"key {cap.for_}", f"from {cap.per}"
        used = _usage_of(cap, usage, f"used{place}")
        own = own.join(
            used, left_on=[key, start], right_on=["key", "period_start"], how="left", maintain_order="left"
        )  # fmt: skip
        total = (amount.sum() if cap.of == "points" else pl.len()).over(key, start)
        reached = total.cast(pl.Int64) + pl.col(f"used{place}").fill_null(0) > cap.max
        if cap.for_ in ("banner", "program"):
            shared = shared | reached
        else:
            private = private | reached
    asked = own.with_columns(private.alias("private"), shared.alias("shared"))
    return asked.select(pl.col("private").any().over("holder_id") | pl.col("shared").any()).to_series()


def _usage_of(cap: Limit, usage: pl.DataFrame | None, name: str) -> pl.DataFrame:
    if usage is None:
        return pl.DataFrame(schema={"key": pl.String, "period_start": pl.Date, name: pl.Int64})
    return usage.filter((pl.col("whose") == cap.for_) & (pl.col("period_kind") == cap.per)).select(
        "key", "period_start", pl.col(cap.of).alias(name)
    )


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
