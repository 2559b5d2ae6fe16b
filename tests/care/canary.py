"""Somebody who lived through everything, with values that nobody else has, and where any of them stands.

Import as `from tests.care import canary`. Each stage is a way in which a person gets known to us; a new feature that
keeps something of people gets a stage of its own.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from activity import single
from activity.models import Bearer, Quarantine
from audit import access
from care import adjustments, cases, opinions
from care.leaving import acting
from care.models import Case
from care.privacy import archives
from ledger import freezing
from members import (
    addressing,
    cards,
    changing,
    claim_codes,
    consents,
    households,
    inviting,
    joining,
    merging,
    postal,
    preferring,
    spending_codes,
    suspension,
    wallets,
)
from members.consents import Answer
from members.history import Hand
from members.models import Membership
from messaging import outbox
from programs import queries as programs
from replication import feeding, pushing, systems
from tests.backoffice.test_floors import LADDER
from tests.rewards import shop
from tests.web import lives
from tests.web.lives import Life
from tiers import ladders, standing
from tiers.terms import Tiers

FIRST, LAST, EMAIL, PHONE, CARD, STREET = (
    "Zwitschera", "Kanarienvogel", "zwitschera.k@canary.example", "+33612398745", "KNR7788996655", "Volierenweg",
)  # fmt: skip
MAIDEN, NICKNAME, OTHER_EMAIL, OTHER_PHONE = "Wellensittich", "Piepmatzine", "piep@canary.example", "+33698712345"
DEVICE = "knriphone77"
PAPER_CARD, CRM_CARD, MISSPELT, BORN = "KNR1122334455", "KNR9988776655", "Zwitscherra", date(1951, 12, 17)
NEEDLES = (
    FIRST, LAST, EMAIL, PHONE, CARD, STREET, MAIDEN, NICKNAME, OTHER_EMAIL, OTHER_PHONE, PAPER_CARD, CRM_CARD, MISSPELT,
    DEVICE, BORN.isoformat(), PHONE.removeprefix("+33"), OTHER_PHONE.removeprefix("+33"),
)  # fmt: skip
BY = "user:1"


def lived(program: Any, now: datetime, photo: Callable[[], Any], agent: Any) -> Life:
    """All of it; the membership that is left at the end is the one of the answer."""
    ladders.put(program=program, document=Tiers.model_validate(LADDER), now=now, by="test")
    shop.offer(program)
    life = lives.member(program, now, email=EMAIL, first_name=FIRST)
    row = Membership.objects.select_related("member", "program").get(pk=life.membership.pk)
    row.member.last_name, row.member.phone, row.member.birth_date = MAIDEN, PHONE, BORN
    row.member.save()
    known_by_contact(row, now)
    shopped(life, row, now)
    asked_for_things(row, now, photo, agent)
    signed_in(life, row, now)
    shared_a_household(program, row, now)
    treated_by_staff(life, row, now)
    twins = [came_on_paper(program, now), came_from_a_crm(program, row, now)]
    for twin in twins:
        merging.merge(kept_id=row.pk, gone_id=twin.pk, reason=LAST, now=now, by=BY)
    took_her_data(row, now)
    return life


def known_by_contact(row: Membership, now: datetime) -> None:
    hand = Hand(BY, "phone", f"{FIRST} said so")
    preferring.change_person(
        membership=row, first_name=FIRST, last_name=LAST, birth_date=BORN, language="fr", hand=hand, now=now
    )  # fmt: skip
    where = {"country": "FR", "street": f"3 {STREET}", "postal_code": "75001", "city": "Paris"}
    for street in (f"3 {STREET}", f"4 {STREET}"):
        addressing.change(membership=row, said={**where, "street": street}, hand=hand, now=now)
    changing.ask(membership=row, what=changing.EMAIL, wanted=f"new.{EMAIL}", hand=hand, now=now)
    answers = [Answer("marketing", "email", True, "w1")]
    consents.record(member_id=row.member_id, answers=answers, source="web", now=now, by="test")
    outbox.owe_address(address=EMAIL, language="en", kind="contact_taken", values={}, now=now, key="canary")


def shopped(life: Life, row: Membership, now: datetime) -> None:
    lives.receipt(life, now)
    cards.bind(membership=row, number=CARD, now=now, by="test")
    till = lives.source(life.program)
    Bearer.objects.create(source_id=till.pk, card=CARD, email=EMAIL.upper(), digest=b"canary")
    Quarantine.objects.create(
        source=till, program=life.program, line=3, reason="InvalidField", raw=f"7;{CARD};{EMAIL}".encode(),
        content={"card": CARD}, detail=f"no date for {CARD}", at=now,
    )  # fmt: skip
    line = {"receipt_id": "Q1", "store": "s1", "card": CARD, "sku": "a", "quantity": "1", "gross": "4.90"}
    for moment in ("2026-13-45", (now - timedelta(days=1)).isoformat()):
        single.land_one([{**line, "occurred_at": moment, "receipt_id": f"Q{moment[:7]}"}], source=till,
                        program=life.program, now=now)  # fmt: skip
    pass_ = cards.issue_pass(membership=row, now=now, by="test")
    wallets.register(card=pass_, device=DEVICE, push_token=f"{DEVICE}token", now=now)
    wallets.fetched(card=pass_, told="", now=now)
    digits = spending_codes.shown(row.pk, now).digits
    spending_codes.use(membership_id=row.pk, code=digits, key="redeem:1", now=now, by=BY)
    assert not claim_codes.fits("0000-0000", CARD, None)


def asked_for_things(row: Membership, now: datetime, photo: Callable[[], Any], agent: Any) -> None:
    case: Case = cases.open(
        membership=row, type="other", channel="web", words=f"{FIRST} {LAST} asks", now=now, by="test", files=[photo()]
    )
    cases.note(case_id=case.pk, words=f"{FIRST} called twice", now=now, by=BY)
    cases.message(case_id=case.pk, words=f"Dear {LAST}", now=now, by=BY, asks=True)
    cases.reply(case_id=case.pk, words=LAST, files=[photo()], now=now, by=f"member:{row.public_id}")
    cases.solve(case_id=case.pk, words=f"Bye {LAST}", outcome="answer", now=now, by=BY, data={})
    said = opinions.give(
        membership=row, rating=2, words=f"says {LAST}", channel="web", now=now, by="test", occurred_on=now.date(),
        store=row.home_store,
    )  # fmt: skip
    opinions.answer(opinion_id=said.pk, words=f"Sorry {LAST}", now=now, by=BY)
    pot: Any = programs.currencies_of(row.program_id)[0]
    for amount in (5, 900_000):
        adjustments.ask(membership=row, currency=pot, amount=amount, reason="goodwill", words=f"for {LAST}",
                        key=uuid4(), user=agent, now=now)  # fmt: skip


def signed_in(life: Life, row: Membership, now: datetime) -> None:
    """Her session, one somebody began with her address, keys and devices, throttled tries, a page that staff opened."""
    TOTP.activate(life.user, generate_totp_secret())
    RecoveryCodes.activate(life.user)
    Authenticator.objects.create(user=life.user, type="webauthn", data={"name": f"{FIRST}'s phone"})
    hers = life.client()
    hers.get("/demo/me/")
    stranger = Client()
    typed = {"first_name": FIRST, "email": EMAIL, "market": "FR", "birth_date": BORN.isoformat()}
    stranger.post("/demo/join/", typed)
    assert joining.kept(stranger.session) is not None
    for _number in range(2):
        stranger.post("/demo/account/login/", {"login": EMAIL, "password": "wrong"})
    stranger.get("/demo/", {"q": EMAIL})
    access.record(actor=BY, membership_id=row.pk, page="member", purpose="desk", at=now)


def shared_a_household(program: Any, row: Membership, now: datetime) -> None:
    friend, aunt = (
        lives.member(program, now, email=f"{name}@example.com", first_name=name).membership for name in ("Paul", "Nina")
    )
    for one in (friend, aunt):  # the aunt's is never answered
        inviting.ask(membership_id=one.pk, to=EMAIL, now=now, by=f"member:{one.public_id}")
    inviting.ask(membership_id=row.pk, to="somebody@example.com", now=now, by=f"member:{row.public_id}")
    asked = inviting.ask(membership_id=row.pk, to=friend.number, now=now, by=f"member:{row.public_id}")
    households.leave(membership_id=friend.pk, now=now, by="test")
    inviting.accept(invitation_id=asked.pk, membership_id=friend.pk, now=now, by="test")
    households.leave(membership_id=row.pk, now=now, by=f"member:{row.public_id}")


def treated_by_staff(life: Life, row: Membership, now: datetime) -> None:
    suspension.suspend(membership_id=row.pk, reason="dispute", words=f"about {LAST}", now=now, by=BY)
    suspension.lift(membership_id=row.pk, words=f"{LAST} is fine", now=now, by=BY)
    acting.close(membership_id=row.pk, reason="moved", words=f"{LAST} moves", now=now, by=BY)
    acting.reopen(membership_id=row.pk, now=now, by=BY)
    cards.block(card=row.cards.get(number=CARD), reason=LAST, now=now, by=BY)
    holder_id = row.holders.get(until_at=None).holder_id
    pots = [one.id for one in programs.currencies_of(row.program_id)]
    for act in (freezing.freeze, freezing.release):
        act(holder_id=holder_id, currency_ids=pots, reason=LAST, now=now, by=BY)
    for reason in (LAST.lower(), f"{LAST} is nice"):  # also a single word, as a code would be written
        for step in ("gold", None):
            standing.assign_floor(
                holder_id=holder_id, program=life.program, step=step, now=now, by=BY, reason=reason
            )  # fmt: skip


def came_on_paper(program: Any, now: datetime) -> Membership:
    return postal.enter(
        program=program, batch="B-7", signed_on=now.date(), timezone="Europe/Paris", now=now, by=BY,
        first_name=MISSPELT, last_name=LAST, birth_date=BORN, phone=PHONE, card_number=PAPER_CARD, market_code="FR",
        offers=True,
    )  # fmt: skip


def came_from_a_crm(program: Any, row: Membership, now: datetime) -> Membership:
    """Whole, then changed on both sides, refused once, asked about as somebody's twin, told back in the feed."""
    crm = systems.make(code="crm", program=program, now=now, by="test")
    crm.owners = {"phone": "shared"}
    crm.save()
    person: dict[str, Any] = {
        "external_id": OTHER_EMAIL, "version": 1, "first_name": NICKNAME, "last_name": LAST, "email": OTHER_EMAIL,
        "phone": PHONE, "birth_date": BORN.isoformat(), "store": "s1", "cards": [{"number": CRM_CARD}],
        "lots": [{"id": "L1", "currency": "points", "amount": 500, "earned_on": "2026-03-01"}],
    }  # fmt: skip
    _pushed(crm, person, now)
    twin = Membership.objects.select_related("member").get(cards__number=CRM_CARD)
    twin.member.phone = "+33622222222"
    twin.member.save()
    _pushed(crm, {**person, "version": 2, "phone": OTHER_PHONE}, now)
    with contextlib.suppress(pushing.NotTaken):
        _pushed(crm, {**person, "external_id": "CRM-10", "birth_date": LAST, "cards": []}, now)
    partner = systems.make(code="partner", program=program, now=now, by="test", channel="partner")
    _pushed(partner, {**person, "external_id": EMAIL, "cards": [], "lots": [], "phone": PHONE, "email": EMAIL}, now)
    feeding.look(system=crm, now=now)
    return twin


