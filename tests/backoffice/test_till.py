"""The till screen: a scan opens a member, her code spends, her visit counts, and staff do not serve themselves."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from activity.models import Activity, Kind
from care.models import Opinion
from identity.rights import Scope
from members import cards, spending_codes
from programs.models import Source
from rewards import catalogue
from rewards.markets import ThereTerms
from rewards.models import Voucher
from tests.rewards import shop
from tests.web import lives

pytestmark = pytest.mark.django_db
HERE = "/desk/till/"


@pytest.fixture
def till(desk):
    return desk("store_staff", Scope(store="s2"))


@pytest.fixture
def rich(camille, program):
    shop.offer(program)
    shop.Member(camille.membership.pk, camille.holder_id, program.pk).earn(700)
    return camille


def scan(client, text):
    return client.post(HERE, {"act": "scan", "card": text}, follow=True).content.decode()


def code_of(life):
    return spending_codes.shown(life.membership.pk, datetime.now(UTC)).digits


def redeem(client, page, code):
    key, public_id = (re.search(rf'name="{name}" value="([^"]+)"', page).group(1) for name in ("key", "public_id"))
    typed = {"act": "redeem", "public_id": public_id, "key": key, "reward": "minus5", "code": code}
    return client.post(HERE, typed, follow=True).content.decode()


def test_a_card_of_any_store_is_served_and_spends_with_the_code_of_the_phone(till, rich):
    number = rich.membership.cards.get().number
    page = scan(till, number)  # her home is s1, the till stands in s2
    assert "Camille" in page and "700" in page and 'value="minus5"' in page
    wrong = redeem(till, page, "000000" if code_of(rich) != "000000" else "111111")
    assert "not the code on the phone" in wrong and not Voucher.objects.exists()
    code = code_of(rich)
    done = redeem(till, page, code)
    assert "off the bill" in done and "200" in done
    redeem(till, page, code)  # the same button once more: the same answer, nothing more
    assert Voucher.objects.get().used_at  # it is on the bill: nobody uses it again
    assert "Scan the card" in till.post(HERE, {"act": "next"}, follow=True).content.decode()


def test_the_square_of_the_phone_brings_the_code_along(till, rich):
    code = code_of(rich)
    page = scan(till, f"{rich.membership.cards.get().number}/{code}")
    assert f'value="{code}"' in page
    assert "off the bill" in redeem(till, page, code)


def test_a_card_number_alone_never_spends(till, rich):
    page = scan(till, rich.membership.cards.get().number)
    assert "not the code on the phone" in redeem(till, page, "")
    assert not Voucher.objects.exists()


def test_a_blocked_card_is_told_and_spends_nothing_even_with_a_code(till, rich, now):
    card = rich.membership.cards.get()
    page = scan(till, card.number)
    cards.block(card=card, reason="stolen", now=now, by="t")
    assert "This card is blocked. Nothing was spent." in redeem(till, page, code_of(rich))
    assert not Voucher.objects.exists()
    shown = scan(till, card.number)
    assert "Keep it" in shown and "Record a visit" not in shown


def test_a_voucher_in_hand_comes_off_the_bill_once(till, rich):
    code = (
        shop.Member(rich.membership.pk, rich.holder_id, rich.program.pk).redeem(now=datetime.now(UTC)).vouchers[0].code
    )
    page = scan(till, rich.membership.cards.get().number)
    assert "Vouchers in hand" in page and code not in page
    said = {"act": "voucher", "public_id": rich.membership.public_id, "voucher": code}
    assert "off the bill" in till.post(HERE, said, follow=True).content.decode()
    assert "was used before" in till.post(HERE, said, follow=True).content.decode()
    assert "No voucher has this code" in till.post(HERE, {**said, "voucher": "x"}, follow=True).content.decode()


def test_a_till_of_another_country_has_its_own_prices_and_takes_no_voucher_of_ours(desk, rich, program):
    there = {"US": {"minus5": ThereTerms.model_validate({"cost": {"points": 200}, "value": {"amount": "3.00"}})}}
    catalogue.put(program=program, documents=[shop.reward()], there=there, now=shop.NOW, by="t")
    code = shop.Member(rich.membership.pk, rich.holder_id, program.pk).redeem(now=datetime.now(UTC)).vouchers[0].code
    abroad = desk("store_staff", Scope(store="u1"))
    page = scan(abroad, rich.membership.cards.get().number)
    said = {"act": "voucher", "public_id": rich.membership.public_id, "voucher": code}
    assert "another country" in abroad.post(HERE, said, follow=True).content.decode()
    assert "off the bill" in redeem(abroad, page, code_of(rich)), "200 points are left: enough there, not at home"
    assert [(row.amount, row.money) for row in Voucher.objects.order_by("voucher_id")] == [(500, "EUR"), (300, "USD")]


def test_another_card_scanned_meanwhile_and_nobodys_card(till, rich, program, now):
    page = scan(till, rich.membership.cards.get().number)
    scan(till, lives.member(program, now, email="bo@example.com").membership.cards.get().number)
    assert "Another card was scanned" in redeem(till, page, code_of(rich))
    assert "No member has this card" in scan(till, "99999999999")
    assert "Scan the card" in scan(till, "\0")


def test_a_visit_is_recorded_once_a_day_and_lands_as_activity(till, camille):
    page = scan(till, camille.membership.cards.get().number)
    said = {"act": "visit", "public_id": re.search(r'name="public_id" value="([^"]+)"', page).group(1)}
    assert "The visit is recorded." in till.post(HERE, said, follow=True).content.decode()
    assert "recorded before" in till.post(HERE, said, follow=True).content.decode()
    shown = till.get(HERE)  # and the member's phone reads off the screen where to say how it was
    assert "How was the visit?" in shown.content.decode() and 'class="qr"' in shown.content.decode()
    there = shown.context["scanned"].opinion.removeprefix("http://localhost:8000")
    assert Client().post(there, {"rating": "9"}).status_code == 200
    assert (Opinion.objects.get().rating, Opinion.objects.get().store.code) == (9, "s2")
    assert "How was the visit?" not in scan(till, camille.membership.number), "the next customer, not this one"
    visit = Activity.objects.get()
    assert (visit.kind, Source.objects.get(pk=visit.source_id).code) == (Kind.VISIT, "desk-demo")
    from activity.models import Attribution

    assert Attribution.objects.get().membership_id == camille.membership.pk


def test_who_works_in_no_store_records_no_visit_and_nobody_serves_herself(desk, camille):
    office = desk("administrator")
    number = camille.membership.cards.get().number
    page = scan(office, number)
    assert "Record a visit" not in page
    said = {"act": "visit", "public_id": camille.membership.public_id}
    assert "You work in no store" in office.post(HERE, said, follow=True).content.decode()
    camille.user.grants.create(role="store_staff", store_code="s1")
    own = camille.client()
    scan(own, number)
    assert "ask a colleague" in own.post(HERE, said, follow=True).content.decode()
