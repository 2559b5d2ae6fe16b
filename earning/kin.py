"""What counts as one member's own, and as one household's, where pots were pooled, left or merged.

A member is followed through every pot she earned into, with the memberships that were merged into hers: her history
and her limits do not begin anew with another pot. A household is its holder with those it stands for. Almost nobody
ever changed pots: for a batch without any such member this is one look at a small index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from ledger import families

OWN, POOL = "own_key", "pool_key"
"""Columns of activities: what limits of a member and of a household count together (rules_engine.core.limits)."""

BUCKETS = 256
"""Few enough for one transaction to hold them all."""

JOIN = "JOIN unnest(%s::bigint[], %s::bigint[]) AS whose (membership_id, own) ON whose.membership_id = t.membership_id"
"""Behind an attribution `t`: whose own it is; takes `Kin.joined`."""

_CHANGED = """
SELECT EXISTS (SELECT FROM membership_holder WHERE until_at IS NOT NULL AND membership_id = ANY(%(memberships)s))
    OR EXISTS (SELECT FROM membership WHERE merged_into_id = ANY(%(memberships)s))
"""
_KIN = """
WITH own AS (SELECT DISTINCT coalesce(merged_into_id, id) AS id FROM membership WHERE id = ANY(%(memberships)s)),
one AS (
    SELECT id AS membership_id, id AS own FROM own
    UNION ALL SELECT m.id, m.merged_into_id FROM own JOIN membership m ON m.merged_into_id = own.id
)
SELECT one.membership_id, one.own, h.holder_id FROM one JOIN membership_holder h USING (membership_id)
"""
_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended('earning.kin', bucket))
FROM unnest(%s::bigint[]) AS bucket
"""
_BEFORE = """
SELECT DISTINCT now.holder_id, was.holder_id, was.until_at::date
FROM membership_holder was JOIN membership_holder now
  ON now.membership_id = was.membership_id AND now.holder_id <> was.holder_id
 AND (now.until_at IS NULL OR now.until_at > was.until_at)
WHERE was.until_at IS NOT NULL AND now.holder_id = ANY(%s)
"""


@dataclass(frozen=True)
class Kin:
    """`own`: membership -> the one that stands for it; `holders`: every pot they ever earned into; `pools`: an old
    holder -> the one that stands for it."""

    own: Mapping[int, int]
    holders: list[int]
    pools: Mapping[int, int]

    @property
    def joined(self) -> list[list[int]]:
        """The values of JOIN."""
        return [list(self.own), list(self.own.values())]

    def keyed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` (membership_id, holder_id) with OWN and POOL."""
        return rows.with_columns(
            pl.col("membership_id").replace(dict(self.own)).alias(OWN),
            pl.col("holder_id").replace(dict(self.pools)).alias(POOL),
        )


def of(cursor: Any, activities: pl.DataFrame) -> Kin | None:
    """The kin of the members of some activity; None where none of them ever changed pots."""
    memberships = activities["membership_id"].drop_nulls().unique().to_list()
    holders = activities["holder_id"].drop_nulls().unique().to_list()
    pools = families.heirs_around(cursor, holders)
    cursor.execute(_CHANGED, {"memberships": memberships})
    if not cursor.fetchone()[0] and not pools:
        return None
    cursor.execute(_KIN, {"memberships": memberships})
    rows = cursor.fetchall()
    own = {membership: standing for membership, standing, _ in rows}
    every = {*holders, *pools, *pools.values(), *(holder for _, _, holder in rows)}
    return Kin(own, sorted(every), pools)


def keyed(cursor: Any, activities: pl.DataFrame, *, holding: bool = False) -> pl.DataFrame:
    """`activities` with OWN and POOL where somebody's kin matters, else as they are.

    `holding`: what others score for the same members or households meanwhile waits, until the transaction ends.
    """
    found = of(cursor, activities) if activities.height else None
    if found is None:
        return activities
    told = found.keyed(activities)
    if holding:
        shared = {*told[OWN].drop_nulls(), *told[POOL].drop_nulls()}
        cursor.execute(_LOCK, [sorted({key % BUCKETS for key in shared})])
    return told


def sources_of(cursor: Any, holder_ids: Iterable[int]) -> list[tuple[int, int, date | None]]:
    """(holder, source, last day): whose activity keeps the points of these holders alive beside their own.

    Of those who became one with them, all; of pots that a member of theirs had before, until she left.
    """
    wanted = set(holder_ids)
    heirs = families.heirs_around(cursor, wanted)
    found: list[tuple[int, int, date | None]] = []
    for heir in set(heirs.values()):
        family = {heir, *(old for old, new in heirs.items() if new == heir)}
        found += [(holder, other, None) for holder in family & wanted for other in family - {holder}]
    cursor.execute(_BEFORE, [sorted(wanted)])
    known = {(holder, other) for holder, other, _ in found}
    return found + [row for row in cursor.fetchall() if row[:2] not in known]
