"""Records pushed by a CRM and facts fetched by it: keys, answers, limits."""

from __future__ import annotations

import json

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from api import limits
from members.models import Membership
from replication import feeding, pushing, systems
from replication.models import Chunk, Run
from tests.replication.conftest import lot, person

pytestmark = pytest.mark.django_db
NDJSON = "application/x-ndjson"


@pytest.fixture(autouse=True)
def nobody_has_called():
    cache.clear()


@pytest.fixture
def crm(program, now):
    return systems.make(code="crm", program=program, now=now, by="test")


@pytest.fixture
def key(crm, now):
    return systems.rotate_key(system=crm, now=now, by="test")


def push(key, *records, code="crm", raw=None, kind=NDJSON, client=None):
    body = raw if raw is not None else "".join(json.dumps(record) + "\n" for record in records)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return (client or Client(enforce_csrf_checks=True)).post(
        f"/api/replication/{code}/", body, content_type=kind, headers=headers
    )


def test_records_are_taken_and_the_same_body_again_is_harmless(key):
    answer = push(key, person(first_name="Ida", lots=[lot()]), person("C2"))
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in ("records", "created")} == {"records": 2, "created": 2}
    assert not answer.cookies and answer["Cache-Control"] == "no-store"
    assert push(key, person(first_name="Ida", lots=[lot()]), person("C2")).json()["repeated"] == 2
    assert Membership.objects.count() == 2 and Run.objects.count() == 1 and Chunk.objects.count() == 2


def test_one_bad_record_names_line_and_field_and_nothing_is_taken(key):
    answer = push(key, person(), person("C2", email="none"), person("C3", version="x"))
    assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
    assert [(one["line"], one["field"], one["reason"]) for one in answer.json()["errors"]] == [
        (2, "email", "InvalidContact"), (3, "version", "InvalidField"),
    ]  # fmt: skip
    assert Membership.objects.count() == 0 and Chunk.objects.count() == 0


def test_a_version_with_other_content_is_a_conflict(key):
    push(key, person(first_name="Ida"))
    answer = push(key, person(first_name="Ada"))
    assert answer.status_code == 409 and answer.json()["errors"][0]["field"] == "version"


@pytest.mark.parametrize("wrong", ["", "fdl_guess", "guess", "fdl_" + "x" * 200])
def test_without_its_key_nothing_is_answered(key, wrong):
    answer = push(wrong, person())
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
    assert not Membership.objects.exists()


def test_a_key_opens_its_own_system_and_no_other(key, program, now):
    systems.make(code="other", program=program, now=now, by="test")
    assert push(key, person(), code="other").status_code == 404
    assert push(key, person(), code="nowhere").status_code == 404
    assert push("", person(), code="nowhere").status_code == 401


def test_a_rotated_or_revoked_key_is_void(crm, key, now):
    fresh = systems.rotate_key(system=crm, now=now, by="test")
    assert push(key, person()).status_code == 401 and push(fresh, person()).status_code == 200
    systems.revoke_key(system=crm, now=now, by="test")
    assert push(fresh, person()).status_code == 401
    assert fresh not in str(systems.System.objects.values())


def test_too_much_at_once_is_refused(key, monkeypatch):
    monkeypatch.setattr(pushing, "MOST_RECORDS", 2)
    assert push(key, *(person(f"C{one}") for one in range(3))).status_code == 413
    monkeypatch.setattr(pushing, "LARGEST_BODY", 10)
    assert push(key, person()).status_code == 413
    assert not Membership.objects.exists()


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [("\n\n", NDJSON, 422), ("{", NDJSON, 422), ("[]", NDJSON, 422), ("{}", "text/html", 415),
     ('{"external_id": "a\\u0000b", "version": 1}', NDJSON, 422), (b"\xff\xfe", NDJSON, 422)],
)  # fmt: skip
def test_what_is_no_body_of_records(key, raw, kind, status):
    assert push(key, raw=raw, kind=kind).status_code == status


