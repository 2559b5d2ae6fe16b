"""A person is forgotten: nothing of her is found anywhere, and the books stay true."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from activity.models import Bearer, Quarantine
from audit import access
from care import cases, opinions
from care.leaving import acting
from care.privacy import archives, erasing
from ledger import auditing
from members import addressing, cards, changing, consents, households, inviting, suspension
from members.consents import Answer
from members.history import Hand
from members.models import Membership
from messaging import outbox
from tests.backoffice.test_floors import LADDER
from tests.rewards import shop
from tests.web import lives
from tiers import ladders, standing
from tiers.terms import Tiers

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
    ladders.put(program=program, document=Tiers.model_validate(LADDER), now=now, by="test")
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
    cases.note(case_id=case.pk, words=f"{first} called twice", now=now, by="test")
    cases.message(case_id=case.pk, words=f"Dear {last}", now=now, by="test")
    opinions.give(
        membership=row, rating=2, words=f"says {last}", channel="web", now=now, by="test", occurred_on=now.date(),
        store=row.home_store,
    )  # fmt: skip
    hand = Hand("user:1", "phone", f"{first} said so")
    where = {"country": "FR", "street": f"3 {street}", "postal_code": "75001", "city": "Paris"}
    addressing.change(membership=row, said=where, hand=hand, now=now)
    addressing.change(membership=row, said={**where, "street": f"4 {street}"}, hand=hand, now=now)
    changing.ask(membership=row, what=changing.EMAIL, wanted=f"new.{email}", hand=hand, now=now)
    inviting.ask(membership_id=row.pk, to="friend@example.com", now=now, by=f"member:{row.public_id}")
    suspension.suspend(membership_id=row.pk, reason="dispute", words=f"about {last}", now=now, by="test")
    suspension.lift(membership_id=row.pk, words=f"{last} is fine", now=now, by="test")
    acting_words = {"reason": "moved", "words": f"{last} moves", "now": now, "by": "test"}
    households.leave(membership_id=row.pk, now=now, by="test")
    acting.close(membership_id=row.pk, **acting_words)
    acting.reopen(membership_id=row.pk, now=now, by="test")
    archives.ask(membership_id=row.pk, now=now, by="test")
    archives.make_due(clock=lambda: now)
    standing.assign_floor(
        holder_id=life.holder_id, program=program, step="gold", now=now, by="test", reason=f"{last} is nice"
    )  # fmt: skip
    outbox.owe_address(
        address=email, language="en", kind="contact_taken", values={}, now=now, key="canary"
    )  # fmt: skip
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


def test_the_canary_is_found_before_and_nowhere_after(canary, now, folder, caplog, django_capture_on_commit_callbacks):
    life, case = canary
    caplog.set_level(logging.DEBUG)
    seen = {hit.partition(".")[0] for hit in everywhere(CANARIES)}
    assert {"member", "card", "bearer", "quarantine", "identity_user", "member_name_word", "care_case_event"} <= seen
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2, "evidence and archive"
    member_id = life.membership.member_id
    erasing.ask(member_id=member_id, reason="asked", now=now, by="test")
    with django_capture_on_commit_callbacks(execute=True):
        assert erasing.erase_due(now=now + LATER) == 1
    assert everywhere(CANARIES) == []
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert list(auditing.differences([life.holder_id])) == []
    assert erasing.erase_due(now=now + LATER) == 0
    with pytest.raises(acting.Erased):
        acting.reopen(membership_id=life.membership.pk, now=now + LATER, by="test")
    assert not [line for line in caplog.messages if any(one in line for one in CANARIES)]
    redis = cache._cache.get_client()
    held = b"".join(
        key + (redis.get(key) or b"" if redis.type(key) == b"string" else b"") for key in redis.scan_iter("*")
    )
    assert not [one for one in CANARIES if one.encode() in held]
    assert life.client().get("/demo/me/").status_code in (302, 404)
