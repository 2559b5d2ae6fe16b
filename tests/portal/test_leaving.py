"""Leaving, coming back, a copy of one's data and having it deleted, as the pages of the portal do it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from care.leaving import settling
from care.models import Archive, Erasure
from care.privacy import archives
from identity import stepping
from members.models import Membership
from tests.web import lives

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def proven(monkeypatch, settings, tmp_path):
    settings.FILES_DIR = tmp_path
    monkeypatch.setattr(stepping, "confirmed_recently", lambda request: True)


def status(life):
    return Membership.objects.get(pk=life.membership.pk).status


def test_a_member_leaves_by_a_word_and_comes_back(camille, now):
    lives.receipt(camille, now, points=(860,), currency="pot")
    client = camille.client()
    page = client.get("/demo/me/leave/").content.decode()
    assert "becomes a voucher." in page, re.findall("<li>.*?</li>", page)
    assert client.post("/demo/me/leave/", {"reason": "unused", "word": "no"}).status_code == 422
    assert status(camille) == "active"
    client.post("/demo/me/leave/", {"reason": "unused", "word": " Leave "})
    assert status(camille) == "closed"
    assert client.get("/demo/")["Location"].endswith("/demo/me/leave/")
    assert client.get("/demo/card/")["Location"].endswith("/demo/me/leave/")
    assert "You have left" in client.get("/demo/me/leave/").content.decode()
    client.post("/demo/me/leave/back/")
    assert status(camille) == "active"


def test_after_it_is_settled_the_voucher_is_there_and_nobody_comes_back_alone(camille, now):
    lives.receipt(camille, now, points=(860,), currency="pot")
    client = camille.client("fr")
    assert "Vos 8,60" in client.get("/demo/me/leave/").content.decode()
    client.post("/demo/me/leave/", {"reason": "unused", "word": "partir"})
    settling.settle_due(now=now + timedelta(days=400))
    page = client.get("/demo/me/leave/").content.decode()
    assert "8,60" in page and "/me/leave/back/" not in page
    client.post("/demo/me/leave/back/")
    assert status(camille) == "closed"


def test_before_what_could_hurt_a_proof_is_asked(camille, monkeypatch):
    monkeypatch.setattr(stepping, "confirmed_recently", lambda request: False)
    client = camille.client()
    for path, data in (
        ("leave/", {"reason": "other", "word": "leave"}), ("data/", {}), ("data/delete/", {"word": "delete"}),
    ):  # fmt: skip
        assert "next=" in client.post(f"/demo/me/{path}", data)["Location"]
    assert (status(camille), Archive.objects.count(), Erasure.objects.count()) == ("active", 0, 0)


def test_an_archive_is_fetched_once_by_its_own_person(camille, program, now):
    client = camille.client()
    client.post("/demo/me/data/")
    archives.make_due(clock=lambda: now)
    Archive.objects.update(expires_at=now + timedelta(days=999))
    uid = Archive.objects.get().uid
    other = lives.member(program, now, email="other@example.com").client()
    assert other.post(f"/demo/me/data/archive/{uid}/").status_code == 404
    assert "Fetch the archive" in client.get("/demo/me/data/").content.decode()
    answer = client.post(f"/demo/me/data/archive/{uid}/")
    assert (answer["Content-Type"], answer.content[:2]) == ("application/zip", b"PK")
    assert client.post(f"/demo/me/data/archive/{uid}/").status_code == 404


def test_deleting_is_asked_for_by_a_word_and_taken_back(camille):
    client = camille.client()
    assert client.post("/demo/me/data/delete/", {"word": "yes"}).status_code == 422
    client.post("/demo/me/data/delete/", {"word": "delete"})
    assert (status(camille), Erasure.objects.get().state) == ("closed", "asked")
    client.post("/demo/me/data/delete/", {"keep": "1"})
    assert (status(camille), Erasure.objects.get().state) == ("active", "withdrawn")
