"""What a member asks for and says in the portal: hers alone, answered in the same place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from care import cases, opinions
from care.models import Case, CaseFile, Opinion
from tests.care import papers
from tests.web.lives import Life, member, receipt

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sale(camille: Life) -> int:
    return receipt(camille, datetime.now(UTC) - timedelta(days=2))


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("r.jpg", papers.picture(), content_type="image/jpeg")


def test_a_mistake_is_reported_from_a_receipt_and_talked_about(camille: Life, sale: int) -> None:
    client = camille.client()
    new = f"/demo/me/requests/new/?receipt={sale}"
    assert new.replace("&", "&amp;") in client.get(f"/demo/activity/{sale}/").content.decode()
    assert f'value="T{sale}"' in client.get(new).content.decode()
    said = {"type": "wrong_points", "receipt": f"T{sale}", "words": "Two are missing", "files": [photo()]}
    assert client.post(new, said).status_code == 302
    case = Case.objects.get()
    assert (case.channel, case.receipt, case.opened_by) == ("web", f"T{sale}", f"member:{camille.membership.public_id}")
    there = f"/demo/me/requests/{case.pk}/"
    cases.note(case_id=case.pk, words="A difficult one", now=datetime.now(UTC), by="user:0")
    cases.message(case_id=case.pk, words="Which article?", asks=True, now=datetime.now(UTC), by="user:0")
    page = client.get(there).content.decode()
    assert "Which article?" in page and "waits for you" in page and "A difficult one" not in page
    assert client.post(there, {"words": ""}).status_code == 422
    assert client.post(there, {"words": "The lamp", "files": [photo()]}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.files.count()) == ("open", 2)
    cases.refuse(case_id=case.pk, words="It is excluded", now=datetime.now(UTC), by="user:0")
    assert client.post(there, {"words": "I do not agree"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "reopened"
    assert "under way again" in client.get("/demo/me/requests/").content.decode()


def test_what_is_anothers_is_not_there(program: Any, camille: Life, sale: int) -> None:
    client = camille.client()
    client.post("/demo/me/requests/new/", {"type": "other", "words": "Mine", "files": [photo()]})
    case = Case.objects.get()
    page = f"/demo/me/requests/{case.pk}/"
    file = f"{page}files/{CaseFile.objects.get().pk}/"
    assert client.get(file).headers["content-disposition"].startswith("attachment")
    other = member(program, datetime.now(UTC), email="hugo@example.com").client()
    for address in (page, file, f"/demo/activity/{sale}/opinion/"):
        assert other.get(address).status_code == 404
        assert other.post(address, {"words": "x"}).status_code in (404, 405)
    assert f"T{sale}" not in other.get(f"/demo/me/requests/new/?receipt={sale}").content.decode()
    assert Case.objects.get().events.count() == 1


def test_a_member_asks_ten_times_a_day_at_most(camille: Life) -> None:
    client = camille.client("fr")
    asked = [{"type": "other", "words": f"Bonjour, {turn}"} for turn in range(11)]
    answers = [client.post("/demo/me/requests/new/", said).status_code for said in asked]
    assert answers == [302] * 10 + [422]
    assert Case.objects.count() == 10


def test_an_opinion_is_given_once_and_changed_within_days(camille: Life, sale: int) -> None:
    client, there = camille.client(), f"/demo/activity/{sale}/opinion/"
    assert client.post(there, {"words": "x"}).status_code == 422
    assert client.post(there, {"rating": "11"}).status_code == 422
    assert client.post(there, {"rating": "9", "words": "Fine"}).status_code == 302
    assert client.post(there, {"rating": "2", "words": "No, it broke"}).status_code == 302
    row = Opinion.objects.get()
    assert (row.rating, row.words, row.case.type, row.case.receipt) == (2, "No, it broke", "opinion", f"T{sale}")
    Opinion.objects.update(given_at=datetime.now(UTC) - timedelta(days=15))
    assert client.post(there, {"rating": "9"}).status_code == 422
    assert Opinion.objects.get().rating == 2


def test_a_signed_link_rates_one_receipt_and_shows_nothing(camille: Life, sale: int) -> None:
    link, client = opinions.link_of(camille.membership.pk, sale), Client()
    page = client.get(f"/demo/opinion/{link}/")
    assert page.status_code == 200 and "Camille" not in page.content.decode()
    assert client.post(f"/demo/opinion/{link}/", {"rating": "8"}).status_code == 200
    assert (Opinion.objects.get().rating, Opinion.objects.get().channel) == (8, "link")
    for wrong in (link[:-2] + "xx", "x", opinions.link_of(camille.membership.pk, sale)[:-1]):
        assert client.get(f"/demo/opinion/{wrong}/").status_code == 404
    stranger = opinions.link_of(camille.membership.pk, sale + 1000)
    assert client.post(f"/demo/opinion/{stranger}/", {"rating": "8"}).status_code == 422
