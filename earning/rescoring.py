"""Scoring again on purpose: shown first, let by another person, then run; resumable, and never twice.

`preview` says what would change: members, points, money, who gets how much more or less. `approve` is another person's
word. `run` does it a chunk of holders at a time and may be cut off anywhere and called again.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
from django.db import transaction

from audit import trail
from earning import replays, summary
from earning.models import Rescore, RescoreHolder
from earning.scopes import Scope, correction, from_document, of_member, of_receipts, replay
from members import queries as members
from programs import queries as programs
from programs.models import Program

__all__ = [
    "NotApproved", "NothingInScope", "SamePerson", "Scope", "approve", "correction", "of_member", "of_receipts",
    "preview", "replay", "run", "withdraw",
]  # fmt: skip

_EDGES = (None, -1000, -100, -10, 0, 1, 10, 100, 1000, None)
_PATIENCE = 30  # looks at holders that a worker has, before the rest is left for the next run


class NothingInScope(Exception):
    """No member's activity is in the scope."""


class SamePerson(Exception):
    """Whoever asked for a re-scoring does not approve it."""


class NotApproved(Exception):
    """It is not in the state that this needs; the message says in which it is."""


def preview(*, program: Program, scope: Scope, now: datetime, by: str, reason: str = "") -> Rescore:
    """Work out and keep what scoring this scope again would change; nothing else is written. Raises NothingInScope."""
    holders = replays.holders_of(program.pk, scope)
    if not holders:
        raise NothingInScope(str(scope.as_document()))
    found = list(replays.changes(program.pk, scope, holders))
    moves = pl.concat(found).filter(pl.col("amount") != 0)
    by_holder = moves.group_by("holder_id", "currency_id").agg(pl.col("amount").sum())
    currencies = programs.currencies_of(program.pk)
    codes = {currency.id: currency.code for currency in currencies}
    points = {codes[key]: {"given": given, "taken": taken} for key, (given, taken) in replays.sums(moves).items()}
    with transaction.atomic():
        row = Rescore.objects.create(
            program_id=program.pk, scope=scope.as_document(), reason=reason, state=Rescore.State.PREVIEWED,
            holders=len(holders), activities=sum(count for _, count in holders),
            members=by_holder.filter(pl.col("amount") != 0)["holder_id"].n_unique(),
            points=points,
            money=_money(program, by_holder, currencies),
            histogram=_histogram(by_holder.filter(pl.col("currency_id") == currencies[0].id)["amount"].to_list()),
            created_at=now, created_by=by,
        )  # fmt: skip
        RescoreHolder.objects.bulk_create(
            [RescoreHolder(holder_id=holder, rescore_id=row.pk, activities=count) for holder, count in holders],
            batch_size=5000,
        )
        _tell("rescore.previewed", row, now, by, members=row.members, points=row.points, reason=reason)
    return row


def approve(*, preview_id: int, now: datetime, by: str) -> Rescore:
    """Let a re-scoring run. Raises SamePerson, NotApproved when it is not waiting for that."""
    with transaction.atomic():
        row = Rescore.objects.select_for_update().get(pk=preview_id)
        if row.state != Rescore.State.PREVIEWED:
            raise NotApproved(f"it is {row.state} already")
        if by == row.created_by:
            raise SamePerson(by)
        row.state, row.approved_at, row.approved_by = Rescore.State.APPROVED, now, by
        row.save(update_fields=["state", "approved_at", "approved_by"])
        _tell("rescore.approved", row, now, by)
    return row


def withdraw(*, preview_id: int, now: datetime, by: str) -> Rescore:
    """Let it rest; what a run has done stands. Raises NotApproved when it is done."""
    with transaction.atomic():
        row = Rescore.objects.select_for_update().get(pk=preview_id)
        if row.state in (Rescore.State.DONE, Rescore.State.WITHDRAWN):
            raise NotApproved(f"it is {row.state} already")
        row.state = Rescore.State.WITHDRAWN
        row.save(update_fields=["state"])
        _tell("rescore.withdrawn", row, now, by)
    return row


