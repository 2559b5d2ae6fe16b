"""Paper forms entered one after another."""

from __future__ import annotations

import pytest

from members.models import Consent, Membership

pytestmark = pytest.mark.django_db
FORM = {
    "batch": "B-7", "signed_on": "2026-11-02", "first_name": "Ida", "last_name": "Nord", "email": "ida@example.com",
    "phone": "", "card": "", "birth_date": "", "offers": "on", "terms": "on",
}  # fmt: skip


@pytest.fixture(autouse=True)
def on_a_day(monkeypatch, now):
    from backoffice import doors

    class At(doors.datetime):
        @classmethod
        def now(cls, tz=None):
            return now

    monkeypatch.setattr(doors, "datetime", At)


def test_a_form_becomes_a_member_and_the_next_one_begins(desk):
    page = desk("call_centre")
    answer = page.post("/desk/enrol/post/", FORM)
    assert (
        answer.status_code == 302 and "batch=B-7" in answer["Location"] and "signed_on=2026-11-02" in answer["Location"]
    )
    membership = Membership.objects.get()
    assert membership.channel == "post" and membership.member.last_name == "Nord"
    consent = Consent.objects.get()
    assert consent.at.date().isoformat() == "2026-11-02" and consent.granted and consent.wording == "paper-1"
    shown = page.get(answer["Location"]).content.decode()
    assert 'value="B-7"' in shown and 'value="2026-11-02"' in shown and '<b class="num">1</b>' in shown
    assert "autofocus" in shown.split('name="first_name"')[1].split(">")[0]


def test_a_likely_duplicate_is_asked_about_and_entered_when_it_is_somebody_else(desk):
    page = desk("call_centre")
    page.post("/desk/enrol/post/", FORM)
    asked = page.post("/desk/enrol/post/", FORM)
    assert asked.status_code == 200 and "may already be a member" in asked.content.decode()
    assert Membership.objects.count() == 1
    assert page.post("/desk/enrol/post/", {**FORM, "other": "yes"}).status_code == 302
    assert Membership.objects.count() == 2


def test_a_form_that_is_left_out_is_counted_so_that_the_pile_adds_up(desk):
    page = desk("call_centre")
    page.post("/desk/enrol/post/", FORM)
    answer = page.post("/desk/enrol/post/", {**FORM, "other": "left_out"})
    assert answer.status_code == 302 and "batch=B-7" in answer["Location"] and Membership.objects.count() == 1
    shown = page.get(answer["Location"]).content.decode()
    assert '<b class="num">1</b> <span class="muted">entered in B-7' in shown
    assert '<b class="num">1</b> <span class="muted">forms left out' in shown


@pytest.mark.parametrize(
    "wrong",
    [{"signed_on": "2026-12-24"}, {"signed_on": "2020-01-01"}, {"terms": ""}, {"email": ""}, {"email": "none"},
     {"batch": ""}, {"birth_date": "2020-01-01"}],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(desk, wrong):
    answer = desk("call_centre").post("/desk/enrol/post/", {**FORM, **wrong})
    assert answer.status_code == 422 and not Membership.objects.exists()
