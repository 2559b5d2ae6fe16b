from datetime import UTC, datetime, timedelta

import pytest

from ledger import auditing, expiry, holders, posting, queries
from tests.ledger import frames

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def holder(db):
    (opened,) = holders.open(now=NOW)
    yield opened
    assert list(auditing.differences()) == []


def left(holder, now=NOW):
    return {lot.activity_id: lot.remaining for lot in queries.lots(holder, [1], now)}


def test_own_lots_then_the_nearest_expiry_then_pending_then_debt(holder):
    frames.earn(
        (holder, 1, 1, 1, 10, NOW + DAY, NOW + 9 * DAY),  # own, pending
        (holder, 2, 1, 1, 10, NOW, None),
        (holder, 3, 1, 1, 10, NOW, NOW + 2 * DAY),
        (holder, 4, 1, 1, 10, NOW + DAY, NOW + DAY * 2),  # pending, of another
        now=NOW,
    )
    expected = [
        (5, {1: 5, 2: 10, 3: 10, 4: 10}, 0), (10, {2: 10, 3: 5, 4: 10}, 0), (10, {2: 5, 4: 10}, 0),
        (10, {4: 5}, 0), (10, {}, 5),
    ]  # fmt: skip
    for revision, (amount, lots, debt) in enumerate(expected, start=2):
        (taken,) = frames.take_back((holder, 1, revision, 1, amount), now=NOW)
        assert (taken.taken + taken.owed, taken.forgiven) == (amount, 0)
        assert left(holder) == lots
        assert queries.balances(holder, NOW)[0].debt == debt


def test_policies_that_forgive(holder):
    frames.earn((holder, 1, 1, 1, 10, NOW + DAY, None), (holder, 1, 2, 1, 10, NOW, None), now=NOW)
    (taken,) = frames.take_back((holder, 1, 3, 1, 15), now=NOW, policy="pending_only")
    assert (taken.taken, taken.owed, taken.forgiven) == (10, 0, 5)
    (taken,) = frames.take_back((holder, 1, 4, 1, 15), now=NOW, policy="within_balance")
    assert (taken.taken, taken.owed, taken.forgiven) == (10, 0, 5)
    assert frames.take_back((holder, 1, 4, 1, 15), now=NOW, policy="within_balance") == []
    assert queries.balances(holder, NOW)[0].debt == 0


@pytest.mark.parametrize("posted", [True, False])
def test_points_that_died_are_not_taken_a_second_time_whether_the_job_has_run_or_not(holder, posted):
    frames.earn((holder, 1, 1, 1, 10, NOW - 9 * DAY, NOW - DAY), (holder, 2, 1, 1, 50, NOW, None), now=NOW)
    if posted:
        assert expiry.expire_due(NOW) == 1
    answers = [frames.take_back((holder, 1, revision, 1, 8), now=NOW)[0] for revision in (2, 3)]
    assert [answer.taken for answer in answers] == [8, 8]
    expiry.expire_due(NOW)
    (balance,) = queries.balances(holder, NOW)
    assert (left(holder), balance.debt, balance.lifetime_earned) == ({2: 44}, 0, 44)


def test_what_repaid_debt_or_was_spent_is_owed_and_repaid_by_the_next_earning(holder):
    frames.earn((holder, 1, 1, 1, 30, NOW, None), now=NOW)
    posting.spend(holder_id=holder, currency_id=1, amount=30, key="s", now=NOW, actor="test")
    (taken,) = frames.take_back((holder, 1, 2, 1, 30), now=NOW)
    assert (taken.taken, taken.owed) == (0, 30)
    frames.earn((holder, 2, 1, 1, 20, NOW, None), (holder, 3, 1, 1, 20, NOW + DAY, NOW + 9 * DAY), now=NOW)
    (balance,) = queries.balances(holder, NOW)
    assert (balance.available, balance.pending, balance.debt) == (10, 0, 0)
    assert (balance.lifetime_earned, balance.lifetime_spent) == (40, 30)


def test_rows_of_one_posting_and_currency_are_one_demand(holder):
    frames.earn((holder, 1, 1, 1, 30, NOW, None), now=NOW)
    answers = frames.take_back((holder, 1, 2, 1, 5), (holder, 1, 2, 1, 6), (holder, 1, 2, 2, 1), now=NOW)
    assert [(answer.currency_id, answer.taken, answer.owed) for answer in answers] == [(1, 11, 0), (2, 0, 1)]
