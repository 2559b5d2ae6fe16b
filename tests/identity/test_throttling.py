"""Tries are counted for a network, and for an address from a network: floods never lock the owner out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from identity import staff
from tests.identity.test_signing_in import Urls, code_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one 7"
ATTACKER, VICTIM = "203.0.113.9", "198.51.100.7"


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> Any:
    settings.ROOT_URLCONF = Urls
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tries are counted, not hashed
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def known(now: Any) -> Any:
    return staff.member_login("known@example.org", password=PASSWORD)


def try_password(network: str, address: str, password: str) -> bool:
    client = Client(REMOTE_ADDR=network)
    client.post(reverse("account_login"), {"login": address, "password": password})
    return "_auth_user_id" in client.session


def ask_for_code(network: str, address: str) -> Client:
    client = Client(REMOTE_ADDR=network)
    client.post(reverse("account_request_login_code"), {"email": address})
    return client


def test_whoever_floods_an_address_with_passwords_locks_out_nobody_but_herself(known: Any) -> None:
    for number in range(8):
        assert not try_password(ATTACKER, "known@example.org", f"wrong {number}")
    assert not try_password(ATTACKER, "known@example.org", PASSWORD), "the network has spent its tries"
    assert try_password(VICTIM, "known@example.org", PASSWORD)


def test_many_networks_at_once_lock_out_nobody(known: Any) -> None:
    for number in range(20):
        try_password(f"203.0.113.{number}", "known@example.org", "wrong")
    assert try_password(VICTIM, "known@example.org", PASSWORD)


def test_one_network_cannot_spray_many_addresses(known: Any) -> None:
    for number in range(12):
        try_password(ATTACKER, f"somebody{number}@example.org", "wrong")
    assert not try_password(ATTACKER, "known@example.org", PASSWORD)
    assert try_password(VICTIM, "known@example.org", PASSWORD)


def test_whoever_floods_an_address_with_codes_keeps_its_owner_from_none(known: Any) -> None:
    for _number in range(8):
        ask_for_code(ATTACKER, "known@example.org")
    assert len(mail.outbox) == 5
    client = ask_for_code(VICTIM, "known@example.org")
    assert len(mail.outbox) == 6
    client.post(reverse("account_confirm_login_code"), {"code": code_in(mail.outbox[-1])})
    assert "_auth_user_id" in client.session


def test_resets_of_a_password_are_throttled_for_the_pair(known: Any) -> None:
    for network, mails in ((ATTACKER, 5), (VICTIM, 6)):
        for _number in range(7 if network == ATTACKER else 1):
            Client(REMOTE_ADDR=network).post(reverse("account_reset_password"), {"email": "known@example.org"})
        assert len(mail.outbox) == mails


def limits(settings: Any, **rates: str) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, **rates}


def signed_in_before(network: str) -> Client:
    """Her own browser: she signed in there, and out again."""
    client = Client(REMOTE_ADDR=network)
    client.post(reverse("account_login"), {"login": "known@example.org", "password": PASSWORD})
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session
    return client


def gets_in(client: Client) -> bool:
    client.post(reverse("account_login"), {"login": "known@example.org", "password": PASSWORD})
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("brake", ["wrong_for_address", "wrong_in_house"])
def test_tries_from_many_networks_leave_a_known_browser_and_a_code(known: Any, settings: Any, brake: str) -> None:
    hers = signed_in_before(VICTIM)
    limits(settings, **{brake: "6/h/key"})
    for number in range(6):
        address = "known@example.org" if brake == "wrong_for_address" else f"somebody{number}@example.org"
        assert not try_password(f"203.0.113.{number}", address, "wrong")
    elsewhere = Client(REMOTE_ADDR="192.0.2.1")
    for address in ("known@example.org", "nobody@example.org"):
        page = elsewhere.post(reverse("account_login"), {"login": address, "password": PASSWORD})
        braked = brake == "wrong_in_house" or address.startswith("known")
        assert (b"Sign in with a code by e-mail" in page.content) is braked
    assert "_auth_user_id" not in elsewhere.session, "the right password in a browser nobody knows"
    assert gets_in(hers)
    by_code = ask_for_code("192.0.2.1", "known@example.org")
    by_code.post(reverse("account_confirm_login_code"), {"code": code_in(mail.outbox[-1])})
    assert "_auth_user_id" in by_code.session


def test_whoever_floods_an_address_from_its_owner_s_own_network_keeps_her_known_browser_from_nothing(
    known: Any,
) -> None:
    hers = signed_in_before(VICTIM)
    for number in range(6):
        assert not try_password(VICTIM, "known@example.org", f"wrong {number}")
    assert not try_password(VICTIM, "known@example.org", PASSWORD), "an unknown browser of that network waits"
    assert gets_in(hers)


def test_a_browser_known_to_one_login_is_no_pass_to_another(known: Any, settings: Any) -> None:
    hers = signed_in_before(VICTIM)
    staff.member_login("other@example.org", password=PASSWORD)
    limits(settings, wrong_in_house="1/h/key")
    try_password(ATTACKER, "nobody@example.org", "wrong")
    hers.post(reverse("account_login"), {"login": "other@example.org", "password": PASSWORD})
    assert "_auth_user_id" not in hers.session


def test_a_sign_in_takes_a_new_session_so_that_none_is_planted(known: Any) -> None:
    client = Client(REMOTE_ADDR=VICTIM)
    client.get(reverse("account_login"))
    planted = client.session
    planted["seen"] = 1
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    client.post(reverse("account_login"), {"login": "known@example.org", "password": PASSWORD})
    assert "_auth_user_id" in client.session and client.session.session_key != planted.session_key
    assert not client.session.__class__(planted.session_key).get("_auth_user_id")
