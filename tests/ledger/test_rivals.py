"""Many at once, each on a connection of its own: nothing is spent twice, nobody waits for ever."""

import contextlib
import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from ledger import auditing, consumption, expiry, holders, posting, queries, wallets
from loyalty import owner
from tests.ledger import frames

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
POINTS = 1
CONNECTIONS_AT_ONCE = 40  # of the hundred the server gives


def at_once(acts):
    """Run every act in a thread with its own connection; the answers, exceptions among them, in the order of acts."""
    answers = [None] * len(acts)
    gate = threading.BoundedSemaphore(CONNECTIONS_AT_ONCE)
    start = threading.Event()

    def run(place, act):
        start.wait()
        with gate:
            try:
                answers[place] = act()
            except Exception as error:
                answers[place] = error
            finally:
                connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    start.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    return answers


def rich(points=1000, lots=4):
    """A holder with `points` in several lots."""
    (holder,) = holders.open(now=NOW)
    for n in range(lots):
        posting.earn(
            holder_id=holder, currency_id=POINTS, amount=points // lots, key=f"gift {n}", now=NOW, actor="test",
            expires_at=NOW + timedelta(days=30 - n),
        )  # fmt: skip
    return holder


def spending(holder, key, amount=10):
    return lambda: posting.spend(
        holder_id=holder, currency_id=POINTS, amount=amount, key=key, now=NOW, actor="test", source_type="reward"
    )


def two_hundred_rivals():
    """The harness: 200 requests of 10 on 1,000. Returns (accepted, properly refused, points found in the end)."""
    holder = rich()
    answers = at_once([spending(holder, f"rival {n}") for n in range(200)])
    accepted = sum(isinstance(answer, posting.Spent) for answer in answers)
    refused = sum(isinstance(answer, posting.InsufficientPoints) for answer in answers)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT sum(total) FROM ledger_wallet WHERE holder_id = %(h)s),"
            " (SELECT sum(remaining) FROM ledger_lot WHERE holder_id = %(h)s),"
            " (SELECT sum(amount) FROM ledger_entry WHERE holder_id = %(h)s)",
            {"h": holder},
        )
        return accepted, refused, tuple(int(total) for total in cursor.fetchone())


def test_of_two_hundred_rivals_exactly_one_hundred_are_served():
    assert two_hundred_rivals() == (100, 100, (0, 0, 0))
    assert list(auditing.differences()) == []


@contextlib.contextmanager
def without(*constraints):
    """These CHECKs and keys taken away by the owner, and put back on emptied tables."""
    with owner.connect() as owning:
        found = owning.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = ANY(%s)",
            [list(constraints)],
        ).fetchall()
        assert len(found) == len(constraints)
        for table, name, _ in found:
            owning.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        try:
            yield
        finally:
            connection.close()
            owning.execute("SET app.allow_truncate = 'on'")
            owning.execute("TRUNCATE ledger_wallet, ledger_lot, ledger_posting, ledger_entry, ledger_debt_entry")
            for table, name, definition in found:
                owning.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


@pytest.fixture
def unlocked(monkeypatch):
    """The wallet is read but not locked, and the gap between looking and taking is widened."""
    looking = consumption.available

    def slowly(*args):
        found = looking(*args)
        time.sleep(0.02)
        return found

    monkeypatch.setattr(consumption, "available", slowly)
    monkeypatch.setattr(wallets, "_LOCK", wallets._LOCK.replace("FOR NO KEY UPDATE OF w", ""))


def test_without_the_lock_the_checks_hold_the_line_and_the_harness_notices(unlocked):
    accepted, refused, left = two_hundred_rivals()
    assert (accepted, refused) != (100, 100), "requests fail for no reason a member could be told"
    assert accepted <= 100
    assert len(set(left)) == 1
    assert left[0] >= 0


def test_without_lock_and_checks_points_are_sold_twice_and_the_harness_notices(unlocked):
    guards = (
        "ledger_wallet_balance_not_negative", "ledger_wallet_held_within_total", "ledger_lot_held_within_remaining"
    )  # fmt: skip
    with without(*guards):
        accepted, _, left = two_hundred_rivals()
        assert accepted > 100
        assert min(left) < 0


def same_key():
    """The harness: one request sent 200 times at once. Returns (different answers, postings made)."""
    holder = rich()
    answers = at_once([spending(holder, "the key")] * 200)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_posting WHERE holder_id = %s AND kind = 'spend'", [holder])
        return len({repr(answer) for answer in answers}), cursor.fetchone()[0]


