"""The access log: one row for each page of a member that is opened, none for searching; read within one's scopes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from audit.models import AccessEvent
from identity.rights import Scope
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]


def test_opening_a_member_writes_exactly_one_row_and_searching_none(desk: Desk, camille: Life) -> None:
    client, there = desk("call_centre"), f"/desk/members/{camille.membership.public_id}/"
    assert client.get("/desk/", {"q": "cam"}).status_code == 200
    assert not AccessEvent.objects.exists()
    client.get(there)
    [row] = AccessEvent.objects.all()
    assert (row.membership_id, row.page, row.purpose) == (camille.membership.pk, "member", "desk")
    assert row.actor == f"user:{client.session['_auth_user_id']}"
    client.get(there)
    assert AccessEvent.objects.count() == 2


def test_who_may_not_open_leaves_no_row(desk: Desk, camille: Life) -> None:
    there = f"/desk/members/{camille.membership.public_id}/"
    assert desk("store_staff", Scope(store="s2")).get(there).status_code == 404
    assert desk("marketing").get(there).status_code == 404
    assert not AccessEvent.objects.exists()
