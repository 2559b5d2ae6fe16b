"""Joining through the real pages of the code: what a door does with `joining` and `identity.codes`."""

import re

import pytest
from django.contrib.auth.decorators import login_required
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse

from identity import codes, staff
from identity.models import User
from members import enrolment, joining, models
from programs.models import Program

pytestmark = pytest.mark.django_db


def page(request):
    return HttpResponse("a page")


def join(request, now):
    program = Program.objects.get(code="demo")
    email = request.POST.get("email") or request.user.email
    typed = joining.PendingJoin.of(program=program, now=now, email=email, first_name=request.POST["first_name"])
    joining.keep(request.session, typed)
    if request.user.is_authenticated and codes.is_proven(request.user):
        return redirect("portal:join_done")
    try:
        return codes.send(request, email=typed.email, then=reverse("portal:join_done"))
    except codes.TooMany:
        return HttpResponse(status=429)


@login_required
def done(request, now):
    typed = joining.kept(request.session)
    if typed is None:
        return HttpResponse("nothing waits")
    joining.forget(request.session)
    try:
        joined = joining.complete(user=request.user, pending=typed, now=now)
    except joining.NotYours:
        return HttpResponse(status=409)
    return JsonResponse({"number": joined.membership.number, "new": joined.new, "claimed": joined.claimed})


@pytest.fixture(autouse=True)
def door(settings, program, now):
    class Urls:
        urlpatterns = [
            path("account/", include("allauth.urls")),
            path("", include("web.urls")),
            path(
                "",
                include(
                    (
                        [
                            path("", page, name="home"),
                            path("join/", join, {"now": now}, name="join"),
                            path("join/done/", done, {"now": now}, name="join_done"),
                        ],
                        "portal",
                    )
                ),
            ),
        ]

    settings.ROOT_URLCONF = Urls
    cache.clear()
    yield
    cache.clear()


def typed(client, email="ana@example.org", first_name="Ana"):
    return client.post("/join/", {"email": email, "first_name": first_name})


def proven(client, message):
    code = re.search(r"\b[A-Z0-9]{3,4}-[A-Z0-9]{3,4}\b", message.subject + message.body).group()
    return client.post(reverse("account_confirm_login_code"), {"code": code}, follow=True)


def test_somebody_new_types_a_code_and_is_a_member(client):
    answer = typed(client)
    assert answer.url == reverse("account_confirm_login_code")
    assert not models.Member.objects.exists()
    assert not User.objects.get().has_usable_password()
    done = proven(client, mail.outbox[0]).json()
    assert (done["new"], done["claimed"]) == (True, False)
    member = models.Member.objects.get()
    assert member.email_verified_at is not None
    assert client.get("/join/done/").content == b"nothing waits"
    assert client.get("/join/done/").status_code == 200


def test_who_has_an_account_and_who_has_none_take_the_same_path(client):
    staff.member_login("known@example.org", password="a long enough one 7")
    seen = {}
    for email in ("known@example.org", "nobody@example.org"):
        client.cookies.clear()
        answer = typed(client, email)
        text = client.get(answer.url).content.decode().replace(email, "ADDRESS")
        text = re.sub(r'(csrfmiddlewaretoken" value="|nonce=")[^"]+', r"\1", text)
        subject = re.sub(r"[A-Z0-9]{4}-[A-Z0-9]{4}", "CODE", mail.outbox[-1].subject)
        seen[email] = (answer.status_code, answer.url, text, subject)
    assert seen["known@example.org"] == seen["nobody@example.org"]


def test_who_was_enrolled_in_a_store_finds_their_card(client, program, now):
    before = enrolment.enrol(
        program=program, channel="store", now=now, by="user:1", first_name="Ana", email="ana@example.org"
    )
    typed(client)
    assert proven(client, mail.outbox[0]).json() == {"number": before.number, "new": False, "claimed": True}


def test_without_the_code_nothing_of_a_member_is_reached(client, program, now):
    enrolment.enrol(program=program, channel="store", now=now, by="user:1", first_name="Ana", email="ana@example.org")
    typed(client)
    answer = client.get("/join/done/")
    assert answer.status_code == 302
    assert not models.Login.objects.exists()


def test_what_another_typed_on_this_machine_is_not_taken_over(client):
    typed(client, "ana@example.org")
    client.force_login(staff.member_login("bob@example.org", password="a long enough one 7"))  # in the same session
    assert joining.kept(client.session) is not None
    assert client.get("/join/done/").status_code == 409
    assert not models.Member.objects.exists()


def test_who_is_signed_in_joins_without_another_code(client, sister_program):
    user = staff.member_login("ana@example.org", password="a long enough one 7")
    client.force_login(user)
    answer = client.post("/join/", {"first_name": "Ana"}, follow=True)
    assert answer.json()["new"] is True
    assert mail.outbox == []


def test_codes_are_not_sent_without_end(client):
    answers = []
    for _ in range(8):
        client.cookies.clear()
        answers.append(typed(client).status_code)
    assert answers[-1] == 429
    assert len(mail.outbox) <= 5
