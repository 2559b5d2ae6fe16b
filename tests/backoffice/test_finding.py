"""The one box finds a case by its number as people say it, and a receipt by its own; and only what one may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity import single
from audit.models import AccessEvent
from care.models import Adjustment, Case
from identity.rights import Scope
from tests.backoffice.test_cases import opened
from tests.backoffice.test_members import text_of
from tests.web import lives
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]


def asked(client: Client, text: str) -> Any:
    return client.get("/desk/", {"q": text})


def test_a_case_is_found_as_it_is_said_on_the_telephone(desk: Desk, camille: Life) -> None:
    case, client = opened(camille), desk("call_centre")
    for said in ("{}", "#{}", "case {}", "Dossier n° {}", "n°{}", "demande {}", "Request #{}"):
        there = asked(client, said.format(case.pk)).headers.get("location")
        assert there == f"/desk/cases/{case.pk}/", said


def test_a_case_is_found_by_whom_it_is_for(desk: Desk, camille: Life) -> None:
    case = opened(camille)
    assert asked(desk("store_manager", Scope(store="s2")), f"case {case.pk}").status_code == 200
    assert "Nobody found" in text_of(desk("call_centre"), f"/desk/?q=%23{case.pk + 1}")


def test_a_case_and_a_member_of_one_number_are_both_shown(desk: Desk, camille: Life) -> None:
    case = opened(camille)
    camille.membership.number = f"000{case.pk}"
    camille.membership.save(update_fields=["number"])
    page = asked(desk("call_centre"), f"000{case.pk}").content.decode()
    assert f"/desk/cases/{case.pk}/" in page and f"/desk/members/{camille.membership.public_id}/" in page
    assert [row.membership_id for row in AccessEvent.objects.all()] == [camille.membership.pk]


def test_a_receipt_leads_to_its_line_among_the_members_movements(desk: Desk, camille: Life) -> None:
    sale = lives.receipt(camille, datetime(2026, 2, 3, 10, tzinfo=UTC), points=[77])
    client = desk("call_centre")
    there = asked(client, f" T{sale} ").headers["location"]
    assert there == f"/desk/members/{camille.membership.public_id}/?before=2026-02&why={sale}#movements"
    assert 'aria-expanded="true"' in text_of(client, there.partition("#")[0])
    assert "Nobody found" in text_of(desk("store_manager", Scope(store="s2")), f"/desk/?q=T{sale}")


def test_a_receipt_that_is_nobodys_is_shown_where_cases_are_worked(desk: Desk, program: Any, now: datetime) -> None:
    row = {"receipt_id": "Q-77", "occurred_at": "2026-11-18T10:00", "store": "s1", "sku": "a", "quantity": "1",
           "gross": "12.00", "card": "9999"}  # fmt: skip
    single.land_one([row], source=lives.source(program), program=program, now=now)
    page = text_of(desk("call_centre"), "/desk/?q=Q-77")
    assert not AccessEvent.objects.exists()
    assert "nobody’s yet" in page and "12,00 €" in page and "Nobody found" not in page
    assert "nobody’s yet" in text_of(desk("store_manager", Scope(store="s1")), "/desk/?q=Q-77")
    assert "Nobody found" in text_of(desk("store_manager", Scope(store="s2")), "/desk/?q=Q-77")


def test_the_menu_counts_what_waits_for_this_person_in_one_statement(desk: Desk, camille: Life) -> None:
    now = datetime.now(UTC)
    client = desk("administrator")
    user = client.get("/desk/").context["desk"].user
    due, waiting = (opened(camille, owner=user, now=now - timedelta(days=40)) for _ in range(2))
    opened(camille, now=now - timedelta(days=40))  # nobody's
    Case.objects.filter(pk=waiting.pk).update(state="waiting")
    opened(camille, owner=user, now=now)  # not due
    kinds: Any = {"program": camille.program, "membership": camille.membership, "amount": 1, "value": 1, "money": "EUR",
                  "currency": camille.program.currencies.first(), "reason": "goodwill", "state": "waiting",
                  "asked_at": now, "expires_at": now + timedelta(days=1)}  # fmt: skip
    for number, by in enumerate(["user:0", "user:0", f"user:{user.pk}"]):
        Adjustment.objects.create(key=f"00000000-0000-0000-0000-00000000000{number}", asked_by=by, **kinds)
    with CaptureQueriesContext(connection) as told:
        duties = client.get("/desk/").context["desk"].duties()
    assert (duties.cases, duties.approvals) == (1, 2) and due.pk
    assert len([one for one in told if "care_case" in one["sql"] or "care_adjustment" in one["sql"]]) == 2
    page = text_of(client, "/desk/")
    assert "of your cases is due" in page and "wait for you" in page
    elsewhere = desk("store_manager", Scope(store="s2")).get("/desk/").context["desk"].duties()
    assert (elsewhere.cases, elsewhere.approvals) == (0, 0)
    marketing = desk("marketing")  # giving rights asks for the cases of whoever has them now
    with CaptureQueriesContext(connection) as told:
        marketing.get("/desk/opinions/")
    assert not [one for one in told if "care_case" in one["sql"] or "care_adjustment" in one["sql"]]
