"""Many at once: nothing is taken twice, and what the database refuses it refuses by name."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from ledger import auditing
from rewards import counting, redemption, refusals
from rewards.models import Redemption, Stock, Taken, Voucher
from tests.ledger.test_rivals import at_once
from tests.rewards import shop

pytestmark = pytest.mark.django_db(transaction=True)
NOW = shop.NOW


def test_of_two_rivals_one_gets_the_last_item(program):
    shop.offer(program, shop.reward(stock=1))
    anna, bo = shop.member(program, points=500), shop.member(program, points=500)
    answers = at_once([anna.redeem, bo.redeem])
    assert sorted(type(answer).__name__ for answer in answers) == ["OutOfStock", "Redeemed"]
    assert Voucher.objects.count() == 1


def test_of_two_hundred_rivals_sixty_get_the_stock_and_one_member_no_more_than_the_limit(program):
    shop.offer(program, shop.reward(stock=60, per_member=15))
    members = [shop.member(program, points=25_000) for _ in range(5)]
    acts = [lambda member=member, n=n: member.redeem(key=f"k{n}") for n in range(40) for member in members]
    answers = at_once(acts)
    taken = [answer for answer in answers if isinstance(answer, redemption.Redeemed)]
    refused = [answer for answer in answers if isinstance(answer, refusals.LimitReached | refusals.OutOfStock)]
    assert (len(taken), len(refused)) == (60, 140), {repr(answer) for answer in answers}
    assert Stock.objects.get().taken == Voucher.objects.count() == 60
    assert max(Taken.objects.values_list("taken", flat=True)) <= 15
    assert sum(member.balance() for member in members) == 125_000 - 60 * 500
    assert list(auditing.differences()) == []


def test_of_two_hundred_rivals_for_one_pot_as_many_are_served_as_it_pays(program):
    shop.offer(program)
    anna = shop.member(program, points=2_600)
    answers = at_once([lambda n=n: anna.redeem(key=f"k{n}") for n in range(200)])
    names = [type(answer).__name__ for answer in answers]
    assert (names.count("Redeemed"), names.count("InsufficientPoints")) == (5, 195), set(names)
    assert anna.balance() == 100


def test_the_same_key_at_once_gets_one_answer(program):
    shop.offer(program)
    anna = shop.member(program, points=5_000)
    answers = at_once([anna.redeem] * 40)
    assert len({repr(answer) for answer in answers}) == 1
    assert Redemption.objects.count() == Voucher.objects.count() == 1


def test_confirm_release_and_lapse_at_once_resolve_a_hold_once(program):
    shop.offer(program, shop.reward(stock=5))
    anna = shop.member(program, points=5_000)
    for turn in range(15):
        key = f"k{turn}"
        anna.hold(key=key)
        late = NOW + redemption.HOLD_LASTS if turn % 3 == 0 else NOW
        acts = [lambda: anna.confirm(key=key), lambda: anna.release(key=key), lambda: anna.release(key=key, now=late)]  # noqa: B023
        at_once(acts)
        anna.earn(500)
        row = Redemption.objects.order_by("-redemption_id").first()
        assert row.state in ("confirmed", "released", "lapsed")
        assert Voucher.objects.filter(redemption_id=row.redemption_id).count() == (row.state == "confirmed")
        if Stock.objects.get().taken == 5:
            break
    assert Stock.objects.get().taken == Redemption.objects.filter(state="confirmed").count()
    assert list(auditing.differences()) == []


def test_without_the_guard_the_check_refuses_to_oversell(program, monkeypatch):
    """Mutant: the conditional update without its condition. The table's own check holds the line."""
    monkeypatch.setattr(counting, "_TAKE_STOCK", counting._TAKE_STOCK.split("AND taken")[0])
    shop.offer(program, shop.reward(stock=1))
    anna = shop.member(program, points=5_000)
    anna.redeem()
    with pytest.raises(IntegrityError, match="reward_never_oversold"):
        anna.redeem(key="another")
    assert Stock.objects.get().taken == 1


def test_without_the_guard_the_check_refuses_more_than_the_limit(program, monkeypatch):
    statement = counting._TAKE_SHARE.replace("WHERE EXCLUDED.allowed IS NULL OR t.taken", "WHERE true OR t.taken")
    monkeypatch.setattr(counting, "_TAKE_SHARE", statement)
    shop.offer(program, shop.reward(per_member=1))
    anna = shop.member(program, points=5_000)
    anna.redeem()
    with pytest.raises(IntegrityError, match="reward_taken_within_limit"):
        anna.redeem(key="another")


def test_what_is_resolved_stays_so(program):
    shop.offer(program)
    anna = shop.member(program, points=5_000)
    anna.redeem()
    with pytest.raises(IntegrityError, match="confirmed already"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE redemption SET state = 'released', resolved_at = %s", [NOW + timedelta(days=1)])
    with pytest.raises(IntegrityError, match="captured already"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_hold SET state = 'open', resolved_at = NULL, posting_id = NULL")
