"""No door tells anybody whose address, number or card is known: the same pages, the same words, the same work.

Work is counted, not timed: what is written, passwords that are hashed, mails and messages that go out, and what is
read, in which allauth differs by one look at addresses that somebody proved.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.hashers import get_hasher
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity import staff
from members import batches
from members.models import Card
from messaging.models import Outgoing
from tests.web import lives

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough one 7"
JOIN = {"first_name": "Inès", "market": "FR", "birth_date": "1988-05-14"}


class Work(NamedTuple):
    reads: int
    writes: Counter[str]
    mails: int
    owed: int
    hashed: int

    def is_like(self, other: "Work") -> bool:
        return self[1:] == other[1:] and abs(self.reads - other.reads) <= 1


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for every password that was hashed or verified: what takes longest of all."""
    done: list[str] = []
    for name in ("encode", "verify"):
        kind = type(get_hasher())
        monkeypatch.setattr(kind, name, _noting(getattr(kind, name), done))
    return done


def _noting(act: Callable[..., Any], done: list[str]) -> Callable[..., Any]:
    def noted(*given: Any, **named: Any) -> Any:
        done.append("")
        return act(*given, **named)

    return noted


@pytest.fixture
def answered(hashed: list[str]) -> Callable[..., Any]:
    """What somebody at a door sees of an answer, and what was done for it."""

    def ask(client: Client, path: str, typed: dict[str, str]) -> tuple[Any, Any]:
        cache.clear()  # the brake counts by network, and all of these come from one
        mails, owed = len(mail.outbox), Outgoing.objects.count()
        hashed.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(path, typed)
        verbs: Counter[str] = Counter(_verb(one["sql"]) for one in asked.captured_queries)
        work = Work(
            reads=verbs.pop("SELECT"), writes=_written(verbs), mails=len(mail.outbox) - mails,
            owed=Outgoing.objects.count() - owed, hashed=len(hashed),
        )  # fmt: skip
        return (answer.status_code, answer.headers.get("location"), _words(client, answer, typed)), work

    return ask


def _written(verbs: Counter[str]) -> Counter[str]:
    return Counter({verb: count for verb, count in verbs.items() if verb != "SAVEPOINT"})


def _verb(sql: str) -> str:
    """How a transaction is nested costs nothing; a cursor that is declared reads."""
    verb = sql.lstrip("( ").split(None, 1)[0].upper()
    return {"DECLARE": "SELECT", "RELEASE": "SAVEPOINT", "ROLLBACK": "SAVEPOINT"}.get(verb, verb)


def _words(client: Client, answer: Any, typed: dict[str, str]) -> str:
    """What the next page says, without what differs on every page."""
    page = client.get(answer.headers["location"]) if answer.status_code == 302 else answer
    text = page.content.decode()
    for said in typed.values():
        text = text.replace(said, "TYPED")
    return re.sub(r'(nonce|value|content)="[^"]*"', "", text)


def visitor() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.mark.parametrize(
    ("path", "field", "more"),
    [("join/", "email", JOIN), ("account/login/code/", "email", {}), ("account/password/reset/", "email", {}),
     ("account/login/", "login", {"password": "wrong"})],
    ids=["join", "code", "reset", "password"],
)  # fmt: skip
def test_known_and_unknown_addresses_are_answered_alike(
    program: Any, now: Any, answered: Any, path: str, field: str, more: dict[str, str]
) -> None:
    lives.member(program, now, email="by-code@example.com")
    lives.member(program, now, email="closed@example.com").user.__class__.objects.filter(
        email="closed@example.com"
    ).update(is_active=False)
    staff.member_login("with-password@example.com", password=PASSWORD)
    answered(visitor(), f"/demo/{path}", {**more, field: "warm@example.com"})
    seen = {
        name: answered(visitor(), f"/demo/{path}", {**more, field: f"{name}@example.com"})
        for name in ("nobody", "by-code", "with-password", "closed")
    }
    for name, (page, work) in seen.items():
        assert page == seen["nobody"][0], name
        if name != "closed":
            assert work.is_like(seen["nobody"][1]), (name, work, seen["nobody"][1])


def test_whoever_is_asked_into_a_household_the_answer_is_one(program: Any, now: Any, answered: Any) -> None:
    asks = lives.member(program, now)
    known = lives.member(program, now, email="known@example.com", first_name="Zoé").membership
    client = asks.client()
    there = "/demo/me/household/"
    answered(client, there, {"to": "warm@example.com"})
    for one, other in (("known@example.com", "nobody@example.com"), (known.number, "999999999999")):
        (page, work), (page_too, work_too) = (answered(client, there, {"to": to}) for to in (one, other))
        assert page[:2] == page_too[:2] and work == work_too, (one, work, work_too)


def test_vain_claims_of_a_card_are_one_whatever_is_wrong(program: Any, now: Any, answered: Any) -> None:
    client = lives.member(program, now).client()
    theirs = lives.member(program, now, email="known@example.com").membership.cards.get().number
    batches.prepare(program=program, count=1, now=now, by="test")
    blank = Card.objects.get(status=Card.Status.BLANK).number
    seen = []
    for number in ("5555444433332222", theirs, blank):
        typed = {"number": number, "proof": "0000-0000"}
        page, work = answered(client, "/demo/cards/claim/", typed)
        with CaptureQueriesContext(connection) as asked:
            told = client.get("/demo/cards/claim/done/", follow=True).content.decode()
        seen.append((page[:2], work, re.sub(r'(nonce|value|content)="[^"]*"', "", told), len(asked)))
    assert seen[0] == seen[1] == seen[2]


def test_a_new_address_that_is_somebody_elses_waits_as_any_other(program: Any, now: Any, answered: Any) -> None:
    lives.member(program, now, email="known@example.com")
    asks = lives.member(program, now)
    client = asks.client()
    session = client.session
    session["account_authentication_methods"] = [{"method": "code", "at": 4e9, "reauthenticated": True}]
    session.save()
    there = "/demo/me/contact/email/"
    answered(client, there, {"contact": "warm@example.com"})
    (page, work), (page_too, work_too) = (
        answered(client, there, {"contact": f"{name}@example.com"}) for name in ("known", "nobody")
    )
    assert page == page_too and work == work_too
    assert page[0] == 302, "the code is asked for"


def test_a_code_comes_as_a_letter_too(program: Any, now: Any, answered: Any) -> None:
    answered(visitor(), "/demo/account/login/code/", {"email": lives.member(program, now).user.email})
    html, kind = mail.outbox[-1].alternatives[0]  # type: ignore[attr-defined]
    assert kind == "text/html" and '<div class="letter">' in html and "Demo club" in html
