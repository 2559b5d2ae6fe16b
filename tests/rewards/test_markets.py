"""A reward worth euros in France and dollars in America: price, worth and budget of the market where it is spent."""

from datetime import timedelta

import pytest

from members.models import Membership
from programs.terms import NoTerms
from rewards import catalogue, queries, refusals, using
from rewards.markets import ThereTerms
from rewards.models import Spent, Voucher
from tests.rewards import shop

pytestmark = pytest.mark.django_db
NOW = shop.NOW
THERE = {"cost": {"points": 600}, "value": {"amount": "6.00"}}


def put(program, there, *rewards):
    said = {"US": {"minus5": ThereTerms.model_validate(there)}} if there is not None else {}
    return catalogue.put(program=program, documents=rewards or [shop.reward()], there=said, now=NOW, by="t")


def given():
    return [(row.amount, row.money) for row in Voucher.objects.order_by("voucher_id")]


def spent():
    return dict(Spent.objects.values_list("unit", "spent"))


def test_what_holds_is_the_market_where_it_is_spent(program):
    put(program, THERE)
    anna, ben = shop.member(program, points=5_000), shop.member(program, points=5_000, market_code="US")
    anna.redeem()
    ben.redeem()
    assert (anna.balance(), ben.balance(), given()) == (4_500, 4_400, [(500, "EUR"), (600, "USD")])
    anna.redeem(key="there", market="US")
    assert (anna.balance(), given()[-1]) == (3_900, (600, "USD"))
    put(program, None)
    with pytest.raises(refusals.NotOnOffer):
        anna.redeem(key="nowhere", market="US")
    membership = Membership.objects.select_related("member", "home_store").get(pk=ben.membership_id)
    assert queries.choices_of(membership, channel="web", now=NOW) == [], "in another money it is said or not on offer"


def test_a_screen_shows_the_price_of_the_market(program):
    put(program, THERE)
    ben = shop.member(program, points=5_000, market_code="US")
    membership = Membership.objects.select_related("member", "home_store").get(pk=ben.membership_id)
    (hers,) = queries.choices_of(membership, channel="web", now=NOW)
    (here,) = queries.choices_of(membership, channel="store", now=NOW, where="FR")
    assert (hers.cost, hers.value, hers.money) == ({"points": 600}, 600, "USD")
    assert (here.cost, here.value, here.money) == ({"points": 500}, 500, "EUR")


def test_a_budget_is_of_one_money_and_comes_back_to_it(program):
    reward = shop.reward(budget={"amount": "10.00", "points": 2_000})
    put(program, {**THERE, "budget": {"amount": "6.00"}}, reward)
    anna, ben = shop.member(program, points=9_000), shop.member(program, points=9_000, market_code="US")
    anna.redeem()
    ben.hold(key="held")
    assert spent() == {"amount": 500, "amount:US": 600, "points": 1_100}
    with pytest.raises(refusals.BudgetSpent):
        ben.redeem(key="more")
    anna.redeem(key="second")
    ben.release(key="held")
    assert spent() == {"amount": 1_000, "amount:US": 0, "points": 1_000}
    ben.hold(key="again")
    later = NOW + timedelta(hours=1)
    ben.redeem(key="after it lapsed", now=later)
    assert spent() == {"amount": 1_000, "amount:US": 600, "points": 1_600}


def test_the_worth_is_fixed_when_it_is_held(program):
    put(program, THERE)
    ben = shop.member(program, points=5_000, market_code="US")
    ben.hold()
    Membership.objects.filter(pk=ben.membership_id).update(market_code="FR")
    put(program, {**THERE, "value": {"amount": "9.00"}})
    ben.confirm()
    assert given() == [(600, "USD")]


def test_a_till_takes_no_voucher_of_another_money(program):
    put(program, THERE)
    code = shop.member(program, points=5_000).redeem().vouchers[0].code
    with pytest.raises(refusals.OtherMoney, match="EUR"):
        using.use(program_id=program.pk, code=code, now=NOW, by="t", money="USD")
    assert using.use(program_id=program.pk, code=code, now=NOW, by="t", money="EUR").value == 500


@pytest.mark.parametrize(
    ("there", "reward", "told"),
    [
        ({"cost": {"points": 9}}, {}, "US.value: is required: what it is worth in EUR is not what it is worth in USD"),
        ({"value": {"amount": "1.005"}}, {}, "US.value.amount: USD has 2 decimals"),
        ({**THERE, "cost": {"gold": 1}}, {}, "US.cost.gold: no currency is called 'gold'"),
        (THERE, {"budget": {"amount": 5}}, "US.budget: is required: the reward has one in EUR"),
        ({**THERE, "budget": {"amount": "0.001"}}, {}, "US.budget.amount: USD has 2 decimals"),
    ],
)
def test_money_is_never_carried_over(program, there, reward, told):
    with pytest.raises(NoTerms) as refused:
        put(program, there, shop.reward(**reward))
    assert told in str(refused.value)


def test_what_differs_by_market_comes_back_as_it_was_put(program):
    assert put(program, THERE) == ["minus5"] and put(program, THERE) == []
    assert catalogue.there_of(program) == {"US": {"minus5": {"cost": {"points": 600}, "value": {"amount": 6}}}}
    assert put(program, {**THERE, "cost": {"points": 601}}) == ["minus5"]
