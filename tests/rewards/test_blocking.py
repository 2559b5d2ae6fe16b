"""A card is blocked while points are spent: the spend was there before, or it sees the block. Never after."""

import threading

import pytest
from django.db import connection, transaction

from ledger import auditing, posting
from members import cards, hooks
from members.models import Card
from rewards import redemption, refusals
from rewards.models import Voucher
from tests import waiting
from tests.ledger.test_rivals import at_once
from tests.rewards import shop

pytestmark = pytest.mark.django_db(transaction=True)
NOW = shop.NOW


def card_of(member):
    return Card.objects.get(membership_id=member.membership_id, status="active")


def aside(act):
    """Run `act` in another thread; its answer or what it raised is in the list given back once it is joined."""
    answers = []

    def run():
        try:
            answers.append(act())
        except Exception as refused:
            answers.append(refused)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, answers


def block(card):
    return cards.block(card=card, reason="lost", now=NOW, by="t")


def test_a_block_waits_for_a_spend_that_has_begun(program):
    """A spend that locks nothing but its pot: without the lock on pots the block is over before it."""
    anna = shop.member(program, points=500)
    with transaction.atomic():
        posting.spend(
            holder_id=anna.holder_id, currency_id=shop.currency_id(program.pk, "points"), amount=500, key="s", now=NOW,
            actor="t",
        )  # fmt: skip
        thread, answers = aside(lambda: block(card_of(anna)))
        waiting.until_somebody_waits()
        assert answers == []
    thread.join()
    assert answers[0].status == "blocked"
    assert anna.balance() == 0


def test_a_redemption_that_comes_during_a_block_sees_it(program):
    shop.offer(program)
    anna = shop.member(program, points=500)
    number = card_of(anna).number
    with transaction.atomic():
        block(card_of(anna))
        thread, answers = aside(lambda: anna.redeem(card=number))
        waiting.until_somebody_waits()
    thread.join()
    assert isinstance(answers[0], refusals.CardBlocked)
    assert anna.balance() == 500


def test_of_a_block_and_many_redemptions_no_spend_comes_after_the_block(program):
    shop.offer(program)
    anna = shop.member(program, points=5_000)
    card = card_of(anna)
    acts = [lambda n=n: anna.redeem(key=f"k{n}", card=card.number) for n in range(10)]
    answers = at_once([*acts[:5], lambda: block(card), *acts[5:]])
    names = [type(answer).__name__ for answer in answers]
    assert set(names) <= {"Redeemed", "Card", "CardBlocked"}, answers
    assert Voucher.objects.count() == names.count("Redeemed")
    assert anna.balance() == 5_000 - 500 * names.count("Redeemed")
    with pytest.raises(refusals.CardBlocked):
        anna.redeem(key="after", card=card.number)
    assert list(auditing.differences()) == []


def test_what_was_set_aside_is_let_go_and_never_confirmed(program):
    shop.offer(program, shop.reward(stock=1))
    anna = shop.member(program, points=500)
    anna.hold(card=card_of(anna).number)
    assert anna.balance() == 0
    block(card_of(anna))
    assert anna.balance() == 500
    with pytest.raises(redemption.HoldLapsed):
        anna.confirm()
    bo = shop.member(program, points=500)
    assert bo.redeem().quantity == 1  # the stock is there again
    assert list(auditing.differences()) == []


def test_a_lost_card_is_blocked_a_new_one_is_there_and_the_points_stay(program, monkeypatch):
    told = []
    monkeypatch.setattr(hooks, "on_happened", [*hooks.on_happened, told.append])
    anna = shop.member(program, points=500)
    old = card_of(anna)
    told.clear()  # of her joining
    new = cards.lose(card=old, reason=cards.STOLEN, now=NOW, by="member:anna")
    old.refresh_from_db()
    assert (old.status, old.reason, new.status, new.kind) == ("blocked", "stolen", "active", "virtual")
    assert anna.balance() == 500
    assert [one.what for one in told] == ["card_blocking", "card_blocked"]
    assert told[1].values == {"ending": old.number[-4:], "reason": "stolen"}
    with pytest.raises(cards.CardNotActive):
        cards.lose(card=old, reason=cards.LOST, now=NOW, by="member:anna")
    assert Card.objects.filter(membership_id=anna.membership_id).count() == 2


def test_without_the_lock_on_pots_a_block_is_over_before_the_spend(program, monkeypatch):
    """Mutant: the block that holds no pot still. It does not wait, so that the test above would notice."""
    monkeypatch.setattr(cards.stilling, "hold_still", lambda **said: None)
    anna = shop.member(program, points=500)
    with transaction.atomic():
        posting.spend(
            holder_id=anna.holder_id, currency_id=shop.currency_id(program.pk, "points"), amount=500, key="s", now=NOW,
            actor="t",
        )  # fmt: skip
        thread, answers = aside(lambda: block(card_of(anna)))
        thread.join()
        assert answers[0].status == "blocked"  # while the spend is under way
