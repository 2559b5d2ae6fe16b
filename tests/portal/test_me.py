"""Me: contact, address, consents, tastes, and who I am."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from identity import stepping
from identity.models import User
from members import changing, holds
from members.models import Consent, ContactHistory, Member, PostalAddress
from messaging import delivery
from tests.web.lives import Life, member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "confirmed_recently", lambda request: True)


def letters(to: str) -> list[Any]:
    """What went out to an address since the last look."""
    mail.outbox.clear()
    delivery.deliver_due(clock=lambda: datetime.now(UTC))
    return [one for one in mail.outbox if one.to == [to]]


def code_in(letter: Any) -> str:
    found = re.search(r"\d{6}", letter.subject)
    assert found
    return found.group()


def test_a_new_address_needs_its_code_and_the_old_one_stops_it(camille: Life) -> None:
    client = camille.client()
    asked = client.post("/demo/me/contact/email/", {"contact": "Camille.New@example.com"})
    assert asked.headers["location"] == "/demo/me/contact/email/code/"
    [letter] = letters("camille.new@example.com")
    wrong = client.post("/demo/me/contact/email/code/", {"code": "000000"})
    assert wrong.status_code == 422 and User.objects.get(pk=camille.user.pk).email == "camille@example.com"
    done = client.post("/demo/me/contact/email/code/", {"code": code_in(letter)}, follow=True)
    assert "nothing can be spent" in done.content.decode().lower()
    assert User.objects.get(pk=camille.user.pk).email == "camille.new@example.com"
    [told] = letters("camille@example.com")
    [link] = re.findall(r"http://localhost:8000(/demo/contact/\S+)", told.body)
    stranger = Client(headers={"accept-language": "en"})
    assert "Was it you?" in stranger.get(link).content.decode()
    assert holds.disputed(camille.membership.member_id) is None  # looking says nothing
    stopped = stranger.post(link, {"answer": "not_mine"}, follow=True)
    assert "It is stopped." in stopped.content.decode()
    assert User.objects.get(pk=camille.user.pk).email == "camille@example.com"
    assert client.get("/demo/me/").status_code == 302  # every session is over


def test_an_address_of_somebody_else_looks_like_any_other(camille: Life, program: Any, now: datetime) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    member(program, now, email="other@example.com", first_name="Marc")
    client = camille.client()
    client.get("/demo/me/contact/")
    pages, counts = [], []
    for address in ("free@example.com", "other@example.com"):
        with CaptureQueriesContext(connection) as counted:
            asked = client.post("/demo/me/contact/email/", {"contact": address})
        pages.append((asked.status_code, asked.headers["location"]))
        counts.append(len(counted))
        shown = client.get("/demo/me/contact/email/code/").content.decode().replace(address, "")
        wrong = client.post("/demo/me/contact/email/code/", {"code": "000000"}).content.decode().replace(address, "")
        pages.append(tuple(re.sub(r'(nonce|value|token)="[^"]*"', "", one) for one in (shown, wrong)))
    assert pages[:2] == pages[2:]
    assert counts[0] == counts[1]
    assert any("déjà à un compte" in letter.body for letter in letters("other@example.com"))
    change = changing.waiting(camille.membership.member_id, "email", datetime.now(UTC))
    assert change and change.state == "taken"
    from members import change_codes

    answer = client.post("/demo/me/contact/email/code/", {"code": change_codes.code_of(change.uid)})
    assert answer.status_code == 422 and User.objects.get(pk=camille.user.pk).email == "camille@example.com"


def test_who_did_not_just_prove_who_she_is_is_asked_first(camille: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "confirmed_recently", lambda request: False)
    answer = camille.client().post("/demo/me/contact/email/", {"contact": "x@example.com"})
    assert answer.status_code == 302 and "next=" in answer.headers["location"]
    assert not changing.waiting(camille.membership.member_id, "email", datetime.now(UTC))


def test_a_phone_is_confirmed_by_the_address(camille: Life) -> None:
    client = camille.client()
    client.post("/demo/me/contact/phone/", {"contact": "06 12 34 56 78"})
    [letter] = [one for one in letters("camille@example.com") if "code" in one.subject]
    client.post("/demo/me/contact/phone/code/", {"code": code_in(letter)})
    assert Member.objects.get(pk=camille.membership.member_id).phone == "+33612345678"
    assert client.get("/demo/me/contact/else/").status_code == 404


def test_an_address_follows_its_country(camille: Life) -> None:
    client = camille.client()
    typed = {"country": "FR", "street": "12 rue de la Paix", "postal_code": "4400", "city": "Nantes"}
    refused = client.post("/demo/me/contact/address/", typed)
    assert refused.status_code == 422 and 'id="id_postal_code_error"' in refused.content.decode()
    assert client.post("/demo/me/contact/address/", {**typed, "postal_code": "44000"}).status_code == 302
    row = PostalAddress.objects.get()
    assert (row.country, row.city, row.postal_code) == ("FR", "NANTES", "44000")
    abroad = client.get("/demo/me/contact/address/?country=US").content.decode()
    assert "ZIP code" in abroad and 'name="area"' in abroad
    client.post("/demo/me/contact/address/", {"remove": "yes"})
    assert not PostalAddress.objects.exists()
    assert ContactHistory.objects.filter(what="address", before__city="NANTES").exists()


def test_what_was_agreed_to_is_kept_with_its_proof(camille: Life) -> None:
    client = camille.client()
    client.post("/demo/me/consents/", {"yes": ["marketing-email", "profiling", "nonsense"]})
    rows = Consent.objects.order_by("purpose", "channel").values_list(
        "purpose", "channel", "granted", "source", "wording"
    )
    assert list(rows) == [
        ("marketing", "email", True, "web", "preferences-1"), ("profiling", "", True, "web", "preferences-1"),
    ]  # fmt: skip
    client.post("/demo/me/consents/", {"yes": ["profiling"]})
    assert Consent.objects.count() == 3  # only what differs
    page = client.get("/demo/me/consents/").content.decode()
    assert "no since" in page and "yes since" in page and "never asked" in page


def test_tastes_store_name_and_birth_are_hers_to_say(camille: Life) -> None:
    client = camille.client()
    assert client.post("/demo/me/likes/", {"store": "s2", "tastes": ["garden", "pets"]}).status_code == 302
    assert client.post("/demo/me/likes/", {"store": "s2", "tastes": ["nonsense"]}).status_code == 422
    camille.membership.refresh_from_db()
    assert camille.membership.home_store.code == "s2"
    assert set(camille.membership.tastes.values_list("code", flat=True)) == {"garden", "pets"}
    said = {"first_name": "Camille", "last_name": "Rey", "birth_date": "1990-04-01", "language": "en"}
    assert client.post("/demo/me/profile/", said).status_code == 302
    person = Member.objects.get(pk=camille.membership.member_id)
    assert (str(person), person.language) == ("Camille Rey", "en")
    client.post("/demo/me/profile/", {**said, "birth_date": "1991-04-01"})
    person.refresh_from_db()
    assert person.birth_date and person.birth_date.year == 1990  # once
    assert 'name="birth_date"' not in client.get("/demo/me/profile/").content.decode()


def test_too_young_is_said_at_the_date(camille: Life) -> None:
    young = {"first_name": "Camille", "birth_date": "2020-04-01", "language": "en"}
    answer = camille.client().post("/demo/me/profile/", young)
    assert answer.status_code == 422 and 'id="id_birth_date_error"' in answer.content.decode()


def test_codes_are_not_asked_for_without_end(camille: Life) -> None:
    client = camille.client()
    for number in range(changing.ASKED_AT_MOST):
        assert client.post("/demo/me/contact/email/", {"contact": f"n{number}@example.com"}).status_code == 302
    assert client.post("/demo/me/contact/email/", {"contact": "n9@example.com"}).status_code == 422


def test_a_code_is_good_for_half_an_hour_and_five_tries(camille: Life, now: datetime) -> None:
    from members import change_codes
    from members.history import Hand

    hand = Hand("t", "web")
    change = changing.ask(membership=camille.membership, what="email", wanted="n@example.com", hand=hand, now=now)
    with pytest.raises(changing.WrongCode):
        changing.confirm(
            membership=camille.membership, what="email", code=change_codes.code_of(change.uid), hand=hand,
            now=now + timedelta(minutes=31),
        )  # fmt: skip
    for _ in range(changing.TRIES):
        with pytest.raises(changing.WrongCode):
            changing.confirm(membership=camille.membership, what="email", code="1", hand=hand, now=now)
    with pytest.raises(changing.WrongCode):
        changing.confirm(
            membership=camille.membership, what="email", code=change_codes.code_of(change.uid), hand=hand, now=now
        )  # fmt: skip


def test_a_member_changes_no_address_by_the_back_door(camille: Life, program: Any) -> None:
    answer = camille.client().post("/demo/account/email/", {"email": "x@example.com", "action_add": ""})
    assert answer.headers["location"] == "/demo/me/contact/"
    assert User.objects.get(pk=camille.user.pk).emailaddress_set.count() == 1  # type: ignore[attr-defined]
    staff = Client()
    staff.force_login(User.objects.create_user("s@example.com"), "django.contrib.auth.backends.ModelBackend")
    assert staff.get("/account/email/").status_code == 200
