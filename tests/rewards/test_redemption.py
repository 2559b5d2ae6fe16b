"""Two phases, the same answer to the same key, and refusals in their stable order."""

from datetime import date, timedelta

import pytest

from ledger import auditing, queries
from members import cards
from members.models import Card, Membership
from rewards import queries as rewards
from rewards import redemption, refusals
from rewards.models import Redemption, Stock, Taken
from tests.rewards import shop
from tests.rewards.shop import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = NOW + redemption.HOLD_LASTS


@pytest.fixture
def camille(program):
    shop.offer(program)
    return shop.member(program, points=700)


def parts(member, now=NOW):
    points = shop.currency_id(member.program_id, "points")
    (balance,) = [one for one in queries.balances(member.holder_id, now) if one.currency_id == points]
    return balance.available, balance.held


def test_a_hold_sets_points_aside_and_confirming_spends_them(camille):
    held = camille.hold()
    assert (held.quantity, held.cost, held.lapses_at) == (1, {"points": 500}, LATER)
    assert parts(camille) == (200, 500)
    assert rewards.vouchers_of(camille.membership_id, NOW) == []
    done = camille.confirm(now=NOW + MINUTE)
    assert (done.cost, done.redemption_id) == ({"points": 500}, held.redemption_id)
    assert parts(camille) == (200, 0)
    (voucher,) = rewards.vouchers_of(camille.membership_id, NOW)
    assert done.vouchers == (voucher,)
    assert (voucher.reward_code, voucher.value, voucher.money, voucher.state) == ("minus5", 500, "EUR", "in_hand")
    assert list(auditing.differences()) == []


def test_a_hold_lapses_by_itself(camille):
    camille.hold()
    assert parts(camille, LATER - MINUTE) == (200, 500)
    assert parts(camille, LATER) == (700, 0)
    with pytest.raises(refusals.HoldLapsed):
        camille.confirm(now=LATER)
    assert camille.redeem(key="again", now=LATER).cost == {"points": 500}
    assert {row.state for row in Redemption.objects.all()} == {"lapsed", "confirmed"}
    assert list(auditing.differences()) == []


def test_a_released_hold_is_free_at_once_and_stays_released(camille):
    camille.hold()
    camille.release()
    camille.release()
    assert parts(camille) == (700, 0)
    with pytest.raises(refusals.HoldLapsed):
        camille.confirm()
    with pytest.raises(refusals.NoSuchRedemption):
        camille.release(key="another")


def test_what_was_confirmed_is_not_released(camille):
    camille.redeem()
    with pytest.raises(refusals.AlreadyConfirmed):
        camille.release()


def test_the_same_key_gets_the_same_answer_whatever_has_changed(camille, program):
    first = camille.hold()
    done = camille.confirm()
    shop.offer(program, shop.reward(code="other"))
    Membership.objects.filter(pk=camille.membership_id).update(status="closed")
    assert camille.hold(now=LATER) == first
    assert camille.confirm(now=LATER) == done
    assert camille.redeem(now=LATER) == done
    assert parts(camille) == (200, 0)
    assert Redemption.objects.count() == 1
    with pytest.raises(redemption.KeyReused):
        camille.redeem(reward="other")


def test_a_refusal_leaves_its_key_free(camille):
    with pytest.raises(refusals.InsufficientPoints) as refused:
        camille.redeem(quantity=2)
    assert (refused.value.needed, refused.value.available) == (1000, 700)
    camille.earn(300)
    assert len(camille.redeem(quantity=2).vouchers) == 2


def test_a_voucher_lives_through_whole_local_days_of_the_market(camille):
    late = NOW + timedelta(hours=13, minutes=30)  # half past midnight in Paris, the 21st
    (voucher,) = camille.redeem(now=late).vouchers
    assert voucher.expires_on == date(2026, 11, 21) + timedelta(days=60)
    last = late.replace(hour=0, minute=0) + timedelta(days=62, hours=-1)  # midnight in Paris after 20 January
    assert [one.state for one in rewards.vouchers_of(camille.membership_id, last - MINUTE)] == ["in_hand"]
    assert [one.state for one in rewards.vouchers_of(camille.membership_id, last)] == ["expired"]
    assert rewards.in_hand(camille.membership_id, last) == []


def test_a_redemption_that_names_its_receipt_is_spent_there_and_then(camille):
    (voucher,) = camille.redeem(receipt="R1").vouchers
    assert voucher.state == "used"
    assert rewards.in_hand(camille.membership_id, NOW) == []


def close(member):
    Membership.objects.filter(pk=member.membership_id).update(status="closed")


def block(member):
    cards.block(card=Card.objects.get(membership_id=member.membership_id), reason="lost", now=NOW, by="test")


