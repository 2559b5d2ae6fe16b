"""What a reward's document may say, what is refused by name, and what comes back as it was written."""

import pytest

from programs.terms import NoTerms
from rewards import catalogue, codes, eligibility, refusals
from rewards.terms import Reward
from tests.rewards import shop

pytestmark = pytest.mark.django_db
WHEN = {"any": [{"fact": "member.tier", "in": ["silver", "gold"]}, {"not": {"fact": "member.age", "lt": "18"}}]}


def test_documents_come_back_as_they_were_put(program):
    first = shop.reward(
        name={"en": "Five", "fr": "Cinq"}, stock=10, per_member=2, when=WHEN, valid={"from": "2026-11-01"}
    )
    assert shop.offer(program, first, shop.reward(code="other", name="Other")) == ["minus5", "other"]
    documents = catalogue.documents_of(program)
    assert [document["code"] for document in documents] == ["minus5", "other"]
    assert catalogue.put(program=program, documents=documents, now=shop.NOW, by="test") == []
    assert catalogue.put(program=program, documents=documents[1:], now=shop.NOW, by="test") == ["minus5"]
    assert [document["code"] for document in catalogue.documents_of(program)] == ["other"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "gift"}, "rewards[0].kind: rewards of kind gift are not built yet"),
        ({"kind": "pony"}, "rewards[0].kind: must be 'voucher'"),
        ({"automatic": {"every": 500}}, "rewards[0].automatic: is not built yet"),
        ({"automatic": {"every": 500}, "cost": None}, "rewards[0].automatic: is not built yet"),
        ({"value": {"percent": 10, "amount": 1}}, "rewards[0].value.percent: is not built yet"),
        ({"cost": {}}, "rewards[0].cost: must not be empty"),
        ({"cost": {"gold": 5}}, "rewards[0].cost.gold: no currency is called 'gold'"),
        ({"cost": {"status": 5}}, "rewards[0].cost.status: status points are not spent"),
        ({"cost": {"points": 0}}, "rewards[0].cost.points: must be between 1 and 1000000000000"),
        ({"value": {"amount": "5.005"}}, "rewards[0].value.amount: EUR has 2 decimals"),
        ({"valid": {"from": "2026-02-02", "until": "2026-02-01"}}, "rewards[0].valid.until: is before the first day"),
        ({"pony": 1}, "rewards[0].pony: unknown key"),
        ({"when": {"fact": "receipt.net", "ge": 5}}, "not at receipt.net"),
        ({"when": {"lines": {"count": "lines", "ge": 5}}}, "`lines` cannot be asked"),
    ],
)
def test_what_is_not_built_or_contradicts_is_refused_by_name(program, change, told):
    with pytest.raises(NoTerms) as refused:
        shop.offer(program, shop.reward(**change))
    assert told in str(refused.value)


def test_the_price_keeps_to_the_multiples_of_its_currency(program):
    from programs.models import Currency

    Currency.objects.filter(program=program, code="points").update(release={"multiple_of": 3})
    with pytest.raises(NoTerms, match="points are spent in multiples of 3"):
        shop.offer(program, shop.reward(cost={"points": 10}))


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (None, True),
        (WHEN, True),
        ({"fact": "member.age", "between": [30, 40]}, True),
        ({"fact": "member.age", "gt": 36}, False),
        ({"fact": "member.birthday_month", "eq": True}, False),
        ({"fact": "member.segment", "eq": "vip"}, False),
        ({"fact": "member.segment", "is_set": False}, True),
        ({"not": {"fact": "member.segment", "eq": "vip"}}, True),
        ({"fact": "member.tier", "is_set": True}, False),
        ({"fact": "member.joined_days", "eq": 323}, True),
        ({"fact": "member.language", "starts_with": "f"}, True),
        ({"fact": "member.home_store", "is_set": True}, False),
        ({"all": [{"fact": "market", "eq": "FR"}, {"fact": "calendar.weekday", "in": ["fri"]}]}, True),
        ({"fact": "calendar.hour", "eq": 11}, True),
        ({"fact": "receipt.channel", "ne": "web"}, False),
        ({"fact": "calendar.date", "not_in": ["2026-11-20"]}, False),
    ],
)
def test_conditions_are_read_over_the_members_facts(program, when, holds):
    from datetime import date, datetime

    shop.offer(program, shop.reward(when=when))
    joined = datetime.fromisoformat("2026-01-01T10:00:00+00:00")
    camille = shop.member(
        program, points=500, birth_date=date(1990, 5, 1), language="fr", now=joined
    )  # fmt: skip
    if holds:
        camille.redeem()
    else:
        with pytest.raises(refusals.NotEligible):
            camille.redeem()


def test_any_value_of_a_fact_with_many_meets_a_comparison():
    asked = Reward.model_validate(shop.reward(when={"fact": "member.segment", "ne": "vip"})).when
    assert eligibility.meets(asked, {"member.segment": ("vip", "new")})
    assert not eligibility.meets(asked, {"member.segment": ("vip",)})


def test_a_reward_is_on_offer_on_its_days_and_where_its_money_is_spent(program):
    shop.offer(program, shop.reward(valid={"from": "2026-11-20", "until": "2026-11-20"}))
    assert [offer.code for offer in catalogue.offers_of(program.pk, "FR", shop.NOW)] == ["minus5"]
    assert catalogue.offers_of(program.pk, "US", shop.NOW) == []
    day_after = shop.NOW.replace(hour=23)  # midnight in Paris
    assert catalogue.offers_of(program.pk, "FR", day_after) == []


def test_codes_are_long_random_and_found_however_they_are_typed(program):
    shop.offer(program)
    camille = shop.member(program, points=5_000)
    given = camille.redeem(quantity=5).vouchers
    assert len({voucher.code for voucher in given}) == 5
    from rewards.models import Voucher, VoucherCode

    typed = f" {given[0].code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')}"
    digests = list(codes.digests_of(typed))
    named = VoucherCode.objects.get(code_hmac=digests[0])
    assert Voucher.objects.filter(voucher_id=named.voucher_id).exists()
    assert b"".join(bytes(row.salt) for row in Voucher.objects.all()).find(given[0].code.encode()) == -1
