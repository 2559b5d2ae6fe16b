"""The page of rewards: what is in hand, what can be taken, and a click that counts once."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from ledger import posting, queries
from rewards import catalogue
from rewards.models import Voucher
from tests.portal.test_pages import text_of
from tests.rewards import shop
from tests.web.lives import Life

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def rich(camille: Life, today):
    points = shop.currency_id(camille.program.pk, "points")
    posting.earn(holder_id=camille.holder_id, currency_id=points, amount=1_200, key="gift", now=today, actor="test")
    documents = [
        shop.reward(name={"en": "5 euros off", "fr": "5 euros de remise"}),
        shop.reward(code="minus20", name="20 euros off", cost={"points": 1_800}, value={"amount": "20.00"}),
        shop.reward(code="gold", name="For gold", when={"fact": "member.tier", "eq": "gold"}),
        shop.reward(code="none", name="None left", stock=0),
    ]
    catalogue.put(program=camille.program, documents=documents, now=today, by="test")
    return camille


def keys(client):
    page = client.get("/demo/rewards/").content.decode()
    return re.findall(r'name="key" value="([^"]+)"', page)


def test_what_can_be_taken_is_shown_with_its_price_and_the_rest_with_its_reason(rich: Life):
    page = text_of(rich.client("fr"), "/demo/rewards/")
    assert "5 euros de remise" in page and "Prendre pour 500" in page and "valable 60 jours" in page
    assert "20 euros off" in page and "Encore 600" in page and "Il n’y en a plus pour vous" in page
    assert "For gold" not in page and "Mes bons" not in page


def test_taking_one_gives_its_code_once_however_often_the_button_is_pressed(rich: Life, today):
    client = rich.client()
    (key,) = keys(client)
    answers = [client.post("/demo/rewards/minus5/take/", {"key": key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    page = text_of(client, "/demo/rewards/")
    assert "It is yours" in page and "My vouchers" in page and "5 euros off" in page
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", page)
    assert Voucher.objects.count() == 1
    balances = queries.balances(rich.holder_id, today + timedelta(minutes=1))
    assert [balance.available for balance in balances] == [700]


@pytest.mark.parametrize(("code", "told"), [("minus20", "You do not have enough"), ("nothing", "no longer on offer")])
def test_a_refusal_is_told_in_words_and_changes_nothing(rich: Life, code: str, told: str):
    client = rich.client()
    (key,) = keys(client)
    assert told in " ".join(
        client.post(f"/demo/rewards/{code}/take/", {"key": key}, follow=True).content.decode().split()
    )
    assert not Voucher.objects.exists()


def test_a_page_without_a_key_and_a_visitor_take_nothing(rich: Life, client):
    assert rich.client().post("/demo/rewards/minus5/take/").status_code == 404
    assert rich.client().get("/demo/rewards/minus5/take/").status_code == 405
    assert client.post("/demo/rewards/minus5/take/", {"key": "x"}).status_code == 302
    assert not Voucher.objects.exists()


def test_who_has_no_reward_is_told_so(camille: Life):
    assert "No reward here yet" in text_of(camille.client(), "/demo/rewards/")
