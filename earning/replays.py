"""The work of a re-scoring, a chunk of holders at a time: first compared only, later let be so.

A chunk is one transaction under the claims of its holders, so that no worker scores them meanwhile, and says in the
same transaction that they are done: killed anywhere, it goes on where it stopped, and nothing is given twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection, transaction

from earning import batches, claims, journey
from earning.models import Rescore, RescoreHolder
from earning.scopes import Scope
from ledger.succession import SucceededMeanwhile

AT_ONCE = 10_000  # activities; a holder is never parted

_HOLDERS = """
SELECT t.holder_id, count(*) FROM attribution AS t
WHERE t.program_id = %(program)s AND t.ended_at IS NULL AND t.holder_id IS NOT NULL AND {chosen}
GROUP BY t.holder_id ORDER BY t.holder_id
"""
_WORK = """
SELECT t.holder_id, t.activity_id, t.occurred_on FROM attribution AS t
WHERE t.program_id = %(program)s AND t.ended_at IS NULL AND t.holder_id = ANY(%(holders)s) AND {chosen}
"""
_OPEN = """
SELECT holder_id, activities FROM rescore_holder
WHERE rescore_id = %s AND done_at IS NULL AND holder_id > %s ORDER BY holder_id LIMIT 2000
"""
_STILL_OPEN = """
SELECT holder_id FROM rescore_holder
WHERE rescore_id = %s AND holder_id = ANY(%s) AND done_at IS NULL ORDER BY holder_id FOR UPDATE
"""

Sums = dict[int, tuple[int, int]]  # currency id -> (given, taken)


def holders_of(program_id: int, scope: Scope) -> list[tuple[int, int]]:
    """(holder_id, number of activities) of a scope, in order of holders."""
    chosen, values = scope.chosen()
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS.format(chosen=chosen), {"program": program_id, **values})
        return [(int(holder), int(count)) for holder, count in cursor.fetchall()]


def changes(program_id: int, scope: Scope, holders: Iterable[tuple[int, int]]) -> Iterator[pl.DataFrame]:
    """What a run would move, chunk by chunk: holder_id, activity_id, currency_id, amount. Nothing is written."""
    for chunk in _chunks(holders, AT_ONCE):
        with transaction.atomic(), connection.cursor() as wrapper:
            batch = _read(wrapper.cursor, program_id, scope, chunk)
            change, _ = journey.compare(wrapper.cursor, batch, anew=scope.anew)
        yield change.moves.select("holder_id", "activity_id", "currency_id", "amount")


def open_chunk(rescore_id: int, after: int, at_once: int = 0) -> list[int]:
    """The next holders a run has still to do, about `at_once` (AT_ONCE) activities of them."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [rescore_id, after])
        return next(_chunks(cursor.fetchall(), at_once or AT_ONCE), [])


def do(rescore_id: int, program_id: int, scope: Scope, holder_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Score these holders' part of the scope again; those done. Holders that a worker has are left for later."""
    claimed = claims.claim_these(holder_ids, now=now)
    if not claimed.holder_ids:
        return []
    try:
        with transaction.atomic(), connection.cursor() as wrapper:
            cursor = wrapper.cursor
            held = claims.fence(claimed.token)
            cursor.execute(_STILL_OPEN, [rescore_id, held])
            mine = [holder for (holder,) in cursor.fetchall()]
            if mine:
                change = journey.settle(cursor, _read(cursor, program_id, scope, mine), now=now, anew=scope.anew)
                _note(rescore_id, mine, sums(change.moves), now)
            claims.finish(claimed.token)
    except SucceededMeanwhile as error:  # as if a worker had them: left for later
        claims.fail(claimed.token, now=now, error=error)
        return []
    except Exception as error:
        claims.fail(claimed.token, now=now, error=error)
        raise
    return held


def sums(moves: pl.DataFrame) -> Sums:
    """What moves come to by currency, given and taken apart."""
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for currency_id, amount in moves.select("currency_id", "amount").iter_rows():
        found[currency_id][amount < 0] += abs(amount)
    return {number: (given, taken) for number, (given, taken) in found.items()}


def _note(rescore_id: int, holders: list[int], moved: Sums, now: datetime) -> None:
    RescoreHolder.objects.filter(rescore_id=rescore_id, holder_id__in=holders).update(done_at=now)
    row = Rescore.objects.select_for_update().get(pk=rescore_id)
    for currency_id, (given, taken) in moved.items():
        so_far = row.moved.get(str(currency_id), [0, 0])
        row.moved[str(currency_id)] = [so_far[0] + given, so_far[1] + taken]
    row.done_holders += len(holders)
    row.save(update_fields=["done_holders", "moved"])


def _read(cursor: Any, program_id: int, scope: Scope, holders: Sequence[int]) -> batches.Batch:
    chosen, values = scope.chosen()
    return batches.read_chosen(
        cursor, _WORK.format(chosen=chosen), {"program": program_id, "holders": list(holders), **values}
    )


def _chunks(holders: Iterable[tuple[int, int]], at_once: int) -> Iterator[list[int]]:
    chunk: list[int] = []
    size = 0
    for holder_id, count in holders:
        if chunk and size + count > at_once:
            yield chunk
            chunk, size = [], 0
        chunk.append(holder_id)
        size += count
    if chunk:
        yield chunk
