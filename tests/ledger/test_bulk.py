from datetime import timedelta

import polars as pl
import pytest
from django.db import connection, transaction

from ledger import bulk, holders, queries
from tests.ledger import frames
from tests.ledger.frames import earn

pytestmark = pytest.mark.django_db
POINTS, POT = 1, 2


def test_earning_makes_lots_pending_available_and_never_expiring(now):
    one, two = sorted(holders.open(2, now=now))
    past, soon, later = now - timedelta(days=1), now + timedelta(days=3), now + timedelta(days=30, microseconds=5)
    new = earn(
        (one, 7, 1, POINTS, 100, past, later),
        (one, 7, 1, POT, 250, past, None),
        (one, 8, 1, POINTS, 40, soon, None),
        (two, 7, 1, POINTS, 5, past, past + timedelta(hours=1)),
        now=now,
    )
    assert new == 3
    points, pot = queries.balances(one, now)
    assert (points.available, points.pending, points.next_available_at) == (100, 40, soon)
    assert points.expiring == [(later, 100)]
    assert (points.lifetime_earned, pot.available, pot.expiring) == (100, 250, [])
    (dead,) = queries.balances(two, now)
    assert (dead.available, dead.pending, dead.lifetime_earned) == (0, 0, 5)
    assert [lot.remaining for lot in queries.lots(one, [POINTS], now)] == [100, 40]


def test_a_posting_that_exists_is_skipped_and_the_others_written(now):
    (holder,) = holders.open(now=now)
    assert earn((holder, 1, 1, POINTS, 10, now, None), now=now) == 1
    assert earn((holder, 1, 1, POINTS, 10, now, None), (holder, 2, 1, POINTS, 5, now, None), now=now) == 1
    assert earn((holder, 1, 1, POINTS, 10, now, None), (holder, 2, 1, POINTS, 5, now, None), now=now) == 0
    assert queries.balances(holder, now)[0].available == 15


def test_a_statement_tells_each_movement_with_its_cause(now):
    (holder,) = holders.open(now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        rows = frames.earned((holder, 7, 1, POINTS, 10, now, None), store_id=3, cost_centre="a\\b\n\t")
        bulk.earn(cursor, rows, now=now, actor="worker\t1")
    (movement,) = queries.statement(holder, [POINTS], frames.EFFECTIVE, frames.EFFECTIVE + timedelta(seconds=1))
    assert (movement.amount, movement.kind, movement.contra, movement.activity_id) == (10, "earn", "issue", 7)
    assert (movement.source_type, movement.source_id) == ("activity", 7)
    assert (movement.actor, movement.store_id, movement.effective_at) == ("worker\t1", 3, frames.EFFECTIVE)
    assert queries.statement(holder, [POINTS], frames.EFFECTIVE - timedelta(days=1), frames.EFFECTIVE) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT cost_centre FROM ledger_entry WHERE holder_id = %s", [holder])
        assert cursor.fetchone() == ("a\\b\n\t",)


def test_many_rows_keep_their_moments_to_the_microsecond(now):
    """From 500 rows on, moments are looked up instead of formatted; with fractions of a second they are not."""
    (holder,) = holders.open(now=now)
    for fraction, currency in ((0, 1), (7, 2)):
        rows = [
            (holder, n, 1, currency, 1, now + timedelta(seconds=n * 7919, microseconds=fraction),
             now + timedelta(days=400, seconds=n * 104_729) if n % 3 else None)
            for n in range(600)
        ]  # fmt: skip
        assert earn(*(row[:1] + (row[1] + 1000 * currency,) + row[2:] for row in rows), now=now) == 600
        kept = {(lot.available_at, lot.expires_at) for lot in queries.lots(holder, [currency], now)}
        assert kept == {row[5:] for row in rows}


def test_moments_of_another_type_are_refused_by_name(now):
    rows = frames.earned((1, 1, 1, POINTS, 10, now, None)).with_columns(pl.col("expires_at").cast(pl.Datetime("ms")))
    with pytest.raises(ValueError, match="expires_at must be datetime"), connection.cursor() as cursor:
        bulk.earn(cursor, rows, now=now, actor="system")


def test_an_empty_batch_is_nothing(now):
    assert earn(now=now) == 0
    assert frames.take_back(now=now) == []
