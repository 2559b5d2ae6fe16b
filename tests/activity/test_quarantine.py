"""A receipt lands whole or not at all; what is held back can be corrected, dropped and replayed."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from activity import quarantine
from activity.models import Activity, InboundFile, Quarantine

pytestmark = pytest.mark.django_db
AT = "2026-03-01T10:00:00"


def _row(receipt="R1", **changed):
    return {"receipt_id": receipt, "occurred_at": AT, "store": "s1", "card": "A1", "currency": "EUR", "kind": "",
            "line": "", "sku": "100", "quantity": "1", "unit_price": "", "gross": "3.00", "discount": "", "net": "",
            "channel": "", "attr.note": ""} | changed  # fmt: skip


BAD = [
    ({"gross": "abc"}, "gross"),
    ({"gross": "NaN"}, "gross"),
    ({"gross": "1e400"}, "gross"),
    ({"gross": "99999999999999999999999999999999999999999"}, "gross"),
    ({"gross": "1.005"}, "gross"),
    ({"gross": "-1"}, "gross"),
    ({"gross": ""}, "gross"),
    ({"quantity": "1.0001"}, "quantity"),
    ({"quantity": "-2"}, "quantity"),
    ({"quantity": "inf"}, "quantity"),
    ({"discount": "5.00"}, "net"),
    ({"sku": ""}, "sku"),
    ({"sku": "x" * 81}, "sku"),
    ({"store": "nowhere"}, "store"),
    ({"store": ""}, "store"),
    ({"occurred_at": "2026-02-30T10:00:00"}, "occurred_at"),
    ({"occurred_at": "yesterday"}, "occurred_at"),
    ({"occurred_at": ""}, "occurred_at"),
    ({"occurred_at": "0001-01-01T00:00:00"}, "occurred_at"),
    ({"kind": "gift"}, "kind"),
    ({"kind": "event"}, "sku"),
    ({"kind": "visit"}, "sku"),
    ({"channel": "pigeon"}, "channel"),
    ({"currency": "EURO"}, "currency"),
    ({"line": "first"}, "line"),
    ({"card": "9" * 81}, "card"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "field"), BAD, ids=[f"{field}-{at}" for at, (_, field) in enumerate(BAD)])
def test_a_bad_row_names_its_field_and_holds_its_receipt(ingest, csv_file, changed, field):
    path = csv_file([_row("R0"), _row(**changed), _row(sku="200", **{k: v for k, v in changed.items() if k in OWN})])
    counts = ingest(path)
    assert (counts["landed_rows"], counts["quarantined_rows"]) == (1, 2)
    bad, other = Quarantine.objects.order_by("line")
    assert (bad.reason, bad.field, bad.line, bad.receipt_id) == ("InvalidField", field, 3, "R1")
    assert bytes(bad.raw).decode() == path.read_text().splitlines()[2]
    assert other.reason == ("InvalidField" if set(changed) & OWN else "HeldWithReceipt")
    assert Activity.objects.get().external_id == "R0"


OWN = {"store", "occurred_at", "kind", "channel", "currency", "card"}


@pytest.mark.parametrize(
    "changed", [{"store": "s2"}, {"card": "A2"}, {"currency": "USD"}, {"kind": "return"}, {"channel": "web"}]
)
def test_rows_that_contradict_the_first_quarantine_the_whole_receipt(ingest, csv_file, changed):
    counts = ingest(
        csv_file([_row(kind="purchase", channel="store"), _row(**({"kind": "purchase", "channel": "store"} | changed))])
    )
    assert counts["reasons"] == {"MixedReceipt": 2}
    assert {row.field for row in Quarantine.objects.all()} == set(changed)


def test_differing_times_are_no_contradiction_the_earliest_counts(ingest, csv_file):
    ingest(csv_file([_row(), _row(occurred_at="2026-03-01T09:59:00"), _row(occurred_at="2026-03-01T10:02:00")]))
    assert Activity.objects.get().occurred_at.isoformat() == "2026-03-01T08:59:00+00:00"


def test_two_files_with_parts_of_one_receipt_are_different_content(ingest, csv_file):
    ingest(csv_file([_row()], "morning.csv"))
    counts = ingest(csv_file([_row(sku="200"), _row("R2")], "evening.csv"))
    assert (counts["reasons"], counts["landed_rows"]) == ({"DifferentContent": 1}, 1)
    assert Activity.objects.get(external_id="R1").quantities == [1000]


def test_a_row_without_a_receipt_id_stands_alone(ingest, csv_file):
    counts = ingest(csv_file([_row(), _row("", sku="2"), _row("", sku="3"), _row(sku="4")]))
    assert (counts["landed_rows"], counts["reasons"]) == (2, {"InvalidField": 2})
    assert set(Quarantine.objects.values_list("receipt_id", "field")) == {(None, "receipt_id")}


def test_nothing_is_quarantined_twice(ingest, csv_file):
    path = csv_file([_row(), _row(gross="x"), _row("R2"), _row("", sku="9")])
    first, again = ingest(path), ingest(path)
    assert (first["quarantined_rows"], first["landed_rows"]) == (3, 1)
    assert (again["duplicate_rows"], again["quarantined_rows"], again["rows"]) == (4, 0, 4)
    assert Quarantine.objects.count() == 3
    assert list(InboundFile.objects.values_list("state", flat=True)) == ["closed", "closed"]


def test_a_corrected_receipt_lands_whole(ingest, csv_file, now, capsys):
    ingest(csv_file([_row(gross="3,00"), _row(sku="200")]))
    bad, held = Quarantine.objects.order_by("line")
    [refused] = quarantine.replay(rows=quarantine.waiting(), now=now, by="user:1")
    assert (refused.state, refused.reason, refused.rows) == ("quarantined", "InvalidField", 2)
    call_command("quarantine", "fix", str(bad.pk), "gross=3.00", "--replay")
    assert "receipt R1, 2 rows: landed" in capsys.readouterr().out
    assert Activity.objects.get().nets == [300, 300]
    assert set(Quarantine.objects.values_list("state", flat=True)) == {"landed"}
    with pytest.raises(quarantine.NotInQuarantine):
        quarantine.fix(row_id=held.pk, changes={"sku": "1"}, now=now, by="user:1")


def test_a_dropped_row_lets_the_others_land(ingest, csv_file):
    ingest(csv_file([_row(gross="x"), _row(sku="200"), _row(sku="300")]))
    call_command("quarantine", "fix", str(Quarantine.objects.get(reason="InvalidField").pk), "--drop", "--replay")
    assert Activity.objects.get().quantities == [1000, 1000]
    assert sorted(Quarantine.objects.values_list("state", flat=True)) == ["dropped", "landed", "landed"]


def test_a_row_without_a_receipt_id_can_be_given_one(ingest, csv_file, now):
    ingest(csv_file([_row("")]))
    row = Quarantine.objects.get()
    quarantine.fix(row_id=row.pk, changes={"receipt_id": "R7"}, now=now, by="user:1")
    [replayed] = quarantine.replay(rows=quarantine.waiting(), now=now, by="user:1")
    assert replayed.state == "landed"
    assert Activity.objects.get().external_id == "R7"


def test_a_torn_row_does_not_land_before_somebody_corrects_it(ingest, tmp_path, now):
    path = tmp_path / "torn.csv"
    path.write_text(f"receipt_id,occurred_at,store,sku,gross,discount\nR1,{AT},s1,100,3.00\n")
    ingest(path)
    [still] = quarantine.replay(rows=quarantine.waiting(), now=now, by="user:1")
    assert still.state == "quarantined"
    assert "5 fields, the header 6" in still.detail
    quarantine.fix(row_id=Quarantine.objects.get().pk, changes={"discount": "0"}, now=now, by="user:1")
    [landed] = quarantine.replay(rows=quarantine.waiting(), now=now, by="user:1")
    assert landed.state == "landed"


def test_a_store_opened_later_needs_no_correction(ingest, csv_file, now, program):
    from programs.models import Store

    ingest(csv_file([_row(store="s9")]))
    Store.objects.create(banner=program.banners.first(), code="s9", market_code="FR")
    [landed] = quarantine.replay(rows=quarantine.waiting(), now=now, by="user:1")
    assert landed.state == "landed"


def test_the_command_lists_shows_and_refuses(ingest, csv_file, capsys):
    ingest(csv_file([_row(gross="x"), _row(sku="200")]))
    row = Quarantine.objects.get(field="gross")
    capsys.readouterr()
    call_command("quarantine", "list", "--reason", "InvalidField")
    assert f"{row.pk}  till.csv:2  R1  InvalidField gross" in capsys.readouterr().out
    call_command("quarantine", "list", "--counts")
    assert "1  pos  InvalidField gross" in capsys.readouterr().out
    call_command("quarantine", "show", str(row.pk))
    shown = json.loads(capsys.readouterr().out)
    assert (shown["content"]["gross"], shown["line"]) == ("x", 2)
    for wrong in (["fix", str(row.pk), "grosss=1"], ["fix", str(row.pk)], ["fix", "999999", "sku=1"], ["replay"]):
        with pytest.raises(CommandError):
            call_command("quarantine", *wrong)
