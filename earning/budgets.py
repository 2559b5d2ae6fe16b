"""Limits that many holders share, and budgets: a row for each rule, share and period says what is taken of it.

First come, first served at posting. The worker that scores a batch holds the rows its activity may reach, in one
order everybody keeps to, from before it reads them until its transaction ends; so no two ever give the same points.
A row begins at nothing when a shared limit is first reached for: what was given before it was published is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from earning import frames
from earning.terms import Judged, Terms, rulebook_of
from rules_engine.core import limits
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Rule, Share

SHARED = ("banner", "program")
USAGE: dict[str, Any] = {
    "whose": pl.String,
    "key": pl.String,
    "rule": pl.String,
    "period_kind": pl.String,
    "period_start": pl.Date,
    "points": pl.Int64,
    "times": pl.Int64,
}
_KEYS = ["whose", "key", "rule", "period_kind", "period_start"]
_ROW = ["rule_id", "whose", "key", "period_kind", "period_start"]

_MAKE = """
INSERT INTO rule_usage (rule_id, whose, key, period_kind, period_start, points, times)
SELECT rule_id, whose, key, period_kind, period_start, 0, 0
FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::date[])
  AS asked (rule_id, whose, key, period_kind, period_start)
ORDER BY rule_id, whose, key, period_kind, period_start
ON CONFLICT DO NOTHING
"""
_READ = """
SELECT u.whose, u.key, rule.code, u.period_kind, u.period_start, u.points, u.times
FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::date[])
  AS asked (rule_id, whose, key, period_kind, period_start)
JOIN rule_usage AS u USING (rule_id, whose, key, period_kind, period_start)
JOIN rule ON rule.id = u.rule_id
"""
_LOCK = """
SELECT 1 FROM rule_usage AS u
WHERE (rule_id, whose, key, period_kind, period_start) IN (
  SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::date[])
)
ORDER BY rule_id, whose, key, period_kind, period_start FOR UPDATE OF u
"""
_TAKE = """
UPDATE rule_usage AS u
SET points = greatest(0, u.points + asked.points), times = greatest(0, u.times + asked.times)
FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::date[], %s::bigint[], %s::bigint[])
  AS asked (rule_id, whose, key, period_kind, period_start, points, times)
WHERE (u.rule_id, u.whose, u.key, u.period_kind, u.period_start)
  = (asked.rule_id, asked.whose, asked.key, asked.period_kind, asked.period_start)
