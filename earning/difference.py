"""Desired minus posted: which award rows to write, and what the ledger has to move so that it shows them.

Running it twice gives nothing the second time, because what is posted is part of the subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from earning import frames

KEYS = ["holder_id", "activity_id", "rule_id", "currency_id"]

_POSTED = """
SELECT award.holder_id, award.activity_id, award.rule_id, award.currency_id, award.occurred_on,
       award.rulebook_id, award.wanted, award.target, award.posted, award.revision, award.facts
FROM work CROSS JOIN LATERAL (
    SELECT * FROM award WHERE holder_id = work.holder_id AND activity_id = work.activity_id OFFSET 0
) AS award
"""
POSTED_SCHEMA: dict[str, Any] = {
    "holder_id": pl.Int64,
    "activity_id": pl.Int64,
    "rule_id": pl.Int64,
    "currency_id": pl.Int64,
    "occurred_on": pl.Date,
    "old_rulebook_id": pl.Int64,
    "old_wanted": pl.Int64,
    "old_target": pl.Int64,
    "posted": pl.Int64,
    "old_revision": pl.Int64,
    "facts": pl.String,
}
_AWARD = [*KEYS, "occurred_on", "rulebook_id", "wanted", "target", "posted", "revision", "facts"]
_CHANGED = """
CREATE TEMPORARY TABLE IF NOT EXISTS work_award (LIKE award INCLUDING DEFAULTS) ON COMMIT DELETE ROWS
"""


@dataclass(frozen=True)
class Difference:
    """`added` and `changed` are award rows as they will stand; `moves` has one row per (holder, activity, currency)
    whose sum changes: revision and amount, positive to earn, negative to take back.

    `shifts` has the rows of both with the version and the target they had before, null for new ones.
    """

    added: pl.DataFrame
    changed: pl.DataFrame
    moves: pl.DataFrame
    shifts: pl.DataFrame


def posted(cursor: Any) -> pl.DataFrame:
    """The awards that stand for the activity in the table `work`."""
    return frames.read(cursor, _POSTED, POSTED_SCHEMA)


def subtract(desired: pl.DataFrame, standing: pl.DataFrame, *, anew: bool = False) -> Difference:
    """Compare what should stand with what is posted.

    `desired`: KEYS, occurred_on, rulebook_id, wanted, target, facts. Awards that are posted and no longer
    desired get target 0. `anew`: every award is written again, for its facts were read anew.
    """
    if standing.is_empty():
        added = desired.filter(pl.col("wanted") != 0).with_columns(
            pl.col("target").alias("posted"), pl.lit(1, dtype=pl.Int64).alias("revision")
        )
        moves = _moves(added, pl.col("target"))
        return Difference(added.select(_AWARD), added.select(_AWARD).clear(), moves, _shifts(added))
    both = desired.join(standing, on=KEYS, how="full", coalesce=True, suffix="_standing").with_columns(
        pl.col("target").fill_null(0),
        pl.col("wanted").fill_null(0),
        pl.col("posted").fill_null(0).alias("already"),
        pl.coalesce("occurred_on", "occurred_on_standing").alias("occurred_on"),
        # what no version wants any more keeps the version that gave it
        pl.coalesce("rulebook_id", "old_rulebook_id").alias("rulebook_id"),
        # those of desired are the kept ones, and what its version reads besides
        pl.coalesce("facts", "facts_standing").alias("facts"),
        (pl.col("old_revision").max().over("holder_id", "activity_id").fill_null(0) + 1).alias("revision"),
    )
    delta = pl.col("target") - pl.col("already")
    both = both.with_columns(pl.col("target").alias("posted"))
    is_new = pl.col("old_revision").is_null()
    differs = (pl.col("target") != pl.col("old_target")) | (pl.col("wanted") != pl.col("old_wanted"))
    added = both.filter(is_new & (pl.col("wanted") != 0))
    changed = both.filter(~is_new & (differs | (pl.col("already") != pl.col("target")) | pl.lit(anew)))
    moving = pl.concat([added, changed])
    return Difference(added.select(_AWARD), changed.select(_AWARD), _moves(moving, delta), _shifts(moving))


def _shifts(awards: pl.DataFrame) -> pl.DataFrame:
    unknown = [name for name in ("old_rulebook_id", "old_target") if name not in awards.columns]
    return awards.select(
        *KEYS, "rulebook_id", "target", *(name for name in ("old_rulebook_id", "old_target") if name not in unknown)
    ).with_columns(pl.lit(None, dtype=pl.Int64).alias(name) for name in unknown)


def _moves(awards: pl.DataFrame, delta: pl.Expr) -> pl.DataFrame:
    return (
        awards.group_by("holder_id", "activity_id", "currency_id", maintain_order=True)
        .agg(pl.col("revision").max(), delta.sum().alias("amount"), pl.col("occurred_on").first())
        .filter(pl.col("amount") != 0)
    )


def write(cursor: Any, difference: Difference) -> None:
    """Write the award rows. The ledger's movements are posted by the caller, in the same transaction."""
    if difference.added.height:
        frames.write(cursor, difference.added.sort("holder_id", "activity_id"), "award", _AWARD)
    if difference.changed.height:
        cursor.execute(_CHANGED)
        cursor.execute("DELETE FROM pg_temp.work_award")
        frames.write(cursor, difference.changed, "work_award", _AWARD)
        cursor.execute(
            "UPDATE award SET rulebook_id = new.rulebook_id, wanted = new.wanted,"
            " target = new.target, posted = new.posted, revision = new.revision,"
            " taken_back = award.taken_back + greatest(award.posted - new.posted, 0),"
            " facts = coalesce(award.facts || new.facts, new.facts, award.facts)"
            " FROM work_award AS new WHERE award.holder_id = new.holder_id AND award.activity_id = new.activity_id"
            " AND award.rule_id = new.rule_id AND award.currency_id = new.currency_id"
        )
