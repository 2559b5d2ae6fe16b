"""Systems in the admin: who masters what, keys, mappings."""

from __future__ import annotations

import pytest
from django.test import Client

from identity import staff
from identity.rights import EVERYWHERE
from replication import systems
from replication.models import System

pytestmark = pytest.mark.django_db
MAPPING = "version: '1'\ncolumns:\n  external_id: KUNDE\n  version: STAND\n"


@pytest.fixture
def browser(crm, now):
    user = staff.create_staff("admin@example.com", "Ada", [("administrator", EVERYWHERE)], now=now, by="system")
    user.is_staff = True
    user.save()
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def form(**said):
    return {
        "names_0": "Our CRM", "names_1": "Notre CRM", "conflicts": "newest", "deletions": "close", "missing": "report",
        "missing_most_percent": "5", "active": "on", "written_mapping": "", **said,
    }  # fmt: skip


def test_owners_and_mapping_are_kept(browser, crm):
    path = f"/admin/replication/system/{crm.pk}/change/"
    assert "KUNDE" not in browser.get(path).content.decode()
    answer = browser.post(path, form(owner_phone="shared", owner_email="ours", written_mapping=MAPPING))
    assert answer.status_code == 302, answer.context["errors"]
    kept = System.objects.get()
    assert kept.owners == {"phone": "shared", "email": "ours"} and kept.conflicts == "newest"
    assert kept.mapping["columns"] == {"external_id": "KUNDE", "version": "STAND"}
    assert "KUNDE" in browser.get(path).content.decode()
    bad = browser.post(path, form(written_mapping="version: '1'\ncolumns:\n  colour: X\n"))
    assert bad.status_code == 200 and "line 3" in bad.content.decode()


def test_a_key_is_shown_once(browser, crm):
    answer = browser.post(
        "/admin/replication/system/", {"action": "make_key", "_selected_action": [crm.pk]}, follow=True
    )
    key = answer.content.decode().split("fdl_")[1].split("<")[0].strip()
    assert systems.of_key("fdl_" + key) == crm
    assert "fdl_" not in browser.get("/admin/replication/system/").content.decode()
