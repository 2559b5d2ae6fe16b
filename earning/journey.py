"""How activity becomes points, on one page.

    claim holders -> read what their marks name -> the rulebook of each moment -> facts -> score (pure)
      -> subtract what is already posted -> post the difference -> clear the marks

One database transaction a batch; a batch of one is the same code. The row is the queue: a mark that was
never nudged is found by the next pass, a worker that dies leaves nothing half done.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import polars as pl
import structlog
from django.db import connection, transaction

from earning import batches, claims, difference, facts, forgiveness, lives, usage
from earning.marks import BUCKETS
from earning.terms import Judged, Terms
from ledger import bulk
from ledger.clawback import Policy
from programs import queries as programs
from rules_engine.core import scoring

BATCH = 10_000
TAKEN_BACK_AT_ONCE = 2_000
ACTOR = "system:scoring"

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
        standing = difference.posted(cursor)
        desired, placed = _desired(cursor, batch, standing)
        change = difference.subtract(desired, standing)
        difference.write(cursor, change)
        _post(cursor, change.moves, placed, now)
        batches.clear_marks(cursor)
    claims.finish(claimed.token)
    return Worked(len(holders), batch.activities.height, change.added.height, change.moves.height)


@dataclass(frozen=True)
class Placed:
    """The batch's activities with their local moments, and the terms of their programs."""

    activities: pl.DataFrame
    terms: dict[int, Terms]


_WHERE: dict[str, Any] = {
    "activity_id": pl.Int64,
    "holder_id": pl.Int64,
    "program_id": pl.Int64,
    "local_date": pl.Date,
    "zone": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
    "store_id": pl.Int64,
}


def _desired(cursor: Any, batch: batches.Batch, standing: pl.DataFrame) -> tuple[pl.DataFrame, Placed]:
    """What should stand for every activity of the batch, as award rows."""
    parts: list[pl.DataFrame] = []
    placed: list[pl.DataFrame] = []
    every: dict[int, Terms] = {}
    for program_id in batch.programs:
        terms = every[program_id] = Terms(program_id)
        activities = facts.local_moments(batch.of_program(program_id), terms)
        placed.append(activities)
        for judged in terms.judge(terms.eligible(activities)):
            parts.append(_awards(cursor, judged, terms, standing))
    where = pl.concat([pl.DataFrame(schema=_WHERE), *(one.select(_WHERE.keys()) for one in placed)])
    return (pl.concat(parts) if parts else _no_awards()), Placed(where, every)


def _awards(cursor: Any, judged: Judged, terms: Terms, standing: pl.DataFrame) -> pl.DataFrame:
    """Score one version's activity and name rules and currencies by their numbers."""
    read = facts.assemble(cursor, judged.activities, judged.rulebook, terms, _products)
    read = facts.as_kept(read, standing, judged.rulebook)
    read = facts.with_usage(read, usage.of(cursor, terms.program_id, judged.rulebook, read.activities))
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


def _post(cursor: Any, moves: pl.DataFrame, placed: Placed, now: datetime) -> None:
    """Post what changed: earnings in one set-based pass, what is to be taken back in another."""
    if moves.is_empty():
        return
    moves = moves.join(placed.activities, on=["holder_id", "activity_id"], how="left", maintain_order="left")
    policies = _policies(moves, placed)
    earned = moves.filter(pl.col("amount") > 0)
    if set(policies.values()) != {"debt"}:
        earned = forgiveness.set_off(cursor, earned)
    if earned.height:
        parts = []
        for program_id, terms in placed.terms.items():
            own = earned.filter(pl.col("program_id") == program_id)
            if own.height:
                parts.append(lives.add_to(own, terms.currencies, late_lives_days=terms.late_lives_days, now=now))
        batch = pl.concat(parts).with_columns(
            pl.col("occurred_at").alias("effective_at"), pl.lit(None, dtype=pl.String).alias("cost_centre")
        )
        bulk.earn(cursor, batch.sort("holder_id", "activity_id"), now=now, actor=ACTOR)
    lost = moves.filter(pl.col("amount") < 0).with_columns(-pl.col("amount"))
    if lost.height:
        _take_back(cursor, lost, policies, now)


def _policies(moves: pl.DataFrame, placed: Placed) -> dict[int, Policy]:
    """What each currency does when not all can be taken back."""
    known = {number: one for terms in placed.terms.values() for number, one in terms.currencies.items()}
    # activity that is somebody else's now has no terms of its own in the batch
    strange = [number for number in moves["currency_id"].unique().to_list() if number not in known]
    policies = programs.returns_policies(strange) if strange else {}
    return {number: cast(Policy, one.returns) for number, one in known.items()} | cast(dict[int, Policy], policies)


def _take_back(cursor: Any, lost: pl.DataFrame, policies: dict[int, Policy], now: datetime) -> None:
    """Take back by the policy of each currency, in parts small enough not to hold wallets for long."""
    named = lost.with_columns(
        pl.col("currency_id").replace_strict(policies, default="debt", return_dtype=pl.String).alias("policy")
    )
    for (policy,), own in named.sort("holder_id", "activity_id").partition_by("policy", as_dict=True).items():
        for part in own.drop("policy").iter_slices(TAKEN_BACK_AT_ONCE):
            taken = bulk.take_back(cursor, part, now=now, actor=ACTOR, policy=cast(Policy, policy))
            forgiveness.remember(cursor, taken)
