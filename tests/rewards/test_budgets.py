"""What everybody together may take of a reward: never more than its budget, whoever asks at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from ledger import auditing
from ledger.models import Hold
from members.models import Membership
from programs.terms import NoTerms
from rewards import catalogue, counting, lapsing, queries, redemption, refusals, tasks
from rewards.models import Redemption, Spent, Stock, Taken
from tests.ledger.test_rivals import at_once
from tests.rewards import shop

pytestmark = pytest.mark.django_db
NOW = shop.NOW


def spent(unit="amount"):
    return Spent.objects.get(unit=unit).spent


def left(member):
    membership = Membership.objects.select_related("member", "home_store").get(pk=member.membership_id)
    (choice,) = queries.choices_of(membership, channel="web", now=NOW)
    return choice.left


def test_vouchers_of_five_euros_are_given_while_twelve_euros_last(program):
    shop.offer(program, shop.reward(budget={"amount": "12.00"}))
    anna, bo = shop.member(program, points=5_000), shop.member(program, points=100)
    assert left(anna) == 2
    anna.redeem()
    with pytest.raises(refusals.BudgetSpent):
        anna.redeem(key="two", quantity=2)
    assert spent() == 500
    anna.redeem(key="three")
    assert (spent(), left(anna)) == (1_000, 0)
    with pytest.raises(refusals.BudgetSpent):  # before the points are looked at
        bo.redeem(key="four")
    assert anna.balance() == 4_000


def test_a_budget_of_points_counts_what_they_cost_and_both_hold(program):
    shop.offer(program, shop.reward(budget={"points": 1_200, "amount": "5.00"}))
    anna = shop.member(program, points=5_000)
    anna.redeem()
    with pytest.raises(refusals.BudgetSpent):
        anna.redeem(key="two")
    assert (spent("points"), spent("amount")) == (500, 500), "neither is taken where one is short"
    shop.offer(program, shop.reward(budget={"points": 1_200}))
    anna.redeem(key="two")
    with pytest.raises(refusals.BudgetSpent):
        anna.redeem(key="three")
    assert spent("points") == 1_000


def test_limit_and_stock_are_told_before_the_budget(program):
    shop.offer(program, shop.reward(budget={"amount": "5.00"}, stock=1, per_member=1))
    anna, bo = shop.member(program, points=5_000), shop.member(program, points=5_000)
    anna.redeem()
    with pytest.raises(refusals.LimitReached):
        anna.redeem(key="two")
    with pytest.raises(refusals.OutOfStock):
        bo.redeem()
    shop.offer(program, shop.reward(budget={"amount": "5.00"}, stock=9))
    with pytest.raises(refusals.BudgetSpent):
        bo.redeem()


def test_what_is_released_or_lapses_goes_back_to_the_budget(program):
    shop.offer(program, shop.reward(budget={"amount": "15.00", "points": 700}))
    anna, bo = shop.member(program, points=5_000), shop.member(program, points=5_000)
    anna.hold()
    with pytest.raises(refusals.BudgetSpent):
        bo.hold()
    anna.release()
    assert (spent(), spent("points")) == (0, 0)
    anna.hold(key="again")
    late = NOW + redemption.HOLD_LASTS
    bo.redeem(now=late)  # frees what Anna left lying
    assert (spent(), spent("points")) == (500, 500)
    with pytest.raises(refusals.BudgetSpent):
        anna.hold(key="third", now=late)


def test_a_budget_lowered_below_what_is_spent_gives_nothing_more(program):
    shop.offer(program, shop.reward(budget={"amount": "20.00"}))
    anna = shop.member(program, points=5_000)
    anna.redeem(quantity=2)
    shop.offer(program, shop.reward(budget={"amount": "5.00"}))
    with pytest.raises(refusals.BudgetSpent):
        anna.redeem(key="two")
    shop.offer(program, shop.reward(budget={"amount": "15.00"}))
    anna.redeem(key="two")
    assert spent() == 1_500
    assert catalogue.documents_of(program)[0]["budget"] == {"amount": 15}


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        ({}, "rewards[0].budget: a budget needs an amount or points"),
        ({"amount": "1.005"}, "rewards[0].budget.amount: EUR has 2 decimals"),
        ({"points": 0}, "rewards[0].budget.points: must be between 1"),
        ({"times": 5}, "rewards[0].budget.times: unknown key"),
    ],
)
def test_a_budget_that_says_nothing_is_refused_by_name(program, budget, told):
    with pytest.raises(NoTerms) as refused:
        shop.offer(program, shop.reward(budget=budget))
    assert told in str(refused.value)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_of_three_workers_at_once_one_gets_what_is_left(self, program):
        shop.offer(program, shop.reward(budget={"amount": "35.00"}))
        members = [shop.member(program, points=50_000) for _ in range(3)]

        def work(member):
            return [_try(member, key=f"k{n}") for n in range(20)]

        answers = [answer for told in at_once([lambda one=one: work(one) for one in members]) for answer in told]
        assert sorted({str(answer) for answer in answers}) == ["BudgetSpent", "taken"]
        assert answers.count("taken") == 7
        assert spent() == 3_500
        assert sum(member.balance() for member in members) == 150_000 - 7 * 500

    def test_without_the_condition_the_check_refuses_to_overspend(self, program, monkeypatch):
        """Mutant: the conditional update without its condition. The table's own check holds the line."""
        monkeypatch.setattr(counting, "_TAKE_BUDGET", counting._TAKE_BUDGET.split("AND spent")[0])
        shop.offer(program, shop.reward(budget={"amount": "5.00"}))
        anna = shop.member(program, points=5_000)
        anna.redeem()
        with pytest.raises(IntegrityError, match="reward_budget_never_overspent"):
            anna.redeem(key="two")

    def test_confirming_and_lapsing_at_once_resolve_a_hold_once(self, program):
        shop.offer(program, shop.reward(budget={"amount": "50.00"}, stock=10, per_member=10))
        anna = shop.member(program, points=5_000)
        for n in range(10):
            anna.hold(key=f"k{n}")
        late = NOW + redemption.HOLD_LASTS
        sweep = [lambda: lapsing.lapse_due(now=late)] * 3
        at_once([*sweep, *(lambda n=n: anna.confirm(key=f"k{n}") for n in range(10))])
        lapsing.lapse_due(now=late)
        confirmed = Redemption.objects.filter(state="confirmed").count()
        assert Redemption.objects.filter(state="held").count() == 0
        assert (spent(), Stock.objects.get().taken, Taken.objects.get().taken) == (
            500 * confirmed, confirmed, confirmed,
        )  # fmt: skip
        assert list(auditing.differences()) == []


