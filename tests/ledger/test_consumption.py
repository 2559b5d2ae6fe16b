from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import auditing, consumption, holders
from ledger.consumption import Demand, Lots
from tests.ledger import frames

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)

ages = st.sampled_from([None, -1, 0, 1, 5, 5, 30])  # days to live; null never dies
waits = st.sampled_from([-3, -3, -3, 0, 2])  # days to maturity
supplies = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(1, 50), waits, ages), max_size=14)
wishes = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(1, 80)), max_size=10)


def reference(lots, demands):
    """One demand after another, lot by lot: [(position, lot, amount)] and what stays unmet."""
    left = {lot: amount for lot, _, _, amount, _, _, _ in lots}
    draws, unmet = [], 0
    for position, (holder, currency, amount) in enumerate(demands):
        pot = [row for row in lots if row[1:3] == (holder, currency)]
        for lot, _, _, _, matures_at, dies_at, _ in sorted(
            pot, key=lambda row: (row[5] is None, row[5] or NOW, row[6], row[0])
        ):
            if matures_at > NOW or (dies_at is not None and dies_at <= NOW):
                continue
            took = min(amount, left[lot])
            if took:
                left[lot] -= took
                amount -= took
                draws.append((position, lot, took))
        unmet += amount
    return sorted(draws), unmet


@settings(max_examples=60)
@given(supply=supplies, wanted=wishes, days=st.randoms(use_true_random=False))
def test_many_demands_in_one_statement_draw_as_one_after_another(supply, wanted, days):
    opened = sorted(holders.open(3, now=NOW))
    rows = [
        (opened[who], number, 1, currency, amount, NOW + timedelta(days=wait),
         None if age is None else NOW + timedelta(days=age), date(2026, 11, days.randint(1, 3)))
        for number, (who, currency, amount, wait, age) in enumerate(supply)
    ]  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        frames.earn(*rows, now=NOW)
        cursor.execute(
            "SELECT lot_id, holder_id, currency_id, remaining, available_at, expires_at, occurred_on FROM ledger_lot"
            " WHERE holder_id = ANY(%s)",
            [opened],
        )
        lots = cursor.fetchall()
        demands = [(opened[who], currency, amount) for who, currency, amount in wanted]
        draws = consumption.draw(
            cursor, [Demand(*demand, posting_id=1) for demand in demands], Lots.SPENDABLE,
            now=NOW, kind="spend", contra="redeem",
        )  # fmt: skip
        expected, unmet = reference(lots, demands)
        assert sorted((draw.position, draw.lot_id, draw.amount) for draw in draws) == expected
        assert sum(amount for _, _, amount in demands) - sum(draw.amount for draw in draws) == unmet
        checks = {difference.check for difference in auditing.differences(opened)}
        assert "lot remaining = sum of its entries" not in checks
        transaction.set_rollback(True)
