"""The access log: a row for each page of a member that is opened and each name a search showed, read in scopes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import AccessEvent, AuditEvent
from backoffice import accesses, urls
from care import cases, opinions
from care.models import Adjustment
from identity.rights import Scope
from loyalty import logs
from members import enrolment, households
from tests.backoffice.test_members import text_of
from tests.web.lives import Life

pytestmark = pytest.mark.django_db
Desk = Callable[..., Client]


def test_opening_a_member_writes_exactly_one_row_and_a_search_one_for_each_name(
    desk: Desk, camille: Life, program: Any, now: datetime
) -> None:
    client, there = desk("call_centre"), f"/desk/members/{camille.membership.public_id}/"
    enrol(program, now, "Camilla")
    assert client.get("/desk/", {"q": "nobody of this name"}).status_code == 200
    assert not AccessEvent.objects.exists()
    assert client.get("/desk/", {"q": "cam"}).status_code == 200
    shown = AccessEvent.objects.values_list("page", "purpose", "membership_id")
    assert len(shown) == 2 and ("search", "desk", camille.membership.pk) in shown
    auditor = desk("auditor")
    assert "Nobody was opened" in text_of(auditor, "/desk/accesses/")
    assert "among others in a list" in text_of(auditor, "/desk/accesses/?shown=on")
    answer = auditor.get("/desk/accesses/?shown=on").content.decode()
    assert 'value="shown=on"' not in answer and "file/?shown=on" in answer, "the filter is not what one looks for"
    assert client.get("/desk/", {"q": camille.membership.number}).status_code == 302
    assert AccessEvent.objects.count() == 2, "who is opened at once is told by her page"
    client.get(there)
    [row] = AccessEvent.objects.exclude(page="search")
    assert (row.membership_id, row.page, row.purpose) == (camille.membership.pk, "member", "desk")
    assert row.actor == f"user:{client.session['_auth_user_id']}"
    client.get(there)
    assert AccessEvent.objects.count() == 4


def addresses() -> list[tuple[str, str]]:
    """(name, address) of every page of the desk."""
    return [(str(one.name), str(one.pattern)) for one in urls.urlpatterns]


def test_lists_and_warnings_that_show_names_write_a_row_for_each(
    desk: Desk, camille: Life, program: Any, now: datetime
) -> None:
    """In one statement: see test_rows, no list asks a question a row."""
    for _ in range(2):
        cases.open(membership=camille.membership, type="other", channel="phone", words="x", now=now, by="user:0")
    client, shown = desk("call_centre"), AccessEvent.objects.filter(page="search", membership_id=camille.membership.pk)
    for times, address in enumerate(("/desk/cases/", "/desk/cases/?export=csv"), start=1):
        client.get(address)
        assert [row.actor for row in shown.all()] == [f"user:{client.session['_auth_user_id']}"] * times, address
    typed = {"card": "", "first_name": "Camille", "contact": "camille@example.com"}
    desk("store_staff", Scope(store="s1")).post("/desk/enrol/?step=identity", typed)
    assert shown.count() == 3


def test_opinions_approvals_and_households_write_whose_names_they_show(
    desk: Desk, camille: Life, program: Any, now: datetime
) -> None:
    bo = enrol(program, now, "Zoltan")
    household = households.found(membership_id=camille.membership.pk, now=now, by="t")
    households.admit(household_id=household.pk, membership_id=bo.pk, now=now, by="t")
    opinions.give(membership=bo, rating=3, words="Slow", channel="phone", store=camille.membership.home_store,
                  occurred_on=now.date(), now=now, by="user:0")  # fmt: skip
    Adjustment.objects.create(
        key="00000000-0000-0000-0000-000000000001", program=program, membership=bo, amount=1, value=1, money="EUR",
        currency=program.currencies.first(), reason="goodwill", state="waiting", asked_by="user:0", asked_at=now,
        expires_at=now + timedelta(days=36_500),
    )  # fmt: skip
    client, shown = desk("administrator"), AccessEvent.objects.filter(page="search", membership_id=bo.pk)
    there = f"/desk/members/{camille.membership.public_id}/household/"
    for times, address in enumerate(("/desk/opinions/", "/desk/approvals/", there), start=1):
        assert "Zoltan" in text_of(client, address), address
        assert shown.count() == times, address
    blind = desk("marketing")  # reads what was said, and not who said it
    assert "Zoltan" not in text_of(blind, "/desk/opinions/") and shown.count() == 3


def test_who_may_not_open_leaves_no_row(desk: Desk, camille: Life) -> None:
    there = f"/desk/members/{camille.membership.public_id}/"
    assert desk("store_staff", Scope(store="s2")).get(there).status_code == 404
    assert desk("marketing").get(there).status_code == 404
    assert not AccessEvent.objects.exists()


def test_auditors_read_it_in_their_scopes_with_filters_and_take_it_as_a_file(desk: Desk, camille: Life) -> None:
    desk("call_centre").get(f"/desk/members/{camille.membership.public_id}/")
    auditor = desk("auditor")
    page = text_of(auditor, "/desk/accesses/")
    assert "Sofia" in page and "Camille" in page and "at the desk" in page
    opening = {"member", *(name for name, path in addresses() if "<slug:public_id>" in path)}
    assert opening - set(accesses.PAGES) == set(), "a page that opens a member has a name in the log"
    assert "Camille" in text_of(
        auditor, f"/desk/accesses/?whom={camille.membership.number}&who=call_centre@example.com"
    )
    for missed in ("whom=nobody", "who=zebedee", "until=2020-01-01"):
        assert "Nobody was opened" in text_of(auditor, f"/desk/accesses/?{missed}")
    file = auditor.get("/desk/accesses/file/")
    assert file["Content-Type"].startswith("text/csv") and camille.membership.number in file.content.decode()
    assert AuditEvent.objects.get(action="access.exported").data == {"rows": 1}
    assert AccessEvent.objects.count() == 1, "reading the log opens nobody"
    assert "Nobody was opened" in text_of(desk("auditor", Scope(store="s2")), "/desk/accesses/")


def test_a_call_opens_the_member_of_the_number_and_says_so(desk: Desk, program: Any, now: datetime) -> None:
    one = enrol(program, now, "Zoé", phone="+33612345678")
    client = desk("call_centre")
    for written in ("%2B33612345678", "+33612345678", "0612345678", "06 12 34 56 78"):
        answer = client.get(f"/desk/call/?from={written}", follow=True)
        assert answer.redirect_chain[-1][0] == f"/desk/members/{one.public_id}/?for=call", written
    assert {row.purpose for row in AccessEvent.objects.all()} == {"call"}


def test_a_call_of_several_or_of_nobody_leads_on(desk: Desk, program: Any, now: datetime) -> None:
    client = desk("call_centre")
    answer = client.get("/desk/call/?from=%2B33612345678")
    assert answer.headers["location"] == "/desk/enrol/?step=identity&phone=%2B33612345678"
    assert "+33612345678" in client.get(answer.headers["location"]).content.decode()
    first, second = (enrol(program, now, name, phone="+33612345678") for name in ("Zoé", "Paul"))
    page = client.get("/desk/call/?from=%2B33612345678", follow=True).content.decode()
    for one in (first, second):
        assert f"/desk/members/{one.public_id}/?for=call" in page
    assert set(AccessEvent.objects.values_list("page", "purpose")) == {("search", "call")}
    assert Client().get("/desk/call/?from=1").headers["location"].startswith("/account/")
    assert desk("auditor").get("/desk/call/?from=0699999999").headers["location"].startswith("/desk/?q=")


def enrol(program: Any, now: datetime, name: str, **contact: str) -> Any:
    return enrolment.enrol(
        program=program, channel="phone", now=now, by="test", first_name=name, market_code="FR", **contact
    )


def test_no_line_of_the_log_says_whom_somebody_looked_for() -> None:
    line = logs.without_query(None, "info", {"request": "GET /desk/?q=camille@example.com", "event": "request_started"})
    assert line == {"request": "GET /desk/", "event": "request_started"}
    shared = logs.configuration(debug=False)["formatters"]["json"]["foreign_pre_chain"]
    assert logs.without_query in shared
