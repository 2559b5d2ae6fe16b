"""Joining on the web: three fields, a code, a card."""

import re
from datetime import date
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from members.models import Consent, Membership
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
TYPED = {
    "first_name": "Inès", "email": "ines@example.com", "market": "FR", "birth_date": "1988-05-14", "offers": "on",
}  # fmt: skip


def join(client: Client, **changes: str) -> Any:
    return client.post("/demo/join/", {**TYPED, **changes})


def prove(client: Client) -> Any:
    """Type the code of the last mail; the last page reached."""
    code = re.search(r"\b[A-Z0-9]{3,}(?:-[A-Z0-9]{3,})?\b", mail.outbox[-1].subject)
    assert code, mail.outbox[-1].subject
    return client.post("/demo/account/login/code/confirm/", {"code": code.group()}, follow=True)


def test_a_code_by_mail_makes_a_member_with_a_card(client: Client, program: Any) -> None:
    assert join(client).headers["location"] == "/demo/account/login/code/confirm/"
    assert not Membership.objects.exists()
    page = prove(client)
    assert page.redirect_chain[-1][0] == "/demo/" and "Hello Inès" in page.content.decode()
    membership = Membership.objects.select_related("member").get()
    assert (membership.channel, membership.market_code, membership.status) == ("web", "FR", "active")
    assert membership.member.email_verified_at and membership.member.birth_date == date(1988, 5, 14)
    assert membership.cards.get().status == "active"
    consent = Consent.objects.get()
    assert (consent.purpose, consent.channel, consent.granted, consent.wording) == (
        "marketing",
        "email",
        True,
        "join-1",
    )


def test_a_wrong_code_makes_nobody(client: Client, program: Any) -> None:
    join(client)
    client.post("/demo/account/login/code/confirm/", {"code": "000000"}, follow=True)
    assert not Membership.objects.exists()
    assert client.get("/demo/card/").headers["location"] == "/demo/"


def test_the_same_page_answers_for_an_address_that_is_known(client: Client, camille: Life) -> None:
    known, new = join(client, email=camille.user.email), join(Client())
    assert (known.status_code, known.headers["location"]) == (new.status_code, new.headers["location"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"birth_date": "2020-01-01"}, "birth_date"),
        ({"email": "camille@example"}, "email"),
        ({"first_name": ""}, "first_name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    client: Client, program: Any, changes: dict[str, str], field: str
) -> None:
    response = join(client, **changes)
    page = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in page and 'aria-invalid="true"' in page
    assert 'value="Inès"' in page or field == "first_name"
    assert mail.outbox == []


def test_a_phone_is_asked_where_the_program_wants_one(client: Client, program: Any) -> None:
    program.settings = {"join_asks": "phone"}
    program.save()
    page = client.get("/demo/join/").content.decode()
    assert 'name="phone"' in page and 'name="birth_date"' not in page


def test_a_member_does_not_join_twice(camille: Life) -> None:
    client = camille.client()
    assert client.get("/demo/join/").headers["location"] == "/demo/"
    assert client.get("/demo/join/done/").headers["location"] == "/demo/"