def test_the_same_key_two_hundred_times_is_one_posting():
    assert same_key() == (1, 1)


def test_without_lock_and_unique_key_it_is_several_and_the_harness_notices(unlocked):
    with without("ledger_posting_once"):
        answers, postings = same_key()
        assert (answers, postings) != (1, 1)
        assert postings > 1


def test_without_the_lock_the_unique_key_holds_the_line(unlocked):
    answers, postings = same_key()
    assert answers > 1
    assert postings == 1


def test_opposite_transfers_at_once_wait_for_each_other_in_order():
    one, two = rich(), rich()

    def moving(sender, receiver, key):
        return lambda: posting.transfer(
            from_holder=sender, to_holder=receiver, currency_id=POINTS, amount=7, key=key, now=NOW, actor="test"
        )

    pairs = [(one, two, f"there {n}") for n in range(40)] + [(two, one, f"back {n}") for n in range(40)]
    answers = at_once([moving(*pair) for pair in pairs])
    assert all(isinstance(answer, posting.Transferred) for answer in answers), answers
    assert [queries.balances(holder, NOW)[0].available for holder in (one, two)] == [1000, 1000]
    assert list(auditing.differences()) == []


def test_wallets_locked_out_of_order_end_in_a_deadlock_and_the_harness_would_see_it():
    """The order of locks is what keeps the transfers above alive."""
    pots = [(rich(), POINTS), (rich(), POINTS)]
    first_locks = threading.Barrier(2)

    def crosswise(order):
        def act():
            with transaction.atomic(), connection.cursor() as cursor:
                wallets.lock(cursor, [order[0]])
                first_locks.wait(60)
                wallets.lock(cursor, [order[1]])
                return "both"

        return act

    answers = at_once([crosswise(pots), crosswise(pots[::-1])])
    (deadlock,) = [answer for answer in answers if isinstance(answer, DatabaseError)]
    assert isinstance(deadlock.__cause__, psycopg.errors.DeadlockDetected)


def test_batches_of_the_same_new_wallets_at_once_are_each_posted_once():
    """Eight workers earn for the same holders, half of them the same receipts; nobody has a wallet yet."""
    opened = holders.open(30, now=NOW)

    def batch(worker):
        rows = [(holder, worker // 2, 1, currency, 10, NOW, None) for holder in opened[worker:] for currency in (2, 1)]
        return lambda: frames.earn(*rows, now=NOW)

    answers = at_once([batch(worker) for worker in range(8)])
    assert all(isinstance(answer, int) for answer in answers), answers
    assert sum(answers) == sum(30 - worker for worker in range(0, 8, 2))
    assert sum(b.available for each in queries.balances_of(opened, NOW).values() for b in each) == sum(answers) * 20
    assert list(auditing.differences()) == []


def test_expiry_running_five_times_at_once_ends_each_lot_once():
    opened = [rich(100) for _ in range(5)]
    later = NOW + timedelta(days=28, seconds=1)
    answers = at_once([lambda: expiry.expire_due(later, 2)] * 5)
    assert sum(answers) == 10, answers
    assert [queries.balances(holder, later)[0].available for holder in opened] == [50] * 5
    assert list(auditing.differences()) == []


def test_spending_beside_returns_and_expiry_adds_up():
    holder = rich(1000)
    frames.earn((holder, 5, 1, POINTS, 200, NOW, None), now=NOW)
    later = NOW + timedelta(days=27, seconds=1)
    spends = [
        lambda n=n: posting.spend(holder_id=holder, currency_id=POINTS, amount=15, key=f"s{n}", now=later, actor="test")
        for n in range(60)
    ]
    returns = [lambda n=n: frames.take_back((holder, 5, n, POINTS, 30), now=later) for n in range(2, 12)]
    answers = at_once([*spends, *returns, *[lambda: expiry.expire_due(later)] * 5])
    odd = [
        a
        for a in answers
        if isinstance(a, Exception) and not isinstance(a, posting.InsufficientPoints | posting.InDebt)
    ]
    assert odd == []
    assert list(auditing.differences()) == []
    (balance,) = queries.balances(holder, later)
    spent = 15 * sum(isinstance(answer, posting.Spent) for answer in answers)
    assert balance.available == max(0, 950 - spent - 300)  # 250 died with the day
    assert balance.debt == max(0, spent + 300 - 950)
