"""What other activity already took under the limits that a batch may reach.

Limits of a member or a household are read from the awards of their holder, whom one worker has claimed, and of every
pot they had before (`earning.kin`, which keeps other workers off those); limits that others share, and budgets, from
`earning.budgets`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from earning import budgets, frames, kin
from earning.terms import Terms
from rules_engine.core import limits
from rules_engine.core.rulebook import Rulebook

# Whose an award is within a household is said by the attribution of its activity.
_TAKEN = """
SELECT award.holder_id, {membership}, rule.code, award.occurred_on, award.target
FROM award JOIN rule ON rule.id = award.rule_id {attribution}
WHERE award.holder_id = ANY(%s) AND rule.program_id = %s AND rule.code = ANY(%s) AND award.target > 0
  AND award.occurred_on >= %s
  AND NOT EXISTS (SELECT 1 FROM work WHERE work.holder_id = award.holder_id AND work.activity_id = award.activity_id)
"""
_ATTRIBUTION = """
LEFT JOIN attribution AS t ON t.activity_id = award.activity_id AND t.holder_id = award.holder_id
  AND t.program_id = rule.program_id AND t.ended_at IS NULL
"""
_TAKEN_SCHEMA: dict[str, Any] = {
    "holder_id": pl.Int64,
    "membership_id": pl.Int64,
    "rule": pl.String,
    "local_date": pl.Date,
    "points": pl.Int64,
}
_HOUSEHOLDS = """
SELECT count(*) FROM (
  SELECT 1 FROM membership_holder WHERE holder_id = ANY(%s) GROUP BY holder_id HAVING count(*) > 1
) AS shared
"""
_KEYS = ["whose", "key", "rule", "period_kind", "period_start"]


def of(
    cursor: Any,
    terms: Terms,
    rulebook: Rulebook,
    activities: pl.DataFrame,
    standing: pl.DataFrame,
    rules: Collection[str] | None = None,
) -> pl.DataFrame | None:
    """The core's `usage`: points and times by who shares them, rule and period, of activity outside the table `work`.

    `standing`: the awards posted for the activity in `work`, which took their part of what is shared.
    `rules`: those that are known to give anything; all when it is not said.
    """
    asked = limits.usage_periods(rulebook, activities, terms.stores, rules)
    if asked.is_empty():
        return None
    shared = pl.col("whose").is_in(budgets.SHARED)
    parts = [budgets.taken(cursor, terms, asked.filter(shared), activities, standing)]
    own = asked.filter(~shared)
    if own.height:
        parts.append(_own(cursor, terms, rulebook, activities, own))
    used = pl.concat(parts)
    return used if used.height else None


def _own(cursor: Any, terms: Terms, rulebook: Rulebook, activities: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """What members and households took, by the awards of their holders."""
    taken = _awards(cursor, terms, activities, asked)
    parts = [pl.DataFrame(schema=budgets.USAGE)]
    for rule in rulebook.limited_rules():
        mine = taken.filter(pl.col("rule") == rule.code)
        for whose, kind in rule.shares:
            if whose not in budgets.SHARED and mine.height:
                keyed = mine.with_columns(
                    pl.lit(whose).alias("whose"),
                    limits.key_of(whose, mine, terms.stores).alias("key"),
                    pl.lit(kind).alias("period_kind"),
                    limits.period_start(rulebook, rule, kind, mine.columns).alias("period_start"),
                )
                parts.append(budgets.summed(keyed))
    return pl.concat(parts).join(asked.select(_KEYS), on=_KEYS, how="semi")


def _awards(cursor: Any, terms: Terms, activities: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    family = kin.of(cursor, activities) if kin.OWN in activities.columns else None
    holders = family.holders if family else activities["holder_id"].unique().to_list()
    cursor.execute(_HOUSEHOLDS, [holders])
    in_households = family is not None or bool(cursor.fetchone()[0]) and (asked["whose"] == "member").any()
    statement = _TAKEN.format(
        membership="t.membership_id" if in_households else "NULL::bigint",
        attribution=_ATTRIBUTION if in_households else "",
    )
    values = [holders, terms.program_id, asked["rule"].unique().to_list(), asked["period_start"].min()]
    taken = frames.read(cursor, statement, _TAKEN_SCHEMA, values)
    if family:
        return family.keyed(taken)
    if in_households:
        return taken
    members = activities.select("holder_id", "membership_id").unique("holder_id")
    return taken.drop("membership_id").join(members, on="holder_id", how="left", maintain_order="left")
