"""Second factors: who needs one, what a sign-in asks for, what is kept of a secret; new devices; fresh proofs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from identity import disowning, factors, hooks, replays, staff, stepping
from identity.models import Device, User
from identity.rights import EVERYWHERE, Scope
from messaging import kinds, letters, telling
from messaging.models import Outgoing
from tests.identity.test_signing_in import code_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits() -> Any:
    cache.clear()
    yield
    cache.clear()


def sign_in(email: str, **headers: str) -> Client:
    """Through the real pages, by a code."""
    client = Client(headers=headers)
    client.post(reverse("account_request_login_code"), {"email": email})
    client.post(reverse("account_confirm_login_code"), {"code": code_in(mail.outbox[-1])})
    return client


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


@pytest.fixture
def manager(now: Any) -> User:
    return staff.invite("max@example.org", "Max", [("store_manager", Scope(store="s1"))], now=now, by="test")


@pytest.mark.parametrize(
    ("role", "scope", "admin", "needs"),
    [
        ("store_staff", Scope(store="s1"), False, False),
        ("store_manager", Scope(store="s1"), False, True),
        ("call_centre", EVERYWHERE, False, True),
        ("auditor", EVERYWHERE, False, True),
        ("auditor", EVERYWHERE, True, True),
        ("administrator", EVERYWHERE, True, True),
    ],
)
def test_who_moves_value_or_opens_the_admin_needs_one(
    now: Any, role: str, scope: Scope, admin: bool, needs: bool
) -> None:
    user = staff.invite("a@example.org", "A", [(role, scope)], now=now, by="test", admin=admin)
    assert factors.needs_one(user) is needs


def test_staff_without_one_are_led_to_it_at_the_next_sign_in_and_nowhere_else(
    program: Any, manager: User, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = True
    before = Client()
    before.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert before.get("/desk/").status_code == 200, "a session from before the rule goes on"
    client = sign_in("max@example.org")
    assert client.get("/desk/").headers["location"] == reverse("mfa_index")
    assert "pour continuer" in client.get(reverse("mfa_index"), headers={"accept-language": "fr"}).content.decode()
    TOTP.activate(manager, generate_totp_secret())
    assert client.get("/desk/").status_code == 200


def test_without_the_setting_nobody_is_asked(program: Any, manager: User) -> None:
    assert sign_in("max@example.org").get("/desk/").status_code == 200


def test_the_app_s_code_is_asked_for_and_a_recovery_code_is_good_once(program: Any, manager: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(manager, secret)
    recovery = RecoveryCodes.activate(manager).get_unused_codes()[0]
    assert secret not in str(Authenticator.objects.get(type="totp").data), "kept encrypted"
    for code, lets_in in ((code_of(secret), True), (recovery, True), (recovery, False), ("000000", False)):
        client = sign_in("max@example.org")
        assert "_auth_user_id" not in client.session
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in client.session) is lets_in, code
        cache.clear()


def test_a_member_s_passkey_is_another_way_in_and_locks_none(program: Any) -> None:
    user = staff.member_login("camille@example.org", password="a long enough one 7")
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    assert "_auth_user_id" in sign_in("camille@example.org").session


def test_a_sign_in_from_a_new_device_is_told_and_from_a_known_one_not(program: Any, monkeypatch: Any) -> None:
    told: list[hooks.Happened] = []
    monkeypatch.setattr(hooks, "on_happened", [told.append])
    staff.member_login("camille@example.org", password="a long enough one 7")
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    first = sign_in("camille@example.org", user_agent=agent)
    assert told == [], "the first device of all has none to be compared with"
    first.post(reverse("account_logout"))
    first.post(reverse("account_request_login_code"), {"email": "camille@example.org"})
    first.post(reverse("account_confirm_login_code"), {"code": code_in(mail.outbox[-1])})
    assert told == []
    cache.clear()
    sign_in("camille@example.org", user_agent=agent)
    [event] = told
    assert (event.what, event.address) == ("new_device", "camille@example.org")
    assert event.values["device"] == "Firefox, Linux"
    assert Device.objects.count() == 2


def test_a_proof_is_fresh_for_some_minutes_and_a_code_renews_it(program: Any) -> None:
    staff.member_login("camille@example.org", password="a long enough one 7")
    User.objects.update(password="!")
    client = sign_in("camille@example.org")
    session = client.session
    request = RequestFactory().get("/")
    request.user, request.session = User.objects.get(), session
    assert stepping.confirmed_recently(request)
    session["account_authentication_methods"][-1]["at"] = time.time() - 3600
    session.save()
    assert not stepping.confirmed_recently(request)
    there = f"/demo{reverse('portal:confirm')}?next=/demo/me/"
    assert stepping.ask(request, then="/demo/me/").url.endswith("/me/confirm/?next=%2Fdemo%2Fme%2F")
    assert client.get(there).status_code == 200
    client.post(there, {"next": "/demo/me/"})
    assert client.post(there, {"code": "WRONG-CODE", "next": "/demo/me/"}).status_code == 422
    answer = client.post(there, {"code": code_in(mail.outbox[-1]), "next": "/demo/me/"})
    assert answer.headers["location"] == "/demo/me/"
    request.session = client.session
    assert stepping.confirmed_recently(request)


def test_a_confirmation_leads_to_no_other_site_and_ends_after_a_few_wrong_codes(program: Any) -> None:
    staff.member_login("camille@example.org", password="a long enough one 7")
    client = sign_in("camille@example.org")
    there = "/demo/me/confirm/?next=https://evil.example/"
    assert client.get(there).headers["location"] == "/"
    session = client.session
    session["account_authentication_methods"][-1]["at"] = 0
    session.save()
    client.post(there, {"next": "//evil.example"})
    right = code_in(mail.outbox[-1])
    for _number in range(stepping.TRIES):
        client.post(there, {"code": "AAAA-AAAA"})
    assert client.post(there, {"code": right}).status_code == 422


def test_another_way_in_is_added_only_by_who_just_proved_who_she_is(program: Any) -> None:
    """A session left open at a strange screen is not enough to leave a key of one's own behind."""
    staff.member_login("camille@example.org", password="a long enough one 7")
    User.objects.update(password="!")
    client = sign_in("camille@example.org")
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200
    session = client.session
    session["account_authentication_methods"][-1]["at"] = 0
    session.save()
    for name in ("mfa_add_webauthn", "mfa_activate_totp"):
        assert client.get(reverse(name)).headers["location"].startswith(reverse("portal:confirm"))