"""


def hold(cursor: Any, terms: Terms, judgements: Iterable[Judged]) -> None:
    """Hold every row this activity may take from until the transaction ends. Waits for who holds one."""
    asked = [
        limits.usage_periods(judged.rulebook, judged.activities, terms.stores)
        for judged in judgements
        if _shares(judged.rulebook)
    ]
    if not asked:
        return
    rows = _numbered(pl.concat(asked).filter(pl.col("whose").is_in(SHARED)).unique(), terms)
    if rows.height:
        _hold(cursor, rows)


def _hold(cursor: Any, rows: pl.DataFrame) -> None:
    cursor.execute(_MAKE, _columns(rows, _ROW))
    cursor.execute(_LOCK, _columns(rows, _ROW))


def _shares(rulebook: Rulebook | None) -> bool:
    rules = rulebook.limited_rules() if rulebook is not None else []
    return any(whose in SHARED for rule in rules for whose, _ in rule.shares)


def taken(
    cursor: Any, terms: Terms, asked: pl.DataFrame, activities: pl.DataFrame, standing: pl.DataFrame
) -> pl.DataFrame:
    """What of the asked for rows is taken by other activity: all there is less what `standing` awards took."""
    if asked.is_empty():
        return pl.DataFrame(schema=USAGE)
    rows = _numbered(asked, terms)
    used = frames.read(cursor, _READ, USAGE, _columns(rows, _ROW))
    names = {"old_rulebook_id": "rulebook_id", "old_target": "target"}
    given = _parts(standing.drop("rulebook_id", strict=False).rename(names), activities, terms)
    if given.is_empty():
        return used
    own = given.select(*_KEYS, -pl.col("points"), -pl.col("times"))
    left = summed(pl.concat([used, own.select(list(USAGE))])).with_columns(
        pl.col("points", "times").clip(lower_bound=0)
    )
    return left.join(used.select(_KEYS), on=_KEYS, how="semi")


def take(cursor: Any, terms: Terms, shifts: pl.DataFrame, activities: pl.DataFrame) -> None:
    """Write what changed awards now take, and give back what they no longer do.

    `shifts`: holder_id, activity_id, rule_id, rulebook_id, target, old_rulebook_id and old_target (null for new ones).
    """
    versions = {*shifts["rulebook_id"].to_list(), *shifts["old_rulebook_id"].to_list()}
    if not any(_shares(rulebook_of(terms, version)) for version in versions if version is not None):
        return
    placed = activities.join(
        terms.stores.with_row_index("store").select("store_id", "store"), on="store_id", how="left"
    )
    now = _parts(shifts, placed, terms)
    before = shifts.drop("rulebook_id", "target").rename({"old_rulebook_id": "rulebook_id", "old_target": "target"})
    gone = _parts(before, placed, terms).with_columns(-pl.col("points"), -pl.col("times"))
    moved = summed(pl.concat([now, gone])).filter((pl.col("points") != 0) | (pl.col("times") != 0))
    if moved.height:
        rows = _numbered(moved, terms)
        _hold(cursor, rows)
        cursor.execute(_TAKE, _columns(rows, [*_ROW, "points", "times"]))


def summed(keyed: pl.DataFrame) -> pl.DataFrame:
    """Points and times by share; rows without `times` count as one each."""
    if "times" not in keyed.columns:
        keyed = keyed.with_columns(pl.lit(1, dtype=pl.Int64).alias("times"))
    return keyed.group_by(_KEYS, maintain_order=True).agg(pl.col("points", "times").sum()).select(list(USAGE))


def _parts(awards: pl.DataFrame, activities: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """What awards take of what is shared, by the version that gave them."""
    parts = [pl.DataFrame(schema=USAGE)]
    for version in awards["rulebook_id"].unique().drop_nulls().sort():
        rulebook = rulebook_of(terms, version)
        if rulebook is None or not _shares(rulebook):
            continue
        own = pl.col("rulebook_id") == version
        given = awards.filter(own & (pl.col("target") > 0)).select("holder_id", "activity_id", "rule_id", "target")
        where = activities.select("holder_id", "activity_id", "local_date", "store")
        placed = given.join(where, on=["holder_id", "activity_id"]).rename({"target": "points"})
        parts += [
            _keyed(placed, rulebook, rule, share, terms) for rule in rulebook.limited_rules() for share in rule.shares
        ]
    return summed(pl.concat(parts))


def _keyed(placed: pl.DataFrame, rulebook: Rulebook, rule: Rule, share: Share, terms: Terms) -> pl.DataFrame:
    whose, kind = share
    mine = placed.filter(pl.col("rule_id") == terms.rule_ids.get(rule.code, -1))
    if whose not in SHARED or mine.is_empty():
        return pl.DataFrame(schema=USAGE)
    return summed(
        mine.with_columns(
            pl.lit(whose).alias("whose"),
            limits.key_of(whose, mine, terms.stores).alias("key"),
            pl.lit(rule.code).alias("rule"),
            pl.lit(kind).alias("period_kind"),
            limits.period_start(rulebook, rule, kind, mine.columns).alias("period_start"),
        )
    )


def _numbered(keyed: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    return keyed.with_columns(pl.col("rule").replace_strict(terms.rule_ids, return_dtype=pl.Int64).alias("rule_id"))


def _columns(rows: pl.DataFrame, names: list[str]) -> list[list[Any]]:
    return [rows[name].to_list() for name in names]
