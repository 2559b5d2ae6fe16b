"""Imports and quarantine: what arrived, what waits, and mending it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from activity import single
from activity.models import Activity, InboundChunk, InboundFile, Quarantine
from tests.web import lives

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]
ROW = {
    "receipt_id": "R1", "kind": "purchase", "store": "s1", "occurred_at": "2026-11-19T10:42:00", "currency": "EUR",
    "sku": "sku-1", "quantity": "2", "gross": "17.80", "net": "17.80",
}  # fmt: skip


@pytest.fixture
def bad_row(program: Any, now: datetime) -> Quarantine:
    """A row of a receipt whose date is none."""
    single.land_one([{**ROW, "occurred_at": "2026-13-45"}], source=lives.source(program), program=program, now=now)
    return Quarantine.objects.get()


def file_being_read(program: Any, now: datetime) -> InboundFile:
    file = InboundFile.objects.create(
        source=lives.source(program), program=program, sha256=b"1", mapping_sha256=b"2", name="receipts.csv", size=9,
        rows=100, by="test", opened_at=now,
    )  # fmt: skip
    InboundChunk.objects.create(
        file_id=file.pk, chunk=0, rows=62, skipped=2, landed=58, duplicate=1, quarantined=1, receipts=20, returns=0,
        anonymous=0, unmatched=0, reasons={}, at=now,
    )  # fmt: skip
    return file


def test_an_import_shows_how_far_it_is_and_refreshes_itself(desk: Desk, program: Any, now: datetime) -> None:
    file, client = file_being_read(program, now), desk("call_centre")
    for path in ("/desk/imports/", f"/desk/imports/{file.pk}/"):
        page = client.get(path).content.decode()
        assert 'max="100" value="62"' in page and 'hx-trigger="every 2s"' in page and "58" in page
    InboundFile.objects.filter(pk=file.pk).update(
        state="closed", closed_at=now, skipped=2, landed=96, duplicate=1, quarantined=1
    )
    page = client.get(f"/desk/imports/{file.pk}/").content.decode()
    assert "hx-trigger" not in page and "The counts add up" in page and "96" in page
    assert client.get("/desk/imports/999/").status_code == 404


def test_a_row_that_waits_is_shown_as_it_came_with_its_reason(desk: Desk, bad_row: Quarantine) -> None:
    client = desk("call_centre")
    assert f"/desk/quarantine/{bad_row.pk}/" in client.get("/desk/quarantine/").content.decode()
    page = client.get(f"/desk/quarantine/{bad_row.pk}/").content.decode()
    assert "occurred_at" in page and "2026-13-45" in page and "A field cannot be read" in page


def test_a_mended_row_lands_at_once(desk: Desk, bad_row: Quarantine) -> None:
    client = desk("call_centre")
    changed = {f"field-{name}": value for name, value in ROW.items()}
    done = client.post(f"/desk/quarantine/{bad_row.pk}/", changed)
    assert done.headers["location"] == "/desk/quarantine/"
    assert Activity.objects.get().net == 1780
    bad_row.refresh_from_db()
    assert (bad_row.state, bad_row.corrected) == ("landed", {"occurred_at": ROW["occurred_at"]})
    assert "2026-13-45" in bytes(bad_row.raw).decode()
    assert f"/desk/quarantine/{bad_row.pk}/" in client.get("/desk/quarantine/?state=done").content.decode()


def test_a_row_still_wrong_says_what_is_wrong_now(desk: Desk, bad_row: Quarantine) -> None:
    client = desk("call_centre")
    changed = {f"field-{name}": value for name, value in {**ROW, "quantity": "many"}.items()}
    page = client.post(f"/desk/quarantine/{bad_row.pk}/", changed, follow=True).content.decode()
    assert "It still cannot land" in page and "quantity" in page
    assert not Activity.objects.exists()


def test_a_row_can_be_given_up_once(desk: Desk, bad_row: Quarantine) -> None:
    client = desk("call_centre")
    client.post(f"/desk/quarantine/{bad_row.pk}/", {"action": "drop"})
    bad_row.refresh_from_db()
    assert bad_row.state == "dropped"
    assert client.post(f"/desk/quarantine/{bad_row.pk}/", {"action": "drop"}).status_code == 404


def test_who_may_only_look_cannot_mend(desk: Desk, bad_row: Quarantine) -> None:
    client = desk("auditor")
    assert "Replay" not in client.get(f"/desk/quarantine/{bad_row.pk}/").content.decode()
    assert client.post(f"/desk/quarantine/{bad_row.pk}/", {"action": "drop"}).status_code == 404
    assert client.get("/desk/quarantine/", {"file": "x", "after": "9" * 30}).status_code == 200
