"""Asking how a visit was: who agreed, some hours after a scored purchase, now and then, and with a link that opens."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Kind
from care import asking, opinions
from care.models import Opinion
from earning.models import Mark
from members import consents
from members.consents import Answer
from members.models import Membership
from messaging import delivery
from messaging.models import Outgoing
from tests.care.conftest import NOW
from tests.ledger.test_rivals import at_once
from tests.web import lives
from tests.web.lives import Life, member

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def asks(program: Any) -> Any:
    program.settings = {"care": {"asks": {"after_hours": 24, "every_days": 30}}}
    program.save()
    return program


def agreed(program: Any, email: str = "camille@example.com", yes: bool = True) -> Life:
    life = member(program, NOW - timedelta(days=90), email=email)
    consents.record(
        member_id=life.membership.member_id, answers=[Answer("marketing", "email", yes, "t")], source="web",
        now=NOW - timedelta(days=90), by="test",
    )  # fmt: skip
    return life


def asked(now: datetime = NOW) -> int:
    return asking.ask_due(now=now)


def test_it_is_asked_so_many_hours_after_and_once(asks: Any) -> None:
    lives.receipt(agreed(asks), NOW - DAY + timedelta(minutes=1))
    assert (asked(), asked(NOW + timedelta(minutes=2)), asked(NOW + DAY)) == (0, 1, 0)


def test_a_program_that_does_not_say_so_asks_nobody(program: Any) -> None:
    lives.receipt(agreed(program), NOW - 2 * DAY)
    assert asked() == 0


def test_of_two_receipts_the_later_is_asked_about_and_the_next_question_waits_its_days(asks: Any) -> None:
    camille = agreed(asks)
    lives.receipt(camille, NOW - 2 * DAY)
    later = lives.receipt(camille, NOW - DAY)
    assert asked() == 1
    assert Outgoing.objects.get(kind="opinion_asked").facts["activity"] == later
    lives.receipt(camille, NOW + 28 * DAY)
    assert asked(NOW + 29 * DAY + timedelta(hours=1)) == 0
    assert asked(NOW + 30 * DAY) == 1


@pytest.mark.parametrize(
    "why", ["no consent", "no address", "left", "rated", "not scored", "old", "return", "nobody's", "anothers program"]
)
def test_nobody_is_asked_who(asks: Any, program: Any, why: str) -> None:
    camille = agreed(asks, yes=why != "no consent")
    at = NOW - 5 * DAY if why == "old" else NOW - DAY
    sale = lives.receipt(camille, at, kind=Kind.RETURN if why == "return" else Kind.PURCHASE)
    match why:
        case "no address":
            camille.membership.member.email = ""
            camille.membership.member.save()
        case "left":
            Membership.objects.filter(pk=camille.membership.pk).update(status="closed")
        case "rated":
            opinions.give(
                membership=camille.membership, rating=9, words="", channel="web", activity_id=sale, now=NOW,
                by="member:x",
            )  # fmt: skip
        case "not scored":
            Mark.objects.create(
                bucket=camille.holder_id % 64, holder_id=camille.holder_id, activity_id=sale, reason="t", at=NOW
            )
        case "nobody's":
            with connection.cursor() as cursor:
                cursor.execute("UPDATE attribution SET ended_at = at")
        case "anothers program":
            asks.settings = {}
            asks.save()
    assert (asked(), Outgoing.objects.filter(kind="opinion_asked").count()) == (0, 0)


def test_the_letter_carries_a_link_that_takes_an_opinion_and_the_ways_out(asks: Any) -> None:
    camille = agreed(asks)
    sale = lives.receipt(camille, NOW - DAY)
    asked()
    assert "token" not in str(Outgoing.objects.get(kind="opinion_asked").facts)
    delivery.deliver_due(clock=lambda: NOW)
    letter = next(one for one in mail.outbox if "visite" in one.subject)
    assert "19 novembre" in letter.body and "List-Unsubscribe" in letter.extra_headers
    [link] = re.findall(r"http://localhost:8000(/demo/opinion/\S+)", letter.body)
    stranger = Client(headers={"accept-language": "en"})
    page = stranger.get(link).content.decode()
    assert "Would you recommend" in page and "Camille" not in page and f"T{sale}" not in page
    assert stranger.post(link, {"rating": "11"}).status_code == 422
    for rating in ("3", "9"):  # said again, it is changed
        assert stranger.post(link, {"rating": rating, "words": "Fine"}).status_code == 200
    row = Opinion.objects.get()
    assert (row.rating, row.channel, row.activity_id, row.membership_id) == (9, "link", sale, camille.membership.pk)
    assert stranger.get(link[:-3] + "xx/").status_code == 404
    Membership.objects.filter(pk=camille.membership.pk).update(status="closed")
    assert stranger.get(link).status_code == 404


def test_whoever_takes_the_consent_back_meanwhile_is_not_written_to(asks: Any) -> None:
    camille = agreed(asks)
    lives.receipt(camille, NOW - DAY)
    asked()
    consents.record(
        member_id=camille.membership.member_id, answers=[Answer("marketing", "email", False, "t")], source="web",
        now=NOW, by="test",
    )  # fmt: skip
    delivery.deliver_due(clock=lambda: NOW)
    row = Outgoing.objects.get(kind="opinion_asked")
    assert (row.state, row.error) == ("dropped", "no consent")


def test_more_members_take_no_more_statements(asks: Any) -> None:
    counted = []
    for turn in range(2):
        for number in range(1 + 3 * turn):
            lives.receipt(agreed(asks, f"m{turn}{number}@example.com"), NOW - DAY)
        with CaptureQueriesContext(connection) as told:
            assert asked() == 1 + 3 * turn
        counted.append(len(told))
    assert counted[0] == counted[1]


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_ask_once(asks: Any) -> None:
    camille = agreed(asks)
    for hours in (24, 25):
        lives.receipt(camille, NOW - timedelta(hours=hours))
    # a second later another receipt is the latest: only whom the other asked keeps her from a second question
    lives.receipt(camille, NOW - DAY + timedelta(seconds=1))
    at_once([lambda: asked(NOW), lambda: asked(NOW + timedelta(seconds=1))] * 2)
    assert Outgoing.objects.filter(kind="opinion_asked").count() == 1
