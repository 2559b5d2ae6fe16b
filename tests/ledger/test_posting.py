from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from ledger import auditing, expiry, holders, holding, idempotency, posting, queries
from tests.ledger import frames

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
TO_THE_SECOND = timedelta(seconds=1)


@pytest.fixture
def holder(db):
    (opened,) = holders.open(now=NOW)
    return opened


@pytest.fixture(autouse=True)
def everything_adds_up(db):
    yield
    assert list(auditing.differences()) == []


def give(holder, amount, key="gift", **dates):
    return posting.earn(
        holder_id=holder, currency_id=1, amount=amount, key=key, now=NOW, actor="user:1", **dates
    )  # fmt: skip


def spend(holder, amount, key="reward", now=NOW, **more):
    return posting.spend(
        holder_id=holder, currency_id=1, amount=amount, key=key, now=now, actor="user:1", **more
    )  # fmt: skip


def hold(holder, amount, key="hold"):
    lapses_at = NOW + timedelta(days=9)
    return holding.hold(
        holder_id=holder, currency_id=1, amount=amount, key=key, lapses_at=lapses_at, now=NOW, actor="test"
    )


def test_points_are_spendable_from_their_first_to_before_their_last_moment(holder):
    matures, dies = NOW + timedelta(days=1), NOW + timedelta(days=2)
    give(holder, 100, available_at=matures, expires_at=dies)
    for moment in (matures - TO_THE_SECOND, dies):
        with pytest.raises(posting.InsufficientPoints) as refused:
            spend(holder, 1, key=str(moment), now=moment)
        assert refused.value.available == 0
    spend(holder, 40, key="first", now=matures)
    spend(holder, 60, key="last", now=dies - TO_THE_SECOND)


def test_a_refused_spend_writes_nothing_and_leaves_its_key_free(holder):
    give(holder, 10)
    with pytest.raises(posting.InsufficientPoints):
        spend(holder, 11)
    assert [row.amount for row in queries.statement(holder, [1], NOW, NOW + TO_THE_SECOND)] == [10]
    assert spend(holder, 10).draws[0][1] == 10


def test_a_repeated_key_answers_as_before_and_another_request_under_it_is_refused(holder):
    first = give(holder, 50)
    assert give(holder, 50) == first
    spent = spend(holder, 20)
    assert spend(holder, 20, now=NOW + timedelta(days=9)) == spent
    for amount, more in ((21, {}), (20, {"contra": "breakage"}), (20, {"fingerprint": b"x" * 32})):
        with pytest.raises(posting.KeyReused):
            spend(holder, amount, **more)
    (other,) = holders.open(now=NOW)
    sent = posting.transfer(
        from_holder=holder, to_holder=other, currency_id=1, amount=5, key="t", now=NOW, actor="user:1"
    )
    again = posting.transfer(
        from_holder=holder, to_holder=other, currency_id=1, amount=5, key="t", now=NOW, actor="user:1"
    )
    assert again == sent
    assert queries.balances(other, NOW)[0].available == 5


