"""Runs, their reports and the questions for staff at the desk."""

from __future__ import annotations

import pytest

from audit.models import AccessEvent
from identity.rights import Scope
from members.models import Member
from replication import intake, systems
from replication.models import Conflict, Run
from tests.replication.conftest import lot, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def conflict(program, now, tmp_path):
    import json

    crm = systems.make(code="crm", program=program, now=now, by="test")
    crm.owners = {"phone": "shared"}
    crm.save()
    for version, phone, kind in ((1, "+33611111111", "full"), (2, "+33633333333", "delta")):
        path = tmp_path / f"base{version}.ndjson"
        ida = person(version=version, first_name="Ida", phone=phone, store="s1", lots=[lot()])
        sent = [ida, {"external_id": "=1+1"}]
        path.write_text("\n".join(json.dumps(one) for one in sent))
        intake.load(path, system=crm, kind=kind, now=now, by="test")
        Member.objects.update(phone="+33622222222")
    return Conflict.objects.get()


def test_a_run_shows_its_report_and_its_lines_as_csv(desk, conflict):
    page = desk("administrator")
    run = Run.objects.get(kind="delta")
    assert "base2.ndjson" in page.get("/desk/replication/").content.decode()
    shown = page.get(f"/desk/replication/{run.pk}/").content.decode()
    assert "It adds up" in shown and "BothChanged" in shown and "InvalidField" in shown
    assert "Both sides changed this field: staff decide" in shown and "A field cannot be read" in shown
    assert "BothChanged" not in page.get(f"/desk/replication/{run.pk}/?outcome=refused").content.decode()
    text = b"".join(page.get(f"/desk/replication/{run.pk}/lines.csv").streaming_content).decode()
    assert text.splitlines()[0] == "line,external_id,outcome,reason,field,detail" and "'=1+1" in text
    assert "+33633333333" not in shown + text, "a report repeats no contact"


def test_a_question_is_answered_once_by_who_may(desk, conflict):
    path = f"/desk/replication/questions/{conflict.pk}/"
    agent = desk("call_centre")
    assert "Ida" in agent.get("/desk/replication/questions/").content.decode()
    assert AccessEvent.objects.filter(page="search", membership_id=conflict.membership_id).count() == 1
    assert "An administrator answers this" in agent.get(path).content.decode()
    assert agent.post(path, {"answer": "theirs"}).status_code == 404
    elsewhere = desk("administrator", Scope(banner="halles"))
    assert elsewhere.get(path).status_code == 404
    assert "Ida" not in elsewhere.get("/desk/replication/questions/").content.decode()
    page = desk("auditor")
    assert page.post(path, {"answer": "theirs"}).status_code == 404
    Conflict.objects.filter(pk=conflict.pk, state="open").get()


def test_theirs_is_taken(desk, conflict):
    page = desk("administrator")
    path = f"/desk/replication/questions/{conflict.pk}/"
    assert page.post(path, {"answer": "maybe"}).status_code == 302 and Member.objects.get().phone == "+33622222222"
    assert page.post(path, {"answer": "theirs"}).status_code == 302
    assert Member.objects.get().phone == "+33633333333"
    assert page.get(path).status_code == 404
