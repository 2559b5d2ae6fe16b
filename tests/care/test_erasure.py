"""A person is forgotten: nothing of her is found anywhere, and the books stay true."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from activity.models import Bearer, Quarantine
from audit import access
from care import cases
from care.privacy import erasing
from ledger import auditing
from members import cards, consents
from members.consents import Answer
from members.models import Membership
from tests.rewards import shop
from tests.web import lives

pytestmark = pytest.mark.django_db
CANARIES = (
    "Zwitschera",
    "Kanarienvogel",
    "zwitschera.k@canary.example",
    "+33612398745",
    "KNR7788996655",
    "Volierenweg",
)
LATER = timedelta(days=18)


@pytest.fixture
def canary(program, now, photo):
    """Somebody who lived through every feature, with values that nobody else has."""
    first, last, email, phone, card, street = CANARIES
    shop.offer(program)
    life = lives.member(program, now, email=email, first_name=first)
    row = Membership.objects.select_related("member").get(pk=life.membership.pk)
    row.member.last_name, row.member.phone = last, phone
    row.member.save()
    lives.receipt(life, now)
    cards.bind(membership=row, number=card, now=now, by="test")
    consents.record(
        member_id=row.member_id, answers=[Answer("marketing", "email", True, "w1")], source="web", now=now, by="test"
    )
    Bearer.objects.create(source_id=lives.source(program).pk, card=card, email=email.upper(), digest=b"canary")
    Quarantine.objects.create(
        source=lives.source(program), program=program, line=3, reason="InvalidField", raw=f"7;{card};{email}".encode(),
        content={"card": card}, detail=f"no date for {card}", at=now,
    )  # fmt: skip
    case = cases.open(
        membership=row, type="other", channel="web", words=f"{first} {last} asks", now=now, by="test", files=[photo()]
    )
    life.client().get("/demo/me/")
    access.record(actor="user:1", membership_id=row.pk, page="member", purpose="desk", at=now)
    return life, case


def everywhere(needles):
    """Where any of these stands: every column of every table, whatever its type."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
        )
        columns = cursor.fetchall()
        hits = []
        for table, column, kind in columns:
            for needle in needles:
                found = (
                    f'position(%s IN "{column}") > 0'
                    if kind == "bytea"
                    else f'strpos(lower("{column}"::text), lower(%s)) > 0'
                )
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE {found}', [needle.encode() if kind == "bytea" else needle]
                )
                if cursor.fetchone()[0]:
                    hits.append(f"{table}.{column}: {needle}")
    return sorted(hits)


def test_the_canary_is_found_before_and_nowhere_after(canary, now, folder, caplog, mailoutbox):
    life, case = canary
    caplog.set_level(logging.DEBUG)
    seen = {hit.partition(".")[0] for hit in everywhere(CANARIES)}
    assert {"member", "card", "bearer", "quarantine", "identity_user", "member_name_word", "care_case_event"} <= seen
    assert [path for path in folder.rglob("*") if path.is_file()]
    member_id = life.membership.member_id
    erasing.ask(member_id=member_id, reason="asked", now=now, by="test")
    assert erasing.erase_due(now=now + LATER) == 1
    assert everywhere(CANARIES) == []
    assert list(auditing.differences([life.holder_id])) == []
    assert erasing.erase_due(now=now + LATER) == 0
    assert not [line for line in caplog.messages if any(one in line for one in CANARIES)]
    held = b"".join(key for key in cache._cache.get_client().scan_iter("*"))
    assert not [one for one in CANARIES if one.encode() in held]
    assert life.client().get("/demo/me/").status_code in (302, 404)
