"""What the ledger moves so that it shows the awards: given by the lives of each currency, taken back by its policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import polars as pl

from earning import batches, forgiveness, inactivity, lives, pending, returns
from earning.terms import Terms
from ledger import bulk, succession, wallets
from ledger.clawback import Policy
from ledger.families import Heirs
from rewards import refunds

TAKEN_BACK_AT_ONCE = 2_000
ACTOR = "system:scoring"


@dataclass(frozen=True)
class Placed:
    """The batch's activities with their local moments, and the terms of their programs."""

    activities: pl.DataFrame
    terms: dict[int, Terms]

    @property
    def currencies(self) -> list[int]:
        return [number for terms in self.terms.values() for number in terms.currencies]


WHERE: dict[str, Any] = {
    "activity_id": pl.Int64,
    "holder_id": pl.Int64,
    "program_id": pl.Int64,
    "kind": pl.UInt8,
    "event_type": pl.String,
    "membership_id": pl.Int64,
    "local_date": pl.Date,
    "zone": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
    "store_id": pl.Int64,
}


def post(cursor: Any, moves: pl.DataFrame, placed: Placed, now: datetime, heirs: Heirs) -> None:
    """Post what changed: earnings in one set-based pass, what is to be taken back in another.

    `heirs`: who stands for holders that were merged; from them comes what is to be taken back.
    """
    if moves.is_empty():
        return
    moves = moves.join(placed.activities, on=["holder_id", "activity_id"], how="left", maintain_order="left")
    policies = {
        number: cast(Policy, one.returns) for terms in placed.terms.values() for number, one in terms.currencies.items()
    }
    earned = moves.filter(pl.col("amount") > 0)
    if set(policies.values()) != {"debt"}:
        earned = forgiveness.set_off(cursor, earned)
    if earned.height:
        parts = []
        for program_id, terms in placed.terms.items():
            own = earned.filter(pl.col("program_id") == program_id)
            if own.height:
                dated = lives.add_to(own, terms.currencies, late_lives_days=terms.late_lives_days, now=now)
                dated = pending.known_deliveries(cursor, dated, terms)
                parts.append(inactivity.keep_alive(cursor, dated, terms))
        batch = pl.concat(parts).with_columns(
            pl.col("occurred_at").alias("effective_at"), pl.lit(None, dtype=pl.String).alias("cost_centre")
        )
        bulk.earn(cursor, batch.sort("holder_id", "activity_id"), now=now, actor=ACTOR)
    lost = moves.filter(pl.col("amount") < 0).with_columns(-pl.col("amount"))
    if lost.height:
        _take_back(cursor, lost, policies, now, heirs)


def _take_back(cursor: Any, lost: pl.DataFrame, policies: dict[int, Policy], now: datetime, heirs: Heirs) -> None:
    """Take back by the policy of each currency, in parts small enough not to hold wallets for long."""
    named = lost.with_columns(
        pl.col("currency_id").replace_strict(policies, default="debt", return_dtype=pl.String).alias("policy")
    )
    for (policy,), own in named.sort("holder_id", "activity_id").partition_by("policy", as_dict=True).items():
        for part in own.drop("policy").iter_slices(TAKEN_BACK_AT_ONCE):
            if heirs:
                rows = part.select("holder_id", "activity_id", "currency_id", "amount").iter_rows()
                succession.lend(cursor, heirs, rows, only_pending=policy == "pending_only", now=now)
            taken = bulk.take_back(cursor, part, now=now, actor=ACTOR, policy=cast(Policy, policy))
            forgiveness.remember(cursor, taken)


def let_live(cursor: Any, placed: Placed, now: datetime) -> None:
    """Let activity of the batch mature what waits for it, and renew what lives by it."""
    for program_id, terms in placed.terms.items():
        own = placed.activities.filter(pl.col("program_id") == program_id)
        pending.deliver_landed(cursor, own, terms, now=now, by=ACTOR)
        inactivity.renew(cursor, own, terms, now=now)


def give_back_spent(cursor: Any, batch: batches.Batch, placed: Placed, *, now: datetime) -> None:
    """Points spent on goods that came back return to their lots, before anything is taken back."""
    if not batches.may_have_returns(cursor, batch):
        return
    shares = returns.shares(cursor)
    if not shares:
        return
    holders = batch.activities["holder_id"].unique().to_list()
    # all of them now and in order: one by one, they and what follows could wait for each other in a circle
    wallets.lock(cursor, [(holder, currency) for holder in holders for currency in placed.currencies])
    for activity_id, share in sorted(shares.items()):
        refunds.give_back(cursor, activity_id=activity_id, returned=share, now=now, by=ACTOR)
