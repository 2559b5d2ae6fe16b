"""How activity becomes points, on one page.

    claim holders -> read what their marks name -> the rulebook of each moment -> facts -> score (pure)
      -> subtract what is already posted -> post the difference -> clear the marks

One database transaction a batch; a batch of one is the same code. The row is the queue: a mark that was
never nudged is found by the next pass, a worker that dies leaves nothing half done.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl
import structlog
from django.db import connection, transaction

from earning import batches, budgets, claims, difference, facts, heirs, kin, movements, rounds, standing, usage
from earning.marks import BUCKETS
from earning.movements import WHERE, Placed
from earning.terms import Judged, Terms
from rules_engine.core import scoring

BATCH = 10_000

log = structlog.get_logger(__name__)
_products = batches.Products()


@dataclass(frozen=True)
class Worked:
    """What one pass did: holders and activities scored, awards written, movements posted; or what went wrong."""

    holders: int = 0
    activities: int = 0
    awards: int = 0
    moves: int = 0
    failed: str = ""


def work(*, now: datetime, first_bucket: int | None = None, limit: int = BATCH) -> Worked | None:
    """Claim and score one batch of about `limit` activities; None when nothing waits.

    An error gives the holders back and is told in `failed`; holders that go on failing are set aside.
    """
    start = random.randrange(BUCKETS) if first_bucket is None else first_bucket  # spreads workers, decides nothing
    claimed = claims.claim(now=now, first_bucket=start, limit=limit)
    if claimed is None:
        return None
    if claimed.set_aside is not None:
        log.error("holder set aside", holder_id=claimed.set_aside)
        return Worked(failed="set aside")
    try:
        with transaction.atomic():
            return _score(claimed, now=now, limit=limit)
    except Exception as error:
        claims.fail(claimed.token, now=now, error=error)
        log.exception("scoring failed", holders=len(claimed.holder_ids))
        return Worked(holders=len(claimed.holder_ids), failed=f"{type(error).__name__}: {error}")


def drain(*, clock: Callable[[], datetime], first_bucket: int | None = None, until: datetime | None = None) -> Worked:
    """Work until nothing waits, or until the moment `until`. Returns the sums."""
    total = Worked()
    while True:
        now = clock()
        if until is not None and now >= until:
            return total
        done = work(now=now, first_bucket=first_bucket)
        if done is None:
            return total
        total = Worked(
            total.holders + done.holders,
            total.activities + done.activities,
            total.awards + done.awards,
            total.moves + done.moves,
            done.failed or total.failed,
        )


def _score(claimed: claims.Claimed, *, now: datetime, limit: int) -> Worked:
    holders = claims.fence(claimed.token)
    if not holders:
        return Worked()  # the lease ran out and another worker has them
    with connection.cursor() as wrapper:
        cursor = wrapper.cursor
        batch = batches.read(cursor, holders, limit=max(limit, 1))
        change = settle(cursor, batch, now=now)
        batches.clear_marks(cursor)
    claims.finish(claimed.token)
    return Worked(len(holders), batch.activities.height, change.added.height, change.moves.height)


def settle(cursor: Any, batch: batches.Batch, *, now: datetime, anew: bool = False) -> difference.Difference:
    """Let the awards and the pots show what the activity in the table `work` should have; what that changed.

    The caller holds the claims of its holders. The same again changes nothing. `anew`: facts that were kept with the
    awards are read again, as if all had arrived on time (an approved replay alone does so).
    """
    change, placed = compare(cursor, batch, anew=anew, holding=True)
    difference.write(cursor, change)
    for terms in placed.terms.values():
        budgets.take(cursor, terms, change.shifts, placed.activities)
    with heirs.standing_in(cursor, batch.holders, placed.currencies, now=now) as successors:
        movements.give_back_spent(cursor, batch, placed, now=now)
        movements.post(cursor, change.moves, placed, now, successors)
        movements.let_live(cursor, placed, now)
    for program_id in batch.programs:
        standing.follow(cursor, program_id, batch.holders_of(program_id), now)
    # what else follows from what was posted belongs here: challenges
    return change


def compare(
    cursor: Any, batch: batches.Batch, *, anew: bool = False, holding: bool = False
) -> tuple[difference.Difference, Placed]:
    """What should stand, less what is posted. Writes nothing; `holding` keeps others from what is shared meanwhile."""
    standing = difference.posted(cursor)
    kept = standing.with_columns(pl.lit(None, dtype=pl.String).alias("facts")) if anew else standing
    desired, placed = _desired(cursor, batch, kept, holding)
    return difference.subtract(desired, standing, anew=anew), placed


def _desired(cursor: Any, batch: batches.Batch, standing: pl.DataFrame, holding: bool) -> tuple[pl.DataFrame, Placed]:
    """What should stand for every activity of the batch, as award rows. Writes nothing."""
    parts: list[pl.DataFrame] = []
    placed: list[pl.DataFrame] = []
    batch = replace(batch, activities=kin.keyed(cursor, batch.activities, holding=holding))
    every: dict[int, Terms] = {}
    for program_id in batch.programs:
        terms = every[program_id] = Terms(program_id)
        activities = facts.local_moments(batch.of_program(program_id), terms)
        placed += [activities, facts.local_moments(batch.left_of(program_id), terms)]
        judgements = list(terms.judge(terms.eligible(activities)))
        if holding:
            budgets.hold(cursor, terms, judgements)
        parts += rounds.scored(cursor, terms, judgements, partial(_awards, cursor, terms, standing))
    where = pl.concat([pl.DataFrame(schema=WHERE), *(one.select(WHERE.keys()) for one in placed)])
    return (pl.concat(parts) if parts else _no_awards()), Placed(where, every)


def _awards(cursor: Any, terms: Terms, standing: pl.DataFrame, judged: Judged) -> pl.DataFrame:
    """Score one version's activity and name rules and currencies by their numbers."""
    read = facts.assemble(cursor, judged.activities, judged.rulebook, terms, _products)
    read = facts.as_kept(read, standing, judged.rulebook)
    read = facts.with_usage(read, usage.of(cursor, terms, judged.rulebook, read.activities, standing))
    awards = scoring.score(judged.rulebook, read).awards
    kept = facts.to_keep(read.activities, judged.rulebook)
    return (
        awards.join(kept, on="activity_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("rule").replace_strict(terms.rule_ids, return_dtype=pl.Int64).alias("rule_id"),
            pl.col("currency").replace_strict(terms.currency_ids, return_dtype=pl.Int64).alias("currency_id"),
            pl.lit(judged.version.id, dtype=pl.Int64).alias("rulebook_id"),
        )
        .rename({"granted": "target"})
        .select(_no_awards().columns)
    )


def _no_awards() -> pl.DataFrame:
    whole = ["holder_id", "activity_id", "rule_id", "currency_id", "rulebook_id", "wanted", "target"]
    return pl.DataFrame(schema={**dict.fromkeys(whole, pl.Int64), "occurred_on": pl.Date, "facts": pl.String})
