"""Cases at the desk: opened in two clicks, worked, solved by what is seen before it is posted; queue and files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from care import cases, opinions
from care.models import Adjustment, Case, CaseFile, Opinion
from identity.rights import Scope
from messaging.models import Outgoing
from tests.backoffice.test_members import text_of
from tests.care import papers
from tests.web.lives import Life, member, receipt

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_DIR = tmp_path
    return tmp_path


def photo(name: str = "r.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, papers.picture(), content_type="image/jpeg")


def opened(life: Life, **fields: Any) -> Case:
    values: dict[str, Any] = {"type": "missing_points", "channel": "phone", "words": "Where are they?"}
    values |= {"now": datetime.now(UTC), "by": "user:0", **fields}
    return cases.open(membership=life.membership, **values)


def test_a_case_is_opened_from_the_members_page_worked_on_and_refused(desk: Desk, camille: Life) -> None:
    client = desk("call_centre")
    page = f"/desk/members/{camille.membership.public_id}/"
    assert f'href="{page}case/"' in client.get(page).content.decode()
    said = {
        "type": "missing_points",
        "channel": "phone",
        "receipt": "T9",
        "words": "=cmd()",
        "files": [photo(), photo()],
    }
    assert client.post(f"{page}case/", said).status_code == 302
    case = Case.objects.get()
    there = f"/desk/cases/{case.pk}/"
    assert (case.owner.staff.display_name, case.files.count(), case.receipt) == ("Sofia", 2, "T9")
    for act in ("note", "message", "ask"):
        assert client.post(there, {"act": act, "words": f"words of {act}"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "waiting"
    assert client.post(there, {"act": "attach", "files": [photo()]}).status_code == 302
    assert client.post(there, {"act": "refuse", "words": ""}).status_code == 422
    assert client.post(there, {"act": "refuse", "words": "It is not our till"}).status_code == 302
    text = text_of(client, there)
    assert "words of note" in text and "Note between colleagues" in text and "It is not our till" in text
    assert client.post(there, {"act": "reopen", "words": "She found it"}).status_code == 302
    steps = [row.facts["step"] for row in Outgoing.objects.filter(kind="case_update").order_by("pk")]
    assert steps == ["opened", "message", "asked", "refused", "reopened"]
    member_page = text_of(client, page)
    assert "Missing points" in member_page and "Missing points: Opened" in member_page


def test_a_refused_file_is_said_on_the_form_and_keeps_what_was_typed(desk: Desk, camille: Life, folder: Path) -> None:
    client = desk("call_centre")
    bad = SimpleUploadedFile("r.jpg", b"MZ not a picture", content_type="image/jpeg")
    said = {"type": "other", "channel": "store", "words": "My words", "files": [photo(), bad]}
    answer = client.post(f"/desk/members/{camille.membership.public_id}/case/", said)
    assert answer.status_code == 422
    assert "Only pictures (JPEG, PNG) and PDF files are kept" in answer.content.decode()
    assert "My words" in answer.content.decode()
    assert not Case.objects.exists() and not [one for one in folder.rglob("*") if one.is_file()]


def test_evidence_is_a_download_that_runs_nothing(desk: Desk, camille: Life) -> None:
    case = opened(camille, files=[photo()])
    row = CaseFile.objects.get()
    answer = desk("call_centre").get(f"/desk/cases/{case.pk}/files/{row.pk}/")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert desk("store_staff", Scope(store="s2")).get(f"/desk/cases/{case.pk}/files/{row.pk}/").status_code == 404
    other = opened(camille)
    assert desk("call_centre").get(f"/desk/cases/{other.pk}/files/{row.pk}/").status_code == 404


def test_an_outcome_is_seen_before_it_is_posted(desk: Desk, camille: Life) -> None:
    client, case = desk("call_centre"), opened(camille)
    there = f"/desk/cases/{case.pk}/outcome/"
    said = {"kind": "adjust", "currency": "points", "amount": "50", "reason": "goodwill", "words": "Sorry", "said": ""}
    said["key"] = client.get(f"{there}?kind=adjust").context["form"]["key"].value()
    seen = client.post(there, said)
    assert "+50 points" in seen.content.decode() and not Adjustment.objects.exists()
    assert client.post(there, said | {"confirm": "1"}).status_code == 302
    case.refresh_from_db()
    assert (case.state, Adjustment.objects.get().state) == ("solved", "posted")
    assert "Goodwill" in text_of(client, f"/desk/members/{camille.membership.public_id}/")
    assert client.post(there, said | {"confirm": "1"}).status_code == 302
    assert Adjustment.objects.count() == 1


def test_above_the_ceiling_it_waits_for_finance(desk: Desk, camille: Life) -> None:
    client = desk("call_centre")
    there = f"/desk/members/{camille.membership.public_id}/adjust/"
    key = client.get(there).context["form"]["key"].value()
    said = {"currency": "points", "amount": "900000", "reason": "goodwill", "words": "A prize", "key": str(key)}
    assert client.post(there, said).status_code == 302
    row = Adjustment.objects.get()
    assert row.state == "waiting"
    finance = desk("finance")
    assert "A prize" in text_of(finance, f"/desk/approvals/{row.pk}/")
    assert finance.post(f"/desk/approvals/{row.pk}/", {"act": "refuse", "words": ""}).status_code == 422
    assert finance.post(f"/desk/approvals/{row.pk}/", {"act": "approve", "words": ""}).status_code == 302
    row.refresh_from_db()
    assert row.state == "posted"
    assert desk("call_centre").get("/desk/approvals/").status_code == 404


def test_whoever_asked_is_not_offered_the_decision(desk: Desk, camille: Life) -> None:
    boss = desk("administrator")
    there = f"/desk/members/{camille.membership.public_id}/adjust/"
    key = str(boss.get(there).context["form"]["key"].value())
    boss.post(there, {"currency": "points", "amount": "900000", "reason": "goodwill", "words": "x", "key": key})
    row = Adjustment.objects.get()
    assert "another person decides" in text_of(boss, f"/desk/approvals/{row.pk}/")
    assert boss.post(f"/desk/approvals/{row.pk}/", {"act": "approve"}).status_code == 422
    row.refresh_from_db()
    assert row.state == "waiting"


def test_the_queue_by_view_sorted_and_as_a_file_without_formulas(desk: Desk, program: Any, camille: Life) -> None:
    now = datetime.now(UTC)
    evil = member(program, now, email="x@example.com", first_name='=HYPERLINK("x")')
    late, fresh = opened(camille, now=now - timedelta(days=40)), opened(evil, type="other", receipt="@SUM(1)\x0b")
    client = desk("call_centre")
    client.post(f"/desk/cases/{fresh.pk}/", {"act": "take"})
    assert list(client.get("/desk/cases/?view=mine").context["rows"])[0].id == fresh.pk
    assert [row.id for row in client.get("/desk/cases/?view=overdue").context["rows"]] == [late.pk]
    assert [row.id for row in client.get("/desk/cases/?sort=-number").context["rows"]] == [fresh.pk, late.pk]
    assert [row.id for row in client.get("/desk/cases/?type=other").context["rows"]] == [fresh.pk]
    assert client.get("/desk/cases/?sort=owner&page=²&view=evil").status_code == 200
    table = list(csv.reader(io.StringIO(client.get("/desk/cases/?export=csv").content.decode("utf-8-sig"))))
    cells = [cell for row in table[1:] for cell in row]
    assert '\'=HYPERLINK("x")' in cells and "'@SUM(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    sheet = load_workbook(io.BytesIO(client.get("/desk/cases/?export=xlsx").content)).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)} == {"s"}
    near = desk("store_manager", Scope(store="s1"))
    assert len(near.get("/desk/cases/?view=store").context["rows"]) == 2
    assert list(desk("store_manager", Scope(store="s2")).get("/desk/cases/").context["rows"]) == []


def test_more_rows_take_no_more_statements(desk: Desk, camille: Life) -> None:
    client, counted = desk("call_centre"), []
    for _turn in range(2):
        for _ in range(5):
            case = opened(camille)
            cases.message(case_id=case.pk, words="x", now=datetime.now(UTC), by="user:0")
        addresses = ("/desk/cases/", f"/desk/members/{camille.membership.public_id}/", f"/desk/cases/{case.pk}/")
        for address in addresses:
            client.get(address)
        for address in addresses:
            with CaptureQueriesContext(connection) as told:
                client.get(address)
            counted.append(len(told))
    assert counted[:3] == counted[3:]


def test_opinions_are_read_answered_and_counted(desk: Desk, camille: Life) -> None:
    now = datetime.now(UTC)
    activity = receipt(camille, now - timedelta(days=1))
    said = opinions.give(
        membership=camille.membership,
        rating=3,
        words="Slow till",
        channel="web",
        activity_id=activity,
        now=now,
        by="member:x",
    )
    client = desk("store_manager", Scope(store="s1"))
    assert "Slow till" in text_of(client, "/desk/opinions/")
    assert client.get("/desk/opinions/?page=²&days=²").context["whole"].nps == -100
    assert client.post(f"/desk/opinions/{said.pk}/", {"act": "answer", "words": "We hired"}).status_code == 302
    assert (Opinion.objects.get().state, Case.objects.get().state) == ("answered", "solved")
    assert Outgoing.objects.filter(facts__step="solved", facts__words="We hired").count() == 1
    there = f"/desk/members/{camille.membership.public_id}/opinion/"
    typed = {"rating": "10", "store": "s1", "on": str(now.date()), "channel": "phone", "words": ""}
    assert client.post(there, typed | {"receipt": "T0"}).status_code == 422
    assert client.post(there, typed).status_code == 302
    other = receipt(camille, now - timedelta(days=2))
    assert client.post(there, typed | {"receipt": f"T{other}", "rating": "8", "channel": "post"}).status_code == 302
    assert Opinion.objects.get(activity_id=other).channel == "post"
    assert client.get("/desk/opinions/").context["whole"].nps == 0
    marketing = desk("marketing")
    assert "Camille" not in text_of(marketing, "/desk/opinions/?state=answered")
    assert marketing.post(f"/desk/opinions/{said.pk}/", {"act": "close"}).status_code == 200
    assert Opinion.objects.get(pk=said.pk).state == "answered"
    assert desk("store_manager", Scope(store="s2")).get(f"/desk/opinions/{said.pk}/").status_code == 404