def test_a_frozen_wallet_lets_nothing_out_but_what_staff_corrects(holder):
    give(holder, 50)
    (other,) = holders.open(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET frozen_reason = 'audit' WHERE holder_id = %s", [holder])
    with pytest.raises(posting.WalletFrozen, match="audit"):
        spend(holder, 1)
    with pytest.raises(posting.WalletFrozen):
        posting.transfer(from_holder=holder, to_holder=other, currency_id=1, amount=1, key="t", now=NOW, actor="x")
    give(holder, 5, key="still earns")
    posting.adjust(holder_id=holder, currency_id=1, amount=-5, key="a", now=NOW, actor="user:1")


def test_in_debt_nothing_is_spent_unless_allowed_and_a_transfer_repays_nothing(holder):
    frames.take_back((holder, 1, 1, 1, 30), now=NOW)
    (friend,) = holders.open(now=NOW)
    give(friend, 50)
    posting.transfer(from_holder=friend, to_holder=holder, currency_id=1, amount=20, key="t", now=NOW, actor="x")
    (balance,) = queries.balances(holder, NOW)
    assert (balance.available, balance.debt) == (20, 30)
    with pytest.raises(posting.InDebt) as refused:
        spend(holder, 5)
    assert refused.value.debt == 30
    spend(holder, 5, debt_allowed=True)
    assert give(holder, 100).repaid == 30
    (balance,) = queries.balances(holder, NOW)
    assert (balance.available, balance.debt, balance.lifetime_earned, balance.lifetime_spent) == (85, 0, 70, 5)


def test_goodwill_repays_too_but_lots_dead_on_arrival_do_not(holder):
    frames.take_back((holder, 1, 1, 1, 30), now=NOW)
    frames.earn((holder, 2, 1, 1, 100, NOW - timedelta(days=3), NOW), now=NOW)
    assert queries.balances(holder, NOW)[0].debt == 30
    answer = posting.adjust(holder_id=holder, currency_id=1, amount=10, key="g", now=NOW, actor="user:1")
    assert (answer.repaid, queries.balances(holder, NOW)[0].debt) == (10, 20)
    assert expiry.expire_due(NOW) == 1


def test_what_is_held_is_not_spent_and_does_not_expire_until_it_is_let_go(holder):
    dies = NOW + timedelta(days=1)
    give(holder, 100, expires_at=dies)
    held = hold(holder, 30)
    (balance,) = queries.balances(holder, NOW)
    assert (balance.available, balance.held) == (70, 30)
    with pytest.raises(posting.InsufficientPoints):
        spend(holder, 71)
    assert [expiry.expire_due(dies - TO_THE_SECOND), expiry.expire_due(dies), expiry.expire_due(dies)] == [0, 1, 0]
    holding.release(holder_id=holder, hold_id=held.hold_id, now=dies)
    assert [expiry.expire_due(dies), expiry.expire_due(dies)] == [1, 0]
    amounts = [row.amount for row in queries.statement(holder, [1], dies, dies + TO_THE_SECOND)]
    assert sorted(amounts) == [-70, -30]


def test_a_lot_that_dies_before_it_matures_is_kept_and_never_spendable(holder):
    give(holder, 10, available_at=NOW + timedelta(days=14), expires_at=NOW + timedelta(days=2))
    frames.earn((holder, 1, 1, 1, 10, NOW + timedelta(days=14), NOW + timedelta(days=2)), now=NOW)
    assert queries.balances(holder, NOW)[0].pending == 20
    assert queries.balances(holder, NOW + timedelta(days=2))[0].available == 0
    assert expiry.expire_due(NOW + timedelta(days=2)) == 2


@pytest.mark.parametrize("amount", [0, -5])
def test_amounts_are_positive(holder, amount):
    for act in (give, spend):
        with pytest.raises(ValueError, match="positive"):
            act(holder, amount)
    with pytest.raises(ValueError, match="positive"):
        frames.earn((holder, 1, 1, 1, amount, NOW, None), now=NOW)
    with pytest.raises(ValueError, match="positive"):
        frames.take_back((holder, 1, 1, 1, amount), now=NOW)


def test_nobody_transfers_to_oneself(holder):
    with pytest.raises(ValueError, match="two holders"):
        posting.transfer(from_holder=holder, to_holder=holder, currency_id=1, amount=1, key="t", now=NOW, actor="x")


def test_a_key_of_ours_reads_as_its_cause_and_never_meets_a_clients():
    packed = idempotency.of_cause(idempotency.Cause.TAKE_BACK, 1234, 7)
    assert str(packed) == "00020000-0007-8000-8000-000000001234"
    assert packed.version == 8
    assert idempotency.of_client("k").version == 5
    large = idempotency.of_cause(idempotency.Cause.EARN, 10**15, 1)
    assert large.version == 5
    assert large != idempotency.of_cause(idempotency.Cause.TAKE_BACK, 10**15, 1)


def test_a_column_of_keys_is_the_same_as_one_by_one():
    for numbers in ([0, 5, 10**15 - 1], [0, 10**15, 2**62]):
        rows = frames.earned(*[(1, number, 3, 1, 1, NOW, None) for number in numbers])
        column = rows.select(idempotency.column(idempotency.Cause.EARN, "activity_id", "revision", rows))["idem"]
        assert column.to_list() == [idempotency.of_cause(idempotency.Cause.EARN, number, 3).hex for number in numbers]
