"""Editing a member at the desk: contact, address, who she is, consents; enrolment by telephone and by post."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from identity.rights import Scope
from members import change_codes, changing, disputing, enrolment, holds
from members.models import Consent, ContactHistory, Login, Member, Membership, TermsAccepted
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]


def at(life: Life, page: str = "") -> str:
    return f"/desk/members/{life.membership.public_id}/{page}"


def person(life: Life) -> Member:
    return Member.objects.get(pk=life.membership.member_id)


def test_an_address_is_changed_by_the_code_its_owner_reads_out(desk: Desk, camille: Life) -> None:
    client = desk("call_centre")
    asked = client.post(at(camille, "contact/email/"), {"contact": "new@example.com", "reason": "moved"})
    assert asked.headers["location"] == at(camille, "contact/code/")
    assert person(camille).email == "camille@example.com"
    change = changing.waiting(camille.membership.member_id, "email", datetime.now(UTC))
    assert change is not None
    assert client.post(at(camille, "contact/code/"), {"code": "000000"}).status_code == 422
    client.post(at(camille, "contact/code/"), {"code": change_codes.code_of(change.uid)})
    assert person(camille).email == "new@example.com"
    kept = ContactHistory.objects.get()
    assert (kept.before, kept.door) == ("camille@example.com", "phone") and kept.by.startswith("user:")
    shown = client.get(at(camille, "contact/")).content.decode()
    assert "camille@example.com" in shown and "nothing can be spent until" in shown
    assert client.post(at(camille, "contact/"), {"reason": ""}).status_code == 422
    client.post(at(camille, "contact/"), {"reason": "she was here with her passport"})
    assert not holds.is_held(camille.membership.member_id, datetime.now(UTC))


def test_a_dispute_is_released_by_a_person_with_a_reason(desk: Desk, camille: Life, now: datetime) -> None:
    change = changing.set_by_staff(
        membership=camille.membership, what="phone", wanted="+33611111111", hand=changing.Hand("t", "store"), now=now
    )
    disputing.was_not_me(uid=str(change.uid), now=now)
    client = desk("call_centre")
    assert "was not its owner" in client.get(at(camille, "contact/")).content.decode()
    client.post(at(camille, "contact/"), {"reason": "called back"})
    assert holds.disputed(camille.membership.member_id) is None


def test_a_number_that_is_somebody_elses_is_warned_of(desk: Desk, program: Any, camille: Life, now: datetime) -> None:
    enrolment.enrol(program=program, channel="store", now=now, by="t", first_name="Marc", phone="+33611111111")
    client, typed = desk("call_centre"), {"contact": "06 11 11 11 11", "reason": "said so"}
    warned = client.post(at(camille, "contact/phone/"), typed).content.decode()
    assert "may already be a member" in warned and person(camille).phone == ""
    client.post(at(camille, "contact/phone/"), {**typed, "other": "yes"})
    assert person(camille).phone == "+33611111111"


def test_who_is_not_this_store_s_is_warned_of_without_a_name(desk: Desk, camille: Life) -> None:
    client = desk("store_staff", Scope(store="s2"))
    warned = client.post(
        "/desk/enrol/?step=identity", {"first_name": "Camille", "contact": "camille@example.com"}
    ).content.decode()
    assert "This person may already be a member." in warned and "Another store" in warned
    assert camille.membership.public_id not in warned


def test_a_like_name_with_the_same_birth_date_is_warned_of(desk: Desk, program: Any, now: datetime) -> None:
    from datetime import date

    enrolment.enrol(
        program=program, channel="store", now=now, by="t", first_name="Zoé", last_name="Lefèvre",
        birth_date=date(1990, 4, 1), phone="+33611111111",
    )  # fmt: skip
    typed = {"first_name": "zoe", "last_name": "Lefevre", "birth_date": "1990-04-01", "contact": "z@example.com"}
    warned = desk("call_centre").post("/desk/enrol/?step=identity", typed).content.decode()
    assert "Like name, same birth date." in warned


def test_nobody_edits_her_own_account(desk: Desk, camille: Life) -> None:
    from identity.models import User

    client = desk("call_centre")
    Login.objects.filter(member_id=camille.membership.member_id).update(
        user=User.objects.get(email="call_centre@example.com")
    )
    for page in ("contact/phone/", "person/", "consents/"):
        answer = client.post(
            at(camille, page), {"contact": "+33611111111", "reason": "x", "how": "phone", "yes": "profiling"}
        )
        assert answer.headers["location"] == at(camille)
    assert person(camille).phone == "" and not Consent.objects.exists()


def test_an_address_and_a_name_carry_their_reason(desk: Desk, camille: Life) -> None:
    client = desk("store_staff", Scope(store="s1"))
    typed = {"country": "FR", "street": "1 rue A", "postal_code": "44000", "city": "Nantes"}
    assert client.post(at(camille, "contact/address/"), typed).status_code == 422  # no reason
    client.post(at(camille, "contact/address/"), {**typed, "reason": "moved"})
    said = {
        "first_name": "Camille",
        "last_name": "Rey",
        "birth_date": "1990-04-01",
        "language": "fr",
        "reason": "passport",
    }
    client.post(at(camille, "person/"), said)
    client.post(at(camille, "person/"), {**said, "birth_date": "1991-04-01"})  # staff mend it
    assert person(camille).birth_date and person(camille).birth_date.year == 1991  # type: ignore[union-attr]
    assert {row.reason for row in ContactHistory.objects.all()} == {"moved", "passport"}
    assert "1990-04-01" in client.get(at(camille, "contact/")).content.decode()


def test_consents_say_how_they_were_given(desk: Desk, camille: Life) -> None:
    client = desk("store_staff", Scope(store="s1"))
    assert client.post(at(camille, "consents/"), {"yes": "marketing-post"}).status_code == 422
    client.post(at(camille, "consents/"), {"yes": "marketing-post", "how": "paper"})
    row = Consent.objects.get()
    assert (row.purpose, row.channel, row.source, row.wording) == (
        "marketing",
        "post",
        "paper",
        "desk-preferences-1-paper",
    )


def test_the_call_centre_enrols_by_telephone_and_by_post(desk: Desk, program: Any) -> None:
    client = desk("call_centre")
    asked = client.post("/desk/enrol/?step=identity", {
        "first_name": "Hugo", "contact": "hugo@example.com", "channel": "post",
    }).content.decode()  # fmt: skip
    assert "On paper, signed" in asked and "turned to the customer" not in asked
    client.post("/desk/enrol/?step=consent", {
        "first_name": "Hugo", "contact": "hugo@example.com", "channel": "post", "how": "paper", "offers": "on",
    })  # fmt: skip
    client.post("/desk/enrol/?step=consent", {
        "first_name": "Inès", "contact": "ines@example.com", "channel": "phone", "how": "phone", "offers": "on",
    })  # fmt: skip
    assert list(Membership.objects.order_by("pk").values_list("channel", flat=True)) == ["post", "phone"]
    assert list(TermsAccepted.objects.order_by("pk").values_list("version", "source")) == [
        ("1", "paper"),
        ("1", "phone"),
    ]
    assert list(Consent.objects.order_by("pk").values_list("source", "wording")) == [
        ("post", "desk-1-paper"), ("phone", "desk-1-phone"),
    ]  # fmt: skip


def test_too_young_is_said_at_the_date(desk: Desk, program: Any) -> None:
    young = {"first_name": "Léo", "contact": "leo@example.com", "birth_date": "2020-01-01", "how": "none"}
    refused = desk("call_centre").post("/desk/enrol/?step=consent", young)
    assert refused.status_code == 422 and "or older" in refused.content.decode()
    assert not Membership.objects.exists()