def run(
    *, preview_id: int, now: datetime, by: str, clock: Callable[[], datetime] | None = None,
    progress: Callable[[int, int], None] | None = None, at_once: int = 0,
) -> Rescore:  # fmt: skip
    """Do what was approved, or what is left of it; the row as it then stands. Raises NotApproved.

    `clock` is asked before each chunk, for leases that a long run needs (constantly `now` unless given); `progress`
    hears (holders done, holders); `at_once` is about how many activities a chunk has. Holders that stay with a worker,
    or are set aside, leave it unfinished: run it again.
    """
    row = Rescore.objects.get(pk=preview_id)
    if row.state == Rescore.State.DONE:
        return row
    if row.state != Rescore.State.APPROVED:
        raise NotApproved(f"it is {row.state}")
    scope = from_document(row.scope)
    after, tries = 0, 0
    while chunk := _next(row.pk, after, at_once):
        if not Rescore.objects.filter(pk=row.pk, state=Rescore.State.APPROVED).exists():
            break  # withdrawn meanwhile
        done = replays.do(row.pk, row.program_id, scope, chunk, now=clock() if clock else now)
        after = chunk[-1]
        tries = 0 if done else tries + 1
        if tries >= _PATIENCE:
            break
        if not done:
            time.sleep(0.1)
        if progress is not None:
            progress(Rescore.objects.values_list("done_holders", flat=True).get(pk=row.pk), row.holders)
    return _finish(row.pk, clock() if clock else now, by)


def _next(rescore_id: int, after: int, at_once: int) -> list[int]:
    """The next holders, from the first again after the last."""
    chunk = replays.open_chunk(rescore_id, after, at_once)
    return replays.open_chunk(rescore_id, 0, at_once) if after and not chunk else chunk


def _finish(rescore_id: int, now: datetime, by: str) -> Rescore:
    with transaction.atomic():
        row = Rescore.objects.select_for_update().get(pk=rescore_id)
        left = RescoreHolder.objects.filter(rescore_id=rescore_id, done_at=None).exists()
        if row.state == Rescore.State.APPROVED and not left:
            row.state, row.done_at = Rescore.State.DONE, now
            row.save(update_fields=["state", "done_at"])
            codes = {str(one.id): one.code for one in programs.currencies_of(row.program_id)}
            moved = {codes[key]: {"given": given, "taken": taken} for key, (given, taken) in row.moved.items()}
            _tell("rescore.done", row, now, by, points=moved)
    return row


def _money(program: Program, by_holder: pl.DataFrame, currencies: list[programs.Currency]) -> dict[str, int]:
    """Market -> minor units the program would owe more (or less), by the values of points there."""
    markets = {market.code: market.currency for market in programs.markets_of(program.pk)}
    home = {holder: code for code, holders in members.holders_by_market(program.pk).items() for holder in holders}
    known = {currency.id: currency for currency in currencies}
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for holder, currency_id, amount in by_holder.select("holder_id", "currency_id", "amount").iter_rows():
        market = home.get(holder)
        if market in markets:
            owed[market] += summary.worth(known[currency_id], amount, market, markets[market])
    return {market: int(amount) for market, amount in sorted(owed.items())}


def _histogram(amounts: list[int]) -> list[dict[str, Any]]:
    """How many members get how much more or less, in half-open steps of the smallest unit."""
    bins = list(zip(_EDGES, _EDGES[1:], strict=False))
    counts = Counter(
        next(
            at
            for at, (low, high) in enumerate(bins)
            if (low is None or amount >= low) and (high is None or amount < high)
        )
        for amount in amounts
    )
    return [{"from": low, "until": high, "members": counts[at]} for at, (low, high) in enumerate(bins) if counts[at]]


def _tell(action: str, row: Rescore, now: datetime, by: str, **data: Any) -> None:
    trail.record(action=action, actor=by, obj=("rescore", row.pk), at=now, data={"scope": row.scope, **data})
