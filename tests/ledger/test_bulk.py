from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from django.db import connection, transaction

from ledger import bulk, holders, queries

pytestmark = pytest.mark.django_db
POINTS, POT = 1, 2


def frame(*rows):
    """Rows of (holder_id, activity_id, revision, currency_id, amount, available_at, expires_at)."""
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    return pl.DataFrame(
        [
            {
                "holder_id": holder, "activity_id": activity, "occurred_on": date(2026, 11, 1), "revision": revision,
                "currency_id": currency, "amount": amount, "available_at": available, "expires_at": expires,
                "effective_at": at, "store_id": None, "cost_centre": "maison/\tFR",
            }
            for holder, activity, revision, currency, amount, available, expires in rows
        ],
        schema={
            "holder_id": pl.Int64, "activity_id": pl.Int64, "occurred_on": pl.Date, "revision": pl.Int32,
            "currency_id": pl.Int32, "amount": pl.Int64, "available_at": pl.Datetime("us", "UTC"),
            "expires_at": pl.Datetime("us", "UTC"), "effective_at": pl.Datetime("us", "UTC"), "store_id": pl.Int32,
            "cost_centre": pl.String,
        },
    )  # fmt: skip


def earn(*rows, now):
    with transaction.atomic(), connection.cursor() as cursor:
        return bulk.earn(cursor, frame(*rows), now=now, actor="system")


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
