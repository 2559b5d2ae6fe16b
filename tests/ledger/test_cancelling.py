"""What was given by hand is turned round whole, once, while all of it is still there."""

from datetime import timedelta

import pytest

from ledger import auditing, cancelling, freezing, holding, posting, queries
from ledger.models import Posting
from tests.ledger.test_posting import NOW, hold, holder, spend  # noqa: F401

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def given(holder, amount, **more):  # noqa: F811
    posted = posting.adjust(
        holder_id=holder, currency_id=1, amount=amount, key=f"{amount} by hand", now=NOW, actor="user:1", **more
    )
    return posted.posting_id


def cancel(holder, posting_id, now=LATER):  # noqa: F811
    return cancelling.cancel(holder_id=holder, posting_id=posting_id, now=now, actor="user:2")


def left(holder, now=LATER):  # noqa: F811
    return [(pot.available, pot.debt) for pot in queries.balances(holder, now)]


def test_a_gift_goes_out_of_its_own_lot_and_only_once(holder):  # noqa: F811
    first, second = given(holder, 100), given(holder, 30, cost_centre="reason:goodwill")
    done = cancel(holder, second)
    assert (cancel(holder, second), left(holder)) == (done, [(100, 0)])
    assert Posting.objects.get(posting_id=done).reverses == second
    assert [lot.remaining for lot in queries.lots(holder, [1], LATER)] == [100]
    cancel(holder, first)
    assert left(holder) == [(0, 0)] and list(auditing.differences()) == []


def test_what_is_not_all_there_is_not_cancelled(holder):  # noqa: F811
    spent = given(holder, 100)
    spend(holder, 1)
    held = given(holder, 50)
    taken = hold(holder, 120)
    dead = given(holder, 7, expires_at=NOW + timedelta(minutes=1))
    for posting_id, available in ((spent, 0), (held, 29), (dead, 0)):
        with pytest.raises(posting.InsufficientPoints) as refused:
            cancel(holder, posting_id)
        assert refused.value.available == available
    holding.release(holder_id=holder, hold_id=taken.hold_id, now=LATER)
    freezing.freeze(holder_id=holder, currency_ids=[1], reason="looked into", now=LATER, by="user:1")
    assert cancel(holder, held), "staff's hand, frozen or not"
    assert list(auditing.differences()) == []


def test_a_spending_a_debit_and_an_earning_are_not_cancelled(holder):  # noqa: F811
    earned = posting.earn(holder_id=holder, currency_id=1, amount=90, key="e", now=NOW, actor="t").posting_id
    spent = spend(holder, 10).posting_id
    debited = given(holder, -5)
    for posting_id in (earned, spent, debited, 4):
        with pytest.raises(cancelling.NotCancellable):
            cancel(holder, posting_id)
    assert left(holder) == [(75, 0)]
