"""One activity from a till, the queries that show it, a product master, and guards that must hold."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.utils import DatabaseError, IntegrityError

from activity import queries, single
from activity.models import Activity, ActivityKey, Attribution, InboundFile, Quarantine
from members import enrolment
from programs.models import Product, Source

pytestmark = pytest.mark.django_db
ROW = {"receipt_id": "T1", "occurred_at": "2026-11-20T10:00:00+01:00", "store": "s1", "card": "ANNA-1", "sku": "100",
       "quantity": "2", "gross": "7.00"}  # fmt: skip


@pytest.fixture
def till(program, now):
    source = Source.objects.create(code="till", catalogue=program.population)
    source.programs.add(program)

    def land(*rows, **options):
        return single.land_one(rows, source=source, program=program, now=now, **options)

    return land


def test_a_till_sends_one_receipt_and_may_send_it_again(till, program, now):
    member = enrolment.enrol(program=program, channel="store", now=now, by="t", card_number="ANNA-1", market_code="FR")
    first, again = till(ROW), till(ROW)
    assert (first.state, first.reason, again.state, again.activity_id) == (
        "landed",
        None,
        "duplicate",
        first.activity_id,
    )
    other = till(ROW | {"gross": "8.00"})
    assert (other.state, other.reason) == ("quarantined", "DifferentContent")
    till(ROW | {"gross": "8.00"})
    assert Quarantine.objects.get().reason == "DifferentContent"
    named = {"kind": "return", "original_receipt_id": "T1", "quantity": "0.5", "gross": "1.75"}
    back = till(ROW | {"receipt_id": "T2"} | named)
    assert back.state == "landed"
    holder = Attribution.objects.get(activity_id=first.activity_id).holder_id
    shown = queries.of_holder(holder, since=date(2026, 11, 1), until=date(2026, 12, 1), lines=True)
    assert [(one.external_id, one.net) for one in shown] == [("T2", 175), ("T1", 700)]
    assert (shown[1].lines[0].sku, shown[1].lines[0].returned) == ("100", 500)
    assert member.pk == Attribution.objects.filter(activity_id=first.activity_id).get().membership_id


def test_what_a_landed_activity_waits_for_is_said(till, program, now):
    assert till(ROW).reason == "UnknownMember"
    lost = {"receipt_id": "T2", "card": "", "kind": "return", "original_receipt_id": "T9"}
    assert till(ROW | lost).reason == "UnknownReceipt"
    assert queries.waiting_by_reason(program.pk) == {"UnknownMember": 1}


def test_a_door_may_answer_instead_of_keeping(till):
    outcome = till(ROW | {"gross": "much"}, keep=False)
    assert (outcome.state, outcome.reason, outcome.field) == ("quarantined", "InvalidField", "gross")
    assert not Quarantine.objects.exists()


def test_history_is_not_rewritten(till, owner_cursor):
    till(ROW)
    for statement in (
        "UPDATE activity SET net = 0", "DELETE FROM activity_key", "UPDATE attribution SET membership_id = 1",
        "DELETE FROM attribution", "DELETE FROM quarantine", "TRUNCATE activity",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            from django.db import connection

            connection.cursor().execute(statement)


def test_uniqueness_is_the_keys_alone(till):
    till(ROW)
    key = ActivityKey.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        values = {"activity_id": 9, "occurred_on": key.occurred_on, "content_hash": b""}
        ActivityKey.objects.create(source_id=key.source_id, external_id="T1", **values)


@pytest.mark.parametrize(
    ("changed", "guard"),
    [
        ({"quantities": []}, "activity_lines_are_parallel"),
        ({"kind": 3}, "activity_lines_belong_to_receipts"),
        ({"kind": 7}, "activity_has_a_kind|activity_lines_belong"),
        ({"net": -1}, "activity_amounts_are_positive"),
    ],
)
def test_the_table_itself_refuses_what_validation_must_never_let_pass(till, changed, guard):
    till(ROW)
    values = Activity.objects.values().get() | {"activity_id": 10**12} | changed
    with pytest.raises(IntegrityError, match=guard), transaction.atomic():
        Activity.objects.create(**values)


def test_a_file_whose_counts_do_not_add_up_cannot_be_closed(ingest, csv_file, now):
    ingest(csv_file([ROW]))
    file = InboundFile.objects.get()
    for changed in ({"landed": 2}, {"rows": None}, {"skipped": 1}):
        with pytest.raises(IntegrityError, match="inbound_file_adds_up"), transaction.atomic():
            InboundFile.objects.filter(pk=file.pk).update(**changed)


def test_a_product_master_is_loaded_and_changes_nothing_the_second_time(program, tmp_path, till, capsys):
    till(ROW)
    path = tmp_path / "products.csv"
    path.write_text(
        "sku,name,category,brand,tags,attr.colour\n100,Kettle,Kitchen/Electric,Own,blue|new,red\n200,Pan,,,,\n"
    )
    call_command("products", str(path))
    call_command("products", str(path))
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "2 products read, 2 new or changed",
        "2 products read, 0 new or changed",
    ]
    product = Product.objects.get(sku="100")
    assert (product.current.tags, product.current.attributes) == (["blue", "new"], {"colour": "red"})
    assert product.states.count() == 2
    assert Activity.objects.get().states == [product.states.earliest("id").pk]
    (tmp_path / "bad.ndjson").write_text(json.dumps({"sku": "1"}) + "\n" + json.dumps({"name": "x"}) + "\n")
    with pytest.raises(CommandError, match=r"bad\.ndjson: line 2: sku: is missing") as refused:
        call_command("products", str(tmp_path / "bad.ndjson"))
    assert refused.value.returncode == 2