def took_her_data(row: Membership, now: datetime) -> None:
    """One archive she fetched, one that lies there."""
    archives.ask(membership_id=row.pk, now=now, by="test")
    archives.make_due(clock=lambda: now)
    made = archives.latest(row.pk)
    assert made is not None
    archives.take(uid=made.uid, membership_id=row.pk, now=now, by="test")
    archives.ask(membership_id=row.pk, now=now, by="test")
    archives.make_due(clock=lambda: now)


def _pushed(system: Any, record: dict[str, Any], now: datetime) -> None:
    pushing.push(system=system, content=json.dumps(record).encode(), now=now, by=f"replication:{system.code}")


def in_tables(needles: Iterable[str] = NEEDLES) -> list[str]:
    """`table.column: needle` of every column of every table, whatever its type, and of what sessions hold inside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
        )
        found = []
        for table, column, kind in cursor.fetchall():
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            sought = [needle.lower() for needle in needles]
            cursor.execute(
                f'SELECT DISTINCT sought FROM "{table}", unnest(%s::text[]) AS sought'
                f" WHERE strpos(lower({text}), sought) > 0",
                [sought],
            )
            found += [f"{table}.{column}: {one}" for (one,) in cursor.fetchall()]
    held = [json.dumps(one.get_decoded(), default=str, ensure_ascii=False) for one in Session.objects.all()]
    return sorted([*found, *(f"in a session: {one}" for one in in_texts(held, needles))])


def in_texts(texts: Iterable[str], needles: Iterable[str] = NEEDLES) -> list[str]:
    said = "\n".join(texts).lower()
    return [needle for needle in needles if needle.lower() in said]


def in_redis(needles: Iterable[str] = NEEDLES) -> list[str]:
    """In any key or value of any type, of every database: cache, broker, results."""
    address = settings.ENVIRONMENT.redis_url
    held = []
    for number in range(16):
        server = redis.Redis.from_url(f"{address}/{number}")
        held += [f"{key!r} {_value(server, key)!r}" for key in server.scan_iter("*")]
    return in_texts(held, needles)


def _value(server: Any, key: bytes) -> Any:
    match server.type(key):
        case b"string":
            return server.get(key)
        case b"list":
            return server.lrange(key, 0, -1)
        case b"hash":
            return server.hgetall(key)
        case b"set":
            return server.smembers(key)
        case b"zset":
            return server.zrange(key, 0, -1)
    return server.type(key)


def in_files(folder: Path, needles: Iterable[str] = NEEDLES) -> list[str]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return in_texts([f"{path.name} {path.read_bytes().decode('latin-1')}" for path in found], needles)
