"""Half a minute at the desk: a card, a name, an answer about offers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from identity.rights import Scope
from members import cards
from members.models import Consent, Membership
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]


@pytest.fixture
def blank(program: Any, now: datetime) -> str:
    return cards.generate_blanks(program=program, count=1, now=now, by="system")[0]


def test_a_blank_card_a_name_and_a_consent_make_a_member(desk: Desk, blank: str) -> None:
    client = desk("store_staff", Scope(store="s1"))
    scanned = client.post("/desk/enrol/?step=card", {"card": blank}).content.decode()
    assert f'value="{blank}"' in scanned and "First name" in scanned
    identity = {"card": blank, "first_name": "Hugo", "contact": "06 39 98 21 48"}
    asked = client.post("/desk/enrol/?step=identity", identity).content.decode()
    assert "How is consent given?" in asked and 'value="Hugo"' in asked
    done = client.post("/desk/enrol/?step=consent", {**identity, "how": "paper", "offers": "on"})
    membership = Membership.objects.select_related("member").get()
    assert done.headers["location"] == f"/desk/members/{membership.public_id}/"
    assert (membership.member.first_name, membership.member.phone) == ("Hugo", "+33639982148")
    assert (membership.channel, membership.home_store.code if membership.home_store else "") == ("store", "s1")
    assert (membership.cards.get().number, membership.cards.get().status) == (blank, "active")
    consent = Consent.objects.get()
    assert (consent.channel, consent.granted, consent.wording) == ("sms", True, "desk-1-paper")


def test_without_a_card_and_without_consent_one_is_a_member_all_the_same(desk: Desk, program: Any) -> None:
    client = desk("call_centre")
    typed = {"card": "", "first_name": "Inès", "contact": "ines@example.com", "how": "none", "offers": "on"}
    client.post("/desk/enrol/?step=consent", typed)
    membership = Membership.objects.select_related("member").get()
    assert (membership.member.email, membership.member.email_verified_at) == ("ines@example.com", None)
    assert membership.channel == "phone" and not Consent.objects.exists()


def test_a_likely_twin_is_shown_before_anything_is_written(desk: Desk, camille: Life) -> None:
    client = desk("store_staff", Scope(store="s1"))
    typed = {"card": "", "first_name": "Camille", "contact": "camille@example.com"}
    warned = client.post("/desk/enrol/?step=identity", typed).content.decode()
    assert "may already be a member" in warned and f"/desk/members/{camille.membership.public_id}/" in warned
    goes_on = client.post("/desk/enrol/?step=identity", {**typed, "other": "yes"}).content.decode()
    assert "How is consent given?" in goes_on


def test_a_card_in_use_is_refused_at_once_and_at_the_end(desk: Desk, camille: Life) -> None:
    client, taken = desk("store_staff", Scope(store="s1")), camille.membership.cards.get().number
    assert "This card is in use" in client.post("/desk/enrol/?step=card", {"card": taken}).content.decode()
    typed = {"card": taken, "first_name": "Hugo", "contact": "hugo@example.com", "how": "none"}
    refused = client.post("/desk/enrol/?step=consent", typed)
    assert refused.status_code == 422 and "This card is in use" in refused.content.decode()
    assert Membership.objects.count() == 1


def test_a_contact_that_is_none_goes_back_to_its_step_with_the_rest_kept(desk: Desk, program: Any) -> None:
    client = desk("call_centre")
    refused = client.post("/desk/enrol/?step=consent", {"first_name": "Hugo", "contact": "12", "how": "none"})
    page = refused.content.decode()
    assert refused.status_code == 422 and "neither a phone number" in page and 'value="Hugo"' in page
    assert not Membership.objects.exists()
