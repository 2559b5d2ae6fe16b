"""A copy of what is known of a person: all of it, made once asked for, taken once, gone after a day."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from datetime import timedelta

import pytest

from activity.models import Bearer
from care.privacy import archives, columns, gathering, subjects
from members.models import Member, Membership
from messaging.models import Outgoing
from tests.web import lives

pytestmark = pytest.mark.django_db


@pytest.fixture
def life(program, now):
    found = lives.member(program, now)
    lives.receipt(found, now)
    return found


def made(life, now):
    asked = archives.ask(membership_id=life.membership.pk, now=now, by="test")
    assert archives.make_due(clock=lambda: now) == 1
    asked.refresh_from_db()
    return asked


def take(asked, now, **other):
    return archives.take(uid=asked.uid, **{"membership_id": asked.membership_id, **other}, now=now, by="test")


def test_it_is_made_taken_once_and_told_of(life, now, folder):
    asked = made(life, now)
    assert archives.make_due(clock=lambda: now) == 0
    assert Outgoing.objects.filter(kind="archive_ready", membership=life.membership).count() == 1
    with pytest.raises(archives.NotThere):
        take(asked, now, membership_id=life.membership.pk + 1)
    with pytest.raises(archives.NotThere):
        archives.take(uid=uuid.uuid4(), membership_id=life.membership.pk, now=now, by="test")
    name, content = take(asked, now)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        document = json.loads(packed.read("data.json"))
        page = packed.read("index.html").decode()
    assert name.endswith(".zip")
    assert document["tables"]["member"][0]["first_name"] == "Camille"
    assert document["tables"]["activity"][0]["nets"] == [1780, 2490]
    assert document["tables"]["award"] and document["tables"]["ledger_lot"]
    assert "Camille" in page and "Terreau universel" in page
    with pytest.raises(archives.NotThere):
        take(asked, now)


def test_after_a_day_it_is_gone(life, now, folder, django_capture_on_commit_callbacks):
    asked = made(life, now)
    path = archives.path_of(asked.name)
    end = now + timedelta(hours=24)
    with pytest.raises(archives.NotThere):
        take(asked, end)
    assert archives.expire(now=end - timedelta(seconds=1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert archives.expire(now=end) == 1
    assert not path.exists()
    assert archives.expire(now=end) == 0


def test_one_is_made_at_a_time(life, now):
    archives.ask(membership_id=life.membership.pk, now=now, by="test")
    with pytest.raises(archives.AskedAlready):
        archives.ask(membership_id=life.membership.pk, now=now, by="test")


def test_every_column_that_tells_of_a_person_is_in_it_or_says_why_not(life):
    subject = subjects.of(Membership.objects.get(pk=life.membership.pk).member_id)
    every = columns.models()
    for table in columns.of_people():
        model = every[table.name]
        told = set() if "*" in table.exempt else set(gathering.told_columns(table, model))
        missing = set(columns.columns_of(model)) - told - set(table.exempt)
        assert "*" in table.exempt or not missing, f"{table.name}: {missing}"
        assert all(len(reason) > 10 for reason in table.exempt.values()), table.name
        if "*" not in table.exempt:
            gathering.rows_of(table, model, subject)


def test_a_phone_that_a_family_shares_opens_nobody_else_s_receipts(life, program, now):
    other = lives.member(program, now, email="paul@example.com", first_name="Paul")
    lives.receipt(other, now)
    for one, card in ((life, "HERS"), (other, "HIS")):
        Member.objects.filter(pk=one.membership.member_id).update(phone="+33612345678")
        Bearer.objects.filter(digest=str(one.holder_id).encode()).update(phone="+33612345678", card=card)
    stranger = Bearer.objects.create(source_id=lives.source(program).pk, phone="+33612345678", digest=b"new")
    subject = subjects.of(life.membership.member_id)
    cards = Bearer.objects.filter(pk__in=subject.bearers).values_list("card", flat=True)
    assert set(cards) == {"HERS", None} and stranger.pk in subject.bearers
