"""The way in, through the real pages: codes, passwords, and nothing told about who has an account."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import include, path, reverse
from django.utils import translation

from identity import codes, staff
from identity.models import User
from identity.rights import EVERYWHERE

pytestmark = pytest.mark.django_db


CODE_MAILS = ["login_code", "email_confirmation", "email_confirmation_signup", "password_reset_code"]


def page(request):
    return HttpResponse("a page")


class Urls:
    """The pages of signing in, and the few of other rooms that they point at."""

    urlpatterns = [
        path("account/", include("allauth.urls")),
        path("", include("web.urls")),
        path("", include(([path("", page, name="home"), path("join/", page, name="join")], "portal"))),
    ]


@pytest.fixture(autouse=True)
def fresh_limits(settings):
    settings.ROOT_URLCONF = Urls
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tries are counted, not hashed
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def known(now):
    return staff.member_login("known@example.org", password="a long enough one 7")


def ask_for_code(client, email, language="en"):
    return client.post(
        reverse("account_request_login_code"), {"email": email}, headers={"accept-language": language}, follow=True
    )


def code_in(message):
    return re.search(r"\b[A-Z0-9]{3,4}-[A-Z0-9]{3,4}\b|\b[A-Z0-9]{6}\b", message.subject + message.body).group()


def enter(client, code):
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def signed_in(client):
    return "_auth_user_id" in client.session


def test_a_code_by_mail_signs_in_and_proves_the_address(client, known):
    EmailAddress.objects.update(verified=False)
    assert not codes.is_proven(known)
    ask_for_code(client, "KNOWN@example.org")
    [message] = mail.outbox
    assert message.to == ["known@example.org"]
    answer = enter(client, code_in(message))
    assert answer.status_code == 302
    assert signed_in(client)
    assert codes.is_proven(known)


def test_a_wrong_code_does_not_and_a_few_of_them_end_it(client, known):
    ask_for_code(client, "known@example.org")
    right = code_in(mail.outbox[0])
    for _ in range(6):
        enter(client, "WRNG-CODE")
    enter(client, right)
    assert not signed_in(client)


def test_known_and_unknown_addresses_see_the_same_page_and_each_gets_a_mail(client, known):
    pages = {}
    for email in ("known@example.org", "nobody@example.org"):
        client.cookies.clear()
        answer = ask_for_code(client, email)
        text = answer.content.decode().replace(email, "ADDRESS")
        text = re.sub(r'(csrfmiddlewaretoken" value="|nonce=")[^"]+', r"\1", text)
        pages[email] = (answer.status_code, answer.redirect_chain, text)
    assert pages["known@example.org"] == pages["nobody@example.org"]
    assert [message.to for message in mail.outbox] == [["known@example.org"], ["nobody@example.org"]]
    assert not User.objects.filter(email="nobody@example.org").exists()
    enter(client, "ABCD-EFGH")
    assert not signed_in(client)


def test_a_closed_login_looks_like_an_unknown_one(client, known):
    known.is_active = False
    known.save()
    answer = ask_for_code(client, "known@example.org")
    assert answer.redirect_chain[-1][0].endswith(reverse("account_confirm_login_code"))
    assert "code is" not in mail.outbox[0].subject


def test_a_password_signs_in_and_a_wrong_one_does_not(client, known):
    """That a wrong one is the same work as an unknown address, tests/portal/test_equal_answers.py counts."""
    for password, lets_in in (("wrong", False), ("a long enough one 7", True)):
        client.post(reverse("account_login"), {"login": "known@example.org", "password": password})
        assert signed_in(client) is lets_in


def test_failed_passwords_are_throttled_for_the_account(client, known):
    for n in range(7):
        client.post(reverse("account_login"), {"login": "known@example.org", "password": f"wrong {n}"})
    client.post(reverse("account_login"), {"login": "known@example.org", "password": "a long enough one 7"})
    assert not signed_in(client)
    ask_for_code(client, "known@example.org")  # the victim is not locked out: a code still lets them in
    enter(client, code_in(mail.outbox[-1]))
    assert signed_in(client)


def test_codes_to_one_address_are_throttled(client, known):
    for _ in range(12):
        client.cookies.clear()
        ask_for_code(client, "known@example.org")
    assert 1 <= len(mail.outbox) <= 5


def test_there_is_no_sign_up_but_by_joining(client):
    answer = client.post(reverse("account_signup"), {"email": "new@example.org"})
    assert not User.objects.exists()
    assert b"<form" not in client.get(reverse("account_signup")).content or answer.status_code in (200, 302, 403, 404)


def test_mails_speak_the_readers_language_and_are_plain(client, known):
    ask_for_code(client, "known@example.org", "fr")
    [message] = mail.outbox
    assert "code" in message.subject
    assert "Votre code" in message.body or "votre code" in message.subject
    assert "&" not in message.body
    [shown] = message.alternatives  # the same letter in the program's clothes
    assert shown.mimetype == "text/html" and '<html lang="fr">' in shown.content


def test_an_invited_colleague_signs_in_by_code(client, now):
    user = staff.invite("sofia@example.org", "Sofia", [("auditor", EVERYWHERE)], now=now, by="user:1")
    assert not user.has_usable_password()
    ask_for_code(client, "sofia@example.org")
    enter(client, code_in(mail.outbox[0]))
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "name", ["login_code", "email_confirmation", "email_confirmation_signup", "password_reset_code"]
)
def test_every_mail_with_a_code_is_written_in_both_languages(language, name):
    values = {"code": "ABCD-EFGH", "program_name": "Club & Co"}
    with translation.override(language):
        subject = render_to_string(f"account/email/{name}_subject.txt", values)
        body = render_to_string(f"account/email/{name}_message.txt", values)
    assert "ABCD-EFGH" in subject
    assert "\n" not in subject
    assert ("Votre code est ABCD-EFGH" if language == "fr" else "Your code is ABCD-EFGH") in body
    assert "&amp;" not in body


def test_whoever_has_not_proven_the_address_does_so_after_the_password(client):
    user = User.objects.create_user("fresh@example.org", "a long enough one 7")
    answer = client.post(reverse("account_login"), {"login": "fresh@example.org", "password": "a long enough one 7"})
    assert answer.status_code == 302
    assert not signed_in(client)
    code = code_in(mail.outbox[0])
    client.post(answer.url, {"code": code})
    assert signed_in(client)
    assert codes.is_proven(user)


def test_an_address_has_one_name_in_french(client, db):
    for name in ("account_login", "account_request_login_code", "account_reset_password"):
        page = client.post(reverse(name), {"login": "x", "email": "x"}, headers={"accept-language": "fr"})
        told = page.content.decode()
        assert "ourriel" not in told and ">E-mail" in told.replace("\n", "") and "adresse e-mail valide" in told, name