def test_a_code_that_was_seen_is_refused_as_long_as_it_is_good(program: Any, manager: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(manager, secret)
    code = code_of(secret)
    for lets_in in (True, False):
        client = sign_in("max@example.org")
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in client.session) is lets_in
        # thirty seconds later allauth remembers it no more, while a clock a little behind still shows it
        cache.delete(f"allauth.mfa.totp.used?user={manager.pk}&code={code}")


def test_guesses_of_a_code_are_few(program: Any, manager: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(manager, secret)
    client = sign_in("max@example.org")
    for number in range(5):
        client.post(reverse("mfa_authenticate"), {"code": f"00000{number}"})
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert "_auth_user_id" not in client.session, "the right one comes too late"


def test_a_passkey_that_counts_backwards_was_copied(program: Any, manager: User) -> None:
    key = Authenticator.objects.create(user=manager, type=Authenticator.Type.WEBAUTHN, data={})
    assert replays.goes_on(key, 0), "most of them count nothing"
    for count, good in ((5, True), (6, True), (6, False), (2, False), (0, False), (7, True)):
        assert replays.goes_on(key, count) is good, count
    assert Authenticator.objects.get().data[replays.COUNTER] == 7


def test_who_did_not_sign_in_there_throws_everybody_out_by_the_link_of_the_mail(program: Any) -> None:
    user = staff.member_login("camille@example.org", password="a long enough one 7")
    hers = sign_in("camille@example.org")
    theirs = sign_in("camille@example.org")
    for client in (hers, theirs):
        assert client.get(reverse("mfa_index")).status_code == 200
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})
    facts = Outgoing.objects.get(kind="new_device").facts
    assert facts["device_id"] and "path" not in facts, "the link stands in no table"
    there = telling.disowning_filled(facts)["path"]
    visitor = Client()
    assert b"It was not me" in visitor.get(there).content
    assert theirs.get(reverse("mfa_index")).status_code == 200, "looking ends nothing"
    assert visitor.get(there.replace("not-me/", "not-me/x")).status_code == 404
    assert b"Everybody is signed out" in visitor.post(there, follow=True).content
    for client in (hers, theirs):
        assert client.get(reverse("mfa_index")).status_code == 302
    user.refresh_from_db()
    assert not user.has_usable_password() and not Authenticator.objects.exists() and Device.objects.count() == 1
    assert "_auth_user_id" in sign_in("camille@example.org").session
    assert visitor.post(there).status_code == 302, "and again nothing happens"
    assert not disowning.was_not_me(device_id=facts["device_id"], now=user.date_joined)


def test_whatever_opens_an_account_anew_is_told_to_its_owner(
    program: Any, django_capture_on_commit_callbacks: Any
) -> None:
    staff.member_login("camille@example.org", password="a long enough one 7")
    client = sign_in("camille@example.org")
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    typed = {"oldpassword": "a long enough one 7", "password1": "another long one 8", "password2": "another long one 8"}
    client.post(reverse("account_change_password"), typed)
    client.post(reverse("mfa_deactivate_totp"), {})
    told = list(Outgoing.objects.filter(kind="way_in").order_by("pk").values_list("facts", flat=True))
    assert [one["changed"] for one in told] == ["totp_added", "password", "totp_removed"]
    assert all(one["device_id"] == Device.objects.get().pk for one in told), "with a link that throws everybody out"
    for one in told:
        for language in ("en", "fr"):
            letter = letters.write(kinds.kind_of("way_in"), language, program, kinds.facts_of("way_in", one))
            assert letter.subject and letter.text.count("\n\n") > 2