def _try(member, key):
    try:
        member.redeem(key=key)
    except refusals.Refused as refused:
        return type(refused).__name__
    return "taken"


class TestSweep:
    def test_what_was_held_too_long_is_written_down_in_batches_and_cut_off_goes_on(self, program, monkeypatch):
        monkeypatch.setattr(counting, "AT_ONCE", 2)
        shop.offer(program, shop.reward(stock=9), shop.reward(code="other", stock=9))
        anna = shop.member(program, points=50_000)
        for n in range(5):
            anna.hold(key=f"k{n}")
        anna.hold("other", key="other")
        anna.hold("other", key="later", now=NOW + timedelta(minutes=10))
        late = NOW + redemption.HOLD_LASTS
        turns = iter([True, True, False])
        assert lapsing.lapse_due(now=late, goes_on=lambda: next(turns, False)) == 4
        assert Hold.objects.filter(state="open").count() == 7, "the points wait for the rest"
        assert lapsing.lapse_due(now=late) == 2
        assert lapsing.lapse_due(now=late) == 0
        assert [row.taken for row in Stock.objects.order_by("reward__position")] == [0, 1]
        assert Hold.objects.filter(state="open").count() == 1
        row = Redemption.objects.filter(state="lapsed").first()
        assert (row.resolved_at, row.resolved_by) == (row.lapses_at, None)
        assert list(auditing.differences()) == []

    def test_the_beat_lets_holds_lapse(self, program, monkeypatch):
        shop.offer(program, shop.reward(stock=9))
        shop.member(program, points=5_000).hold()
        monkeypatch.setattr("audit.clock.now", lambda: NOW + redemption.HOLD_LASTS)
        tasks.lapse()
        tasks.lapse()
        assert Redemption.objects.get().state == "lapsed"
