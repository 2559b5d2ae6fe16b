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
