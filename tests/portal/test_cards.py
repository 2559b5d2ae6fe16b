"""The member's cards: at the till, lost in two taps, claimed, and what is not hers."""

import re
from datetime import timedelta

import pytest

from members import batches, spending_codes
from members.models import Card, CardProof
from tests.web import lives

pytestmark = pytest.mark.django_db


def blank_of(program, now):
    batch = batches.prepare(program=program, count=1, now=now, by="u")
    return next(batches.for_printer(batch=batch, now=now, by="u"))


def test_the_card_page_shows_a_code_a_till_accepts_and_a_reload_shows_the_next(camille, program, now, monkeypatch):
    page = camille.client().get("/demo/card/").content.decode()
    digits = re.search(r'spend-digits num">([\d ]+)<', page).group(1)
    card = camille.membership.cards.get()
    shown = Card.objects.get(pk=card.pk).number
    assert shown in page.replace(" ", "").replace("\u202f", "").replace("\u00a0", "")
    # the page is of this very moment, and so is the code
    from datetime import UTC, datetime

    use = {"membership_id": camille.membership.pk, "code": digits, "key": "k", "by": "u"}
    spending_codes.use(now=datetime.now(UTC), **use)
    assert CardProof.objects.get().good
    part = camille.client("fr").get("/demo/card/code/").content.decode()
    assert "Utiliser mes points en caisse" in part and "<html" not in part


def test_who_may_not_spend_sees_no_code(camille, now):
    camille.membership.status = "suspended"
    camille.membership.save(update_fields=["status"])
    page = camille.client().get("/demo/card/").content.decode()
    assert "spend-digits" not in page and "No points can be used now" in page


def test_a_lost_card_takes_two_taps(camille):
    client, card = camille.client(), camille.membership.cards.get()
    page = client.get("/demo/card/").content.decode()
    there = f"/demo/cards/{card.pk}/lost/"
    assert there in page  # the first tap
    assert 'value="stolen"' in client.get(there).content.decode()
    answer = client.post(there, {"reason": "lost"}, follow=True)  # the second
    assert answer.redirect_chain[-1][0] == "/demo/card/"
    card.refresh_from_db()
    new = camille.membership.cards.get(status="active")
    assert (card.status, card.reason, new.kind) == ("blocked", "lost", "virtual")
    text = answer.content.decode()
    assert "The old card is blocked." in text and f"/demo/cards/{new.pk}/lost/" in text
    again = client.post(there, {"reason": "lost"}, follow=True).content.decode()
    assert "blocked already" in again
    assert Card.objects.filter(membership=camille.membership).count() == 2


def test_anothers_card_is_not_there(camille, program, now):
    other = lives.member(program, now, email="bo@example.com").membership.cards.get()
    for act in (camille.client().get, lambda path: camille.client().post(path, {"reason": "lost"})):
        assert act(f"/demo/cards/{other.pk}/lost/").status_code == 404
    other.refresh_from_db()
    assert other.status == "active"
    assert camille.client().post(f"/demo/cards/{camille.membership.cards.get().pk}/lost/", {}).status_code == 404


def test_a_member_claims_a_card_by_its_code_and_all_vain_claims_read_alike(camille, program, now):
    client, blank = camille.client(), blank_of(program, now)
    used = lives.member(program, now, email="bo@example.com").membership.cards.get().number
    told = set()
    for number in ("99999999999999999", used, blank.number):
        page = client.post("/demo/cards/claim/", {"number": number, "proof": "0000-0000"}, follow=True)
        text = re.sub(r'value="[^"]*"', "", page.content.decode())
        told.add((page.status_code, page.redirect_chain[-1], re.sub(r"nonce-\S+", "", text)))
    assert len(told) == 1
    page = client.post("/demo/cards/claim/", {"number": blank.number, "proof": blank.claim_code}, follow=True)
    assert "The card is yours" in page.content.decode()
    assert Card.objects.get(number=blank.number).membership_id == camille.membership.pk


def test_who_is_no_member_yet_types_the_card_first_and_has_it_at_the_end(client, program, now):
    from identity.models import User
    from members import joining

    blank = blank_of(program, now)
    answer = client.post("/demo/cards/claim/", {"number": blank.number, "proof": blank.claim_code}, follow=True)
    assert answer.redirect_chain[-1][0] == "/demo/join/"
    user = User.objects.create_user("dora@example.com")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    joining.join(user=user, program=program, now=now + timedelta(minutes=1), first_name="Dora")
    page = client.get("/demo/cards/claim/done/", follow=True)
    assert "The card is yours" in page.content.decode()
    assert Card.objects.get(number=blank.number).membership.member.first_name == "Dora"
    assert client.get("/demo/cards/claim/done/").status_code == 302  # and nothing waits any more