DEEP = '{"external_id": ' + "[" * 90_000 + "]" * 90_000 + "}"
HOSTILE = {
    "half a character": b'{"external_id": "a\xed\xa0\x80", "version": 1}',
    "half a character, escaped": b'{"external_id": "C1", "version": 1, "first_name": "\\ud800"}',
    "UTF-16": '{"external_id": "C1", "version": 1}'.encode("utf-16"),
    "deep": DEEP,
    "no number": '{"external_id": "C1", "version": NaN}',
    "a number without end": '{"external_id": "C1", "version": 1' + "0" * 5_000 + "}",
    "an amount without end": '{"external_id": "C1", "version": 1, "lots": [{"id": "L", "currency": "points",'
    ' "amount": 1e999999999, "earned_on": "2026-01-01"}]}',
    "part of a part": '{"external_id": "C1", "version": 1, "lots": [{"id": {"$ne": 1}}]}',
    "a name of ours": '{"external_id": "C1", "version": 1, "__class__": "x"}',
    "a name with NUL": b'{"external_id": "C1", "version": 1, "a\\u0000": 1}',
    "a list of everything": '{"external_id": "C1", "version": 1, "cards": [' + ",".join(["{}"] * 1_001) + "]}",
    "an address in an address": '{"external_id": "C1", "version": 1, "address": {"street": {"a": 1}}}',
    "the day after": '{"external_id": "C1", "version": 1, "consents": [{"purpose": "marketing", "channel": "email",'
    ' "granted": true, "at": "2999-01-01"}]}',
    "a year that is none": '{"external_id": "C1", "version": 1, "joined_at": "0001-01-01"}',
    "a tier that is code": '{"external_id": "C1", "version": 1, "tier": "\'; DROP TABLE member; --"}',
    "a field mistyped": '{"external_id": "C1", "version": 1, "cards": [{"number": "C0001", "state": "blocked"}]}',
}  # fmt: skip


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_is_refused_by_name_and_nothing_is_taken(key, raw):
    answer = push(key, raw=raw)
    assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
    [error] = answer.json()["errors"][:1]
    assert error["line"] == 1 and error["reason"] and error["detail"] and len(answer.content) < 2_000
    assert not Membership.objects.exists() and not Run.objects.filter(records__gt=0).exists()


def test_versions_may_be_moments(program, now):
    call_command("replicate", "system", "erp", "--program", "demo", "--versions", "moment")
    fresh = systems.rotate_key(system=systems.by_code("erp"), now=now, by="test")
    said = person("C1", "2026-01-02T10:00:00+01:00", first_name="Ida")
    assert push(fresh, said, code="erp").json()["created"] == 1
    assert push(fresh, {**said, "version": "2026-01-02T08:59:59Z"}, code="erp").json()["late"] == 1
    assert push(fresh, {**said, "version": 17}, code="erp").json()["errors"][0]["field"] == "version"


def test_only_post_and_only_so_often(key, monkeypatch):
    assert Client().get("/api/replication/crm/", headers={"authorization": f"Bearer {key}"}).status_code == 405
    monkeypatch.setattr(limits, "CALLS", 1)
    assert [push(key, person()).status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(limits, "GUESSES", 1)
    assert [push("fdl_no", person()).status_code for _ in range(2)] == [401, 429]
    monkeypatch.setattr(limits, "CALLS", 9)
    assert push(key, person()).status_code == 200, "whoever guesses keeps nobody out"


def test_the_feed_comes_by_cursor(key, crm, now):
    push(key, person(lots=[lot()]), person("C2"))
    feeding.look(system=crm, now=now)
    headers = {"authorization": f"Bearer {key}"}
    answer = Client().get("/api/replication/crm/feed/", headers=headers)
    rows = [json.loads(line) for line in answer.content.decode().splitlines()]
    assert [(row["cursor"], row["external_id"]) for row in rows] == [(1, "C1"), (2, "C2")]
    assert (answer["Feed-Cursor"], answer["Feed-More"], answer["Content-Type"]) == ("2", "false", NDJSON)
    assert Client().get("/api/replication/crm/feed/?after=2", headers=headers).content == b""
    assert Client().get("/api/replication/crm/feed/?after=x", headers=headers).status_code == 422
    assert Client().get("/api/replication/crm/feed/").status_code == 401