REASONS = {
    "MembershipClosed": close,
    "CardBlocked": block,
    "NotOnOffer": {"code": "gone"},
    "NotEligible": {"when": {"fact": "member.age", "ge": 18}},
    "LimitReached": {"per_member": 1},
    "OutOfStock": {"stock": 1},
    "InsufficientPoints": {"cost": {"points": 5000}},
}


@pytest.mark.parametrize("name", REASONS)
def test_refusals_are_tested_in_their_stable_order(program, name):
    """Everything from this reason on is wrong: this reason is the one that is told, and nothing has changed."""
    camille = shop.member(program, points=700)
    number = Card.objects.get(membership_id=camille.membership_id).number
    wrong = list(REASONS)[list(REASONS).index(name) :]
    shop.offer(program, shop.reward(stock=1, per_member=1))
    if {"LimitReached", "OutOfStock"} & set(wrong):
        (camille if "LimitReached" in wrong else shop.member(program, points=500)).redeem(key="the last")
    document = shop.reward(stock=5, per_member=5)
    for reason in wrong:
        if isinstance(REASONS[reason], dict):
            document |= REASONS[reason]
        else:
            REASONS[reason](camille)
    shop.offer(program, document)
    before = (parts(camille), list(Stock.objects.values()), list(Taken.objects.values()), Redemption.objects.count())
    with pytest.raises(refusals.Refused) as refused:
        camille.redeem(card=number)
    assert type(refused.value).__name__ == name
    after = (parts(camille), list(Stock.objects.values()), list(Taken.objects.values()), Redemption.objects.count())
    assert after == before


def test_stock_and_limits_come_back_with_what_lapsed_or_was_released(program):
    shop.offer(program, shop.reward(stock=2, per_member=1))
    anna, bo, cleo, dan = (shop.member(program, points=500) for _ in range(4))
    anna.hold()
    bo.hold()
    with pytest.raises(refusals.OutOfStock):
        cleo.hold()
    with pytest.raises(refusals.LimitReached):
        anna.hold(key="a second")
    bo.release()
    cleo.redeem()
    with pytest.raises(refusals.OutOfStock):
        dan.hold()
    dan.redeem(now=LATER)  # anna's hold has lapsed by then
    with pytest.raises(refusals.OutOfStock):
        anna.hold(key="too late", now=LATER)
    assert Stock.objects.get().taken == 2
    assert sorted(Taken.objects.values_list("taken", flat=True)) == [0, 0, 1, 1]


def test_a_reward_that_became_limited_counts_from_then_on(program):
    anna = shop.member(program, points=2000)
    shop.offer(program)
    anna.hold()
    shop.offer(program, shop.reward(stock=1))
    anna.release()
    anna.redeem(key="the one")
    with pytest.raises(refusals.OutOfStock):
        anna.redeem(key="one more")
    shop.offer(program, shop.reward(stock=0))
    with pytest.raises(refusals.OutOfStock):
        anna.redeem(key="one more")
    shop.offer(program, shop.reward(stock=2))
    anna.redeem(key="one more")


def test_a_frozen_pot_and_a_debt_are_told_with_the_points(camille, program):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET frozen_reason = 'theft' WHERE holder_id = %s", [camille.holder_id])
        with pytest.raises(refusals.WalletFrozen):
            camille.redeem()
        cursor.execute("UPDATE ledger_wallet SET frozen_reason = '' WHERE holder_id = %s", [camille.holder_id])
    bo = shop.member(program)
    with pytest.raises(refusals.InsufficientPoints) as refused:
        bo.redeem()
    assert refused.value.available == 0


def test_the_release_rules_of_a_currency_decide_what_may_be_spent(program):
    """S44: of 10 points that go in threes, 9 can be spent; below the minimum nothing can."""
    from programs.models import Currency
    from rewards import prices

    assert prices.spendable({"multiple_of": 3}, 10) == 9
    assert prices.spendable({"minimum": 100, "multiple_of": 3}, 99) == 0
    Currency.objects.filter(program=program, code="points").update(release={"minimum": 20, "multiple_of": 3})
    shop.offer(program, shop.reward(cost={"points": 9}))
    anna = shop.member(program, points=19)
    with pytest.raises(refusals.InsufficientPoints) as refused:
        anna.redeem()
    assert refused.value.available == 0
    anna.earn(1)
    anna.redeem()
    assert anna.balance() == 11


def test_a_price_in_two_currencies_is_paid_in_both_or_in_none(program):
    shop.offer(program, shop.reward(cost={"points": 300, "pot": 250}))
    anna = shop.member(program, points=400)
    anna.earn(200, "pot")
    with pytest.raises(refusals.InsufficientPoints) as refused:
        anna.redeem()
    assert refused.value.currency_code == "pot"
    assert anna.balance() == 400
    anna.earn(50, "pot")
    assert anna.redeem().cost == {"points": 300, "pot": 250}
    assert (anna.balance(), anna.balance(currency="pot")) == (100, 0)
    assert list(auditing.differences()) == []
