"""Joining and signing in tell nobody whose address is known: the same pages, the same words, about the same work.

Time is the processor's: what a clock on the wall shows belongs to whoever else is busy here.
"""

import re
import time
from statistics import median
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.web import lives

pytestmark = pytest.mark.django_db
ROUNDS = 9
JOIN = {"first_name": "Inès", "market": "FR", "birth_date": "1988-05-14"}


@pytest.fixture
def known(program: Any, now: Any) -> list[str]:
    return [lives.member(program, now, email=f"known{number}@example.com").user.email for number in range(ROUNDS)]


def answered(path: str, typed: dict[str, str]) -> tuple[Any, float]:
    cache.clear()  # the brake counts by network, and all of these come from one
    client = Client(headers={"accept-language": "en"})
    began = time.thread_time()
    answer = client.post(path, typed)
    took = time.thread_time() - began
    return (answer.status_code, answer.headers.get("location"), _words(client, answer, typed["email"])), took


def _words(client: Client, answer: Any, address: str) -> str:
    """What the next page says, without what differs on every page."""
    page = client.get(answer.headers["location"]).content.decode() if answer.status_code == 302 else ""
    return re.sub(r'(nonce|value|content)="[^"]*"', "", page.replace(address, "ADDRESS"))


@pytest.mark.parametrize(
    ("path", "more"), [("/demo/join/", JOIN), ("/demo/account/login/code/", {})], ids=["join", "sign in"]
)
def test_known_and_unknown_addresses_are_answered_alike(path: str, more: dict[str, str], known: list[str]) -> None:
    answered(path, {**more, "email": "warm@example.com"})
    of_known, of_unknown = [], []
    for number, address in enumerate(known):
        theirs, took = answered(path, {**more, "email": address})
        nobodys, took_too = answered(path, {**more, "email": f"nobody{number}@example.com"})
        assert theirs == nobodys
        of_known.append(took)
        of_unknown.append(took_too)
    assert abs(median(of_known) - median(of_unknown)) < 0.02, (median(of_known), median(of_unknown))


def test_a_code_comes_as_a_letter_too(known: list[str]) -> None:
    answered("/demo/account/login/code/", {"email": known[0]})
    html, kind = mail.outbox[-1].alternatives[0]  # type: ignore[attr-defined]
    assert kind == "text/html" and '<div class="letter">' in html and "Demo club" in html
