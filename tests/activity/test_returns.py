"""Returns find what they take back, or wait for it."""

from __future__ import annotations

import pytest

from activity import attribution
from activity.models import Activity, Attribution, Quarantine, ReturnLink, ReturnWait
from members import enrolment

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(program, now):
    return enrolment.enrol(program=program, channel="store", now=now, by="test", card_number="ANNA-1", market_code="FR")


def _buy(receipt, *lines, card="ANNA-1", at="2026-03-01T10:00:00", **more):
    return [
        {"receipt_id": receipt, "kind": "purchase", "original_receipt_id": "", "occurred_at": at, "store": "s1",
         "card": card, "sku": sku, "quantity": quantity, "gross": "10.00", **more}
        for sku, quantity in lines
    ]  # fmt: skip


def _back(receipt, *lines, of="", card="ANNA-1", at="2026-03-05T10:00:00"):
    return [row | {"kind": "return", "original_receipt_id": of} for row in _buy(receipt, *lines, card=card, at=at)]


def _links():
    names = dict(Activity.objects.values_list("activity_id", "external_id"))
    return {
        (names[link.return_activity_id], link.line, names[link.purchase_activity_id], link.purchase_line, link.quantity)
        for link in ReturnLink.objects.all()
    }


def _waits():
    return set(ReturnWait.objects.filter(ended_at=None).values_list("line", "quantity", "reason"))


def test_a_return_in_one_file_with_its_purchase_wherever_it_stands(ingest, csv_file, anna):
    counts = ingest(csv_file(_back("B1", ("1", "1"), of="R1") + _buy("R1", ("1", "2"), ("2", "1"))))
    assert (counts["returns"], counts["receipts"], counts["quarantined_rows"]) == (1, 2, 0)
    assert _links() == {("B1", 1, "R1", 1, 1000)}


def test_a_return_takes_from_several_lines_in_part(ingest, csv_file, anna):
    ingest(csv_file(_buy("R1", ("1", "2"), ("2", "1"), ("1", "1.5")), "a.csv"))
    ingest(csv_file(_back("B1", ("1", "3"), of="R1"), "b.csv"))
    assert _links() == {("B1", 1, "R1", 1, 2000), ("B1", 1, "R1", 3, 1000)}
    ingest(csv_file(_back("B2", ("1", "0.5"), of="R1"), "c.csv"))
    assert ("B2", 1, "R1", 3, 500) in _links()


def test_refused_returns_say_why(ingest, csv_file, program, anna, now):
    enrolment.enrol(program=program, channel="store", now=now, by="test", card_number="BOBB-2", market_code="FR")
    ingest(csv_file(_buy("R1", ("1", "2")), "a.csv"))
    ingest(csv_file(_back("B1", ("1", "1"), of="R1"), "b.csv"))
    counts = ingest(
        csv_file(
            _back("B2", ("1", "1.001"), of="R1") + _back("B3", ("1", "1"), of="B1")
            + _back("B4", ("1", "1"), of="R1", card="BOBB-2") + _back("B5", ("9", "1"), of="R1"),
            "c.csv",
        )
    )  # fmt: skip
    assert counts["reasons"] == {"MoreReturnedThanBought": 2, "ReturnOfAReturn": 1, "NotYourReceipt": 1}
    assert set(Activity.objects.values_list("external_id", flat=True)) == {"R1", "B1"}


def test_two_returns_of_one_file_cannot_take_the_same_goods(ingest, csv_file, anna):
    counts = ingest(
        csv_file(_buy("R1", ("1", "1")) + _back("B1", ("1", "1"), of="R1") + _back("B2", ("1", "1"), of="R1"))
    )
    assert counts["reasons"] == {"MoreReturnedThanBought": 1}
    assert Quarantine.objects.get().receipt_id == "B2"


def test_an_unknown_receipt_is_waited_for(ingest, csv_file, anna):
    ingest(csv_file(_back("B1", ("1", "1"), ("2", "3"), of="R1"), "b.csv"))
    assert _waits() == {(1, 1000, "UnknownReceipt"), (2, 3000, "UnknownReceipt")}
    ingest(csv_file(_buy("R1", ("1", "1"), ("2", "2")), "a.csv"))
    assert _links() == {("B1", 1, "R1", 1, 1000), ("B1", 2, "R1", 2, 2000)}
    assert _waits() == {(2, 1000, "MoreReturnedThanBought")}


def test_without_a_name_the_latest_purchase_of_that_sku_is_taken(ingest, csv_file, anna):
    ingest(
        csv_file(
            _buy("R1", ("1", "2"), at="2026-03-01T10:00:00")
            + _buy("R2", ("1", "1"), ("3", "1"), at="2026-03-02T10:00:00")
            + _buy("R3", ("1", "9"), at="2026-03-09T10:00:00")
            + _buy("X1", ("1", "9"), card="", at="2026-03-03T10:00:00"),
            "a.csv",
        )
    )  # fmt: skip
    ingest(csv_file(_back("B1", ("1", "2.5"), ("3", "2")), "b.csv"))
    assert _links() == {("B1", 1, "R2", 1, 1000), ("B1", 1, "R1", 1, 1500), ("B1", 2, "R2", 2, 1000)}
    assert _waits() == {(2, 1000, "UnknownReceipt")}
    ingest(csv_file(_buy("R0", ("3", "5"), at="2026-02-02T10:00:00"), "late.csv"))
    assert ("B1", 2, "R0", 1, 1000) in _links()
    assert _waits() == set()


def test_a_return_of_money_alone_is_linked_with_quantity_zero(ingest, csv_file, anna):
    ingest(csv_file(_buy("R1", ("1", "2")) + _back("B1", ("1", "0"), of="R1")))
    assert _links() == {("B1", 1, "R1", 1, 0)}


def test_returns_of_a_card_that_becomes_known_go_on(ingest, csv_file, program, now):
    ingest(csv_file(_buy("R1", ("1", "2"), card="CARA-3") + _back("B1", ("1", "1"), card="CARA-3")))
    assert (_links(), _waits()) == (set(), {(1, 1000, "UnknownReceipt")})
    member = enrolment.enrol(program=program, channel="store", now=now, by="t", card_number="CARA-3", market_code="FR")
    assert attribution.rematch(program, now) == 2
    assert _links() == {("B1", 1, "R1", 1, 1000)}
    live = Attribution.objects.filter(ended_at=None)
    assert set(live.values_list("membership_id", "reason")) == {(member.pk, None)}
    assert Attribution.objects.exclude(ended_at=None).count() == 2
    assert attribution.rematch(program, now) == 0
