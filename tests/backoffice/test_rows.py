"""Lists of the desk ask as many questions of the database for six rows as for two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from activity import single
from activity.models import InboundFile
from audit import access
from identity import staff, tills
from identity.rights import Scope
from programs.models import Store
from tests.house import scope_rows
from tests.house.scope_rows import Place
from tests.web import lives
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
LISTS = (
    "cases", "approvals", "opinions", "quarantine", "imports", "stock", "accesses", "staff", "tills", "replications",
    "conflicts", "fraud",
)  # fmt: skip


def grow(number: int, life: Life, now: datetime) -> None:
    """One row more in each list, of a member of her own."""
    store = Store.objects.get(code="s1")
    place = Place(life.program, store, life.membership)
    for make in (scope_rows.case, scope_rows.approval, scope_rows.opinion, scope_rows.conflict, scope_rows.batch):
        make(place)
    row = {
        "receipt_id": f"R{number}",
        "store": "s1",
        "occurred_at": "2026-13-45",
        "sku": "a",
        "quantity": "1",
        "net": "1",
    }
    till = lives.source(life.program)
    single.land_one([row], source=till, program=life.program, now=now)
    file = {"opened_at": now, "closed_at": now, "state": "closed", "rows": 0, "size": 0, "mapping": {}}
    InboundFile.objects.create(program=life.program, source=till, name=f"f{number}.csv", **file)
    held = [("store_staff", Scope(store="s1"))]
    user = staff.create_staff(f"s{number}@staff.example", f"Sam {number}", held, now=now, by="t")
    access.record(actor=f"user:{user.pk}", membership_id=life.membership.pk, page="member", purpose="desk", at=now)
    tills.open_till(name=f"till {number}", store_code="s1", now=now, by="t")
    for hours in (30, 31):
        lives.receipt(life, now - timedelta(hours=hours))


def asked(client: Client, paths: dict[str, str]) -> dict[str, int]:
    counts = {}
    for name, path in paths.items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200, name
        counts[name] = len(queries)
    return counts


def test_no_list_asks_a_question_a_row(program: Any) -> None:
    now = datetime.now(UTC)
    client = Client()
    root = staff.create_staff("root@example.com", "Root", [], now=now, by="t", superuser=True)
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    paths = {name: reverse(f"backoffice:{name}") for name in LISTS}
    paths["fraud"] += "?receipts=2"
    counts = []
    for numbers in (range(2), range(2, 6)):
        for number in numbers:
            grow(number, lives.member(program, now, email=f"m{number}@example.com", first_name=f"M{number}"), now)
        asked(client, {"warm": paths["cases"]})
        counts.append(asked(client, paths))
    assert counts[0] == counts[1]
    assert max(counts[1].values()) <= 32, counts[1]
