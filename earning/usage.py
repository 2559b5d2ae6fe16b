"""What other activity already took under the limits that a batch may reach."""

from __future__ import annotations

from typing import Any

import polars as pl

from earning import frames
from rules_engine.core import limits
from rules_engine.core.rulebook import Rulebook

_TAKEN = """
SELECT award.holder_id, rule.code, award.occurred_on, award.target
FROM award JOIN rule ON rule.id = award.rule_id
WHERE award.holder_id = ANY(%s) AND rule.program_id = %s AND rule.code = ANY(%s) AND award.target > 0
  AND award.occurred_on >= %s
  AND NOT EXISTS (SELECT 1 FROM work WHERE work.holder_id = award.holder_id AND work.activity_id = award.activity_id)
"""
_TAKEN_SCHEMA: dict[str, Any] = {
    "holder_id": pl.Int64,
    "rule": pl.String,
    "local_date": pl.Date,
    "points": pl.Int64,
}


def of(cursor: Any, program_id: int, rulebook: Rulebook, activities: pl.DataFrame) -> pl.DataFrame | None:
    """The core's `usage`: points and times by holder, rule and period, of activity outside the table `work`."""
    asked = limits.usage_periods(rulebook, activities)
    if asked.is_empty():
        return None
    rules = asked["rule"].unique().to_list()
    taken = frames.read(
        cursor,
        _TAKEN,
        _TAKEN_SCHEMA,
        [asked["holder_id"].unique().to_list(), program_id, rules, asked["period_start"].min()],
    )
    if taken.is_empty():
        return None
    parts = [
        taken.filter(pl.col("rule") == rule)
        .with_columns(
            pl.lit(kind).alias("period_kind"),
            limits.period_start(rulebook, rulebook.rule(rule), kind, taken.columns).alias("period_start"),
        )
        .group_by("holder_id", "rule", "period_kind", "period_start")
        .agg(pl.col("points").sum(), pl.len().cast(pl.Int64).alias("times"))
        for rule, kinds in rulebook.limited_rules()
        for kind in kinds
    ]
    keys = ["holder_id", "rule", "period_kind", "period_start"]
    return pl.concat(parts).join(asked.select(keys), on=keys, how="semi")
