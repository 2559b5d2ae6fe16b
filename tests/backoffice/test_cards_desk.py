"""Cards at the desk: blocked, replaced, found again, decided on; and card stock."""

import csv
import io

import pytest

from activity import single
from activity.models import Attribution
from identity.rights import Scope
from members import batches
from members.models import Card, CardBatch
from programs.models import Store
from tests.web import lives

pytestmark = pytest.mark.django_db


def page_of(life):
    return f"/desk/members/{life.membership.public_id}/cards/"


def sell(life, card, receipt, now):
    row = {"receipt_id": receipt, "occurred_at": "2026-11-20T10:00:00+01:00", "store": "s1", "card": card.number,
           "sku": "100", "quantity": "1", "gross": "7.00"}  # fmt: skip
    source = lives.source(life.program)
    return single.land_one([row], source=source, program=life.program, now=now).activity_id


def owner_of(activity_id):
    return Attribution.objects.get(activity_id=activity_id, ended_at=None).membership_id


def test_a_lost_card_is_replaced_at_the_desk_and_found_again(desk, camille, now):
    client, card = desk("store_staff", Scope(store="s1")), camille.membership.cards.get()
    assert page_of(camille) in client.get(f"/desk/members/{camille.membership.public_id}/").content.decode()
    done = client.post(page_of(camille), {"act": "replace", "card": card.pk, "reason": "lost"}, follow=True)
    assert "The old card is blocked, the new one works." in done.content.decode()
    card.refresh_from_db()
    assert (card.status, card.reason) == ("blocked", "lost")
    assert camille.membership.cards.filter(status="active").count() == 1
    bought = sell(camille, card, "T1", now)
    assert owner_of(bought) is None
    done = client.post(page_of(camille), {"act": "unblock", "card": card.pk}, follow=True)
    assert "The card works again" in done.content.decode()
    assert owner_of(bought) == camille.membership.pk
    again = client.post(page_of(camille), {"act": "unblock", "card": card.pk}, follow=True)
    assert "Somebody was faster" in again.content.decode()


def test_a_damaged_card_is_replaced_for_good_by_a_blank_one_and_one_more_is_bound(desk, camille, program, now):
    client, card = desk("call_centre"), camille.membership.cards.get()
    batch = batches.prepare(program=program, count=2, now=now, by="u")
    first, second = Card.objects.filter(batch=batch).values_list("number", flat=True)
    client.post(page_of(camille), {"act": "replace", "card": card.pk, "reason": "damaged", "number": first})
    client.post(page_of(camille), {"act": "bind", "number": second})
    found = dict(camille.membership.cards.values_list("number", "status"))
    assert found == {card.number: "replaced", first: "active", second: "active"}
    taken = client.post(page_of(camille), {"act": "bind", "number": second}, follow=True)
    assert "This card is in use." in taken.content.decode()


def test_receipts_of_a_blocked_card_are_decided_on(desk, camille, now):
    client, card = desk("call_centre"), camille.membership.cards.get()
    client.post(page_of(camille), {"act": "block", "card": card.pk, "reason": "stolen"})
    hers, others = sell(camille, card, "T1", now), sell(camille, card, "T2", now)
    there = f"{page_of(camille)}{card.pk}/receipts/"
    assert "2 receipts wait" in client.get(page_of(camille)).content.decode()
    assert "T1" in client.get(there).content.decode()
    done = client.post(there, {f"receipt-{hers}": "theirs", f"receipt-{others}": "others"}, follow=True)
    assert "1 given, 1 set aside." in done.content.decode()
    assert (owner_of(hers), owner_of(others)) == (camille.membership.pk, None)
    assert "Nothing waits" in client.get(there).content.decode()


def test_nobody_works_on_her_own_card(desk, camille, now):
    from identity import staff
    from identity.rights import EVERYWHERE

    staff.give_access(camille.user, "Camille", [("call_centre", EVERYWHERE)], now=now, by="t") if hasattr(
        staff, "give_access"
    ) else camille.user.grants.create(role="call_centre")
    client, card = camille.client(), camille.membership.cards.get()
    done = client.post(page_of(camille), {"act": "block", "card": card.pk, "reason": "lost"}, follow=True)
    assert "Nobody works on their own account" in done.content.decode()
    card.refresh_from_db()
    assert card.status == "active"


def test_a_batch_is_made_printed_handed_and_its_stock_seen(desk, program, now):
    office = desk("administrator")
    made = office.post("/desk/stock/", {"count": "3", "store": ""}, follow=True)
    batch = CardBatch.objects.get()
    assert made.redirect_chain[-1][0] == f"/desk/stock/{batch.code}/"
    answer = office.get(f"/desk/stock/{batch.code}/cards.csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0] == ["number", "printed", "code128", "qr", "claim_code"]
    assert len(rows) == 4 and rows[1][1].replace(" ", "") == rows[1][0] == rows[1][2]
    assert "no-store" in answer["Cache-Control"]
    handed = office.post(f"/desk/stock/{batch.code}/", {"store": "s1"}, follow=True).content.decode()
    assert "The batch is in its store." in handed
    page = desk("store_staff", Scope(store="s1")).get("/desk/stock/").content.decode()
    assert "only 3" in page and "New batch" not in page
    other = desk("store_manager", Scope(store="s2"))
    assert "only 3" not in other.get("/desk/stock/").content.decode()
    assert other.get(f"/desk/stock/{batch.code}/").status_code == 404


def test_a_store_manager_prints_for_her_store_alone(desk, program, now):
    manager = desk("store_manager", Scope(store="s2"))
    assert manager.post("/desk/stock/", {"count": "2", "store": "s1"}).status_code == 422
    assert manager.post("/desk/stock/", {"count": "2", "store": ""}).status_code == 422
    manager.post("/desk/stock/", {"count": "2", "store": "s2"})
    assert CardBatch.objects.get().store == Store.objects.get(code="s2")


def test_the_list_of_batches_is_as_many_queries_for_ten_as_for_twenty(desk, program, now, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = desk("administrator")
    counts = []
    for _ in range(2):
        for _ in range(10):
            batches.prepare(program=program, count=1, now=now, by="u", store=Store.objects.get(code="s1"))
        client.get("/desk/stock/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/desk/stock/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
