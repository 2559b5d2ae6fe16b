"""Mappings: what they can say, and how wrong ones are refused."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from activity import mapping
from activity.models import Activity, Attribution, Quarantine

ONLINE = """
version: 1
format: csv
csv: {delimiter: ";", encoding: latin-1, decimal: ",", quote: '"'}
columns: {receipt_id: InvoiceNo, sku: StockCode, product_name: Description, quantity: Quantity,
          occurred_at: InvoiceDate, unit_price: UnitPrice, member: CustomerID, attr.country: Country}
lookup: {store: {column: Country, values: {France: s1, Etats-Unis: u1}, default: s2}}
constants: {channel: web}
dates: {format: "%d/%m/%Y %H:%M", timezone: Europe/London}
clean: {member: strip_decimals, sku: upper}
returns: {when: {column: InvoiceNo, starts_with: C}, strip_prefix: C}
skip: [{column: StockCode, in: [POST, D, M, BANK CHARGES]}, {column: UnitPrice, le: 0}]
members: create
"""
ROWS = """InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country
536365;85123a;"Théière ""rouge""; grande";6;01/12/2010 08:26;2,55;17850.0;France
536365;POST;Port;1;01/12/2010 08:26;18,00;17850.0;France
536365;22752;Bo\xeete;2,5;01/12/2010 08:26;1.234,56;17850.0;France
536366;21730;Gift;1;01/12/2010 09:00;0;;Germany
536367;21730;Gift;1;01/12/2010 09:00;3,00;;Germany
C536379;85123A;Retour;-1;02/12/2010 09:41;2,55;17850.0;France
536368;21730;Gift;1;13/13/2010 09:00;3,00;;Germany
"""

pytestmark = pytest.mark.django_db


@pytest.fixture
def export(tmp_path):
    def write(rows: str = ROWS, how: str = ONLINE):
        path, spec = tmp_path / "export.csv", tmp_path / "online.yaml"
        path.write_bytes(rows.replace("Th\xe9", "Th\xe9").encode("latin-1"))
        spec.write_text(how, encoding="utf-8")
        return path, spec

    return write


def test_a_retailers_export_is_taken_without_code(ingest, export):
    path, spec = export()
    counts = ingest(path, "--mapping", str(spec), source="online")
    assert counts | {"seconds": 0} == {
        "rows": 7, "skipped": 2, "landed_rows": 4, "duplicate_rows": 0, "quarantined_rows": 1, "receipts": 3,
        "returns": 1, "anonymous": 1, "unmatched": 0, "reasons": {"InvalidField": 1}, "seconds": 0,
        "ignored": [],
    }  # fmt: skip
    bought = Activity.objects.get(external_id="536365")
    assert (bought.quantities, bought.grosses) == ([6000, 2500], [1530, 308640])
    assert bought.occurred_at.isoformat() == "2010-12-01T08:26:00+00:00"
    assert (bought.channel, bought.attributes, bought.currency) == ("web", {"country": "France"}, "EUR")
    back = Activity.objects.get(external_id="536379")
    assert (back.kind, back.quantities, back.nets) == (2, [1000], [255])
    assert Activity.objects.get(external_id="536367").store_id != bought.store_id
    attribution = Attribution.objects.get(activity_id=bought.activity_id)
    assert (attribution.by, attribution.reason) == ("member", None)
    bad = Quarantine.objects.get()
    assert (bad.line, bad.field, bytes(bad.raw)) == (
        8,
        "occurred_at",
        b"536368;21730;Gift;1;13/13/2010 09:00;3,00;;Germany",
    )
    assert "%d/%m/%Y" in bad.detail


def test_created_members_are_pending_and_joined_on_their_first_day(ingest, export):
    from members.models import Membership

    path, spec = export(ROWS + "536300;21730;Gift;1;15/11/2010 00:30;3,00;17850.0;France\n")
    ingest(path, "--mapping", str(spec), source="online")
    member = Membership.objects.get(number="17850")
    assert (member.status, member.joined_at.isoformat()) == ("pending", "2010-11-14T23:00:00+00:00")


def test_columns_that_nobody_reads_are_told(ingest, export, csv_file, capsys):
    path, spec = export(how=ONLINE.replace(", attr.country: Country", "").replace("product_name: Description, ", ""))
    assert ingest(path, "--mapping", str(spec), source="online")["ignored"] == ["Description"]
    assert "columns nobody read: Description" in capsys.readouterr().err
    row = {"receipt_id": "R1", "occurred_at": "2026-03-01T10:00:00", "store": "s1", "sku": "1", "quantity": "1"}
    path = csv_file([{**row, "gross": "3.00", "grosss": "4.00", "[b]till": "7"}])
    assert ingest(path)["ignored"] == ["grosss", "[b]till"]
    assert "columns nobody read: grosss, [b]till" in capsys.readouterr().err


@pytest.mark.parametrize("how", [ONLINE, ONLINE.replace("members: create\n", "")], ids=["create", "match"])
def test_a_corrected_row_enrols_its_member_as_its_file_would_have(ingest, export, how):
    from members.models import Membership

    path, spec = export(
        ROWS.replace(
            "536368;21730;Gift;1;13/13/2010 09:00;3,00;;", "536368;21730;Gift;1;13/13/2010 09:00;3,00;4711.0;"
        ),
        how,
    )
    ingest(path, "--mapping", str(spec), source="online")
    assert not Membership.objects.filter(number="4711").exists()
    bad = Quarantine.objects.get()
    call_command("quarantine", "fix", str(bad.pk), "occurred_at=2010-12-03T09:00:00", "--replay")
    found = Membership.objects.filter(number="4711").first()
    given = Attribution.objects.get(activity_id=Activity.objects.get(external_id="536368").activity_id)
    if how == ONLINE:
        assert (found.status, found.joined_at.isoformat()) == ("pending", "2010-12-02T23:00:00+00:00")
        assert given.membership_id == found.pk
    else:
        assert (found, given.reason) == (None, "UnknownMember")


def test_match_is_the_default_and_enrols_nobody(ingest, export):
    from members.models import Membership

    path, spec = export(how=ONLINE.replace("members: create\n", ""))
    assert ingest(path, "--mapping", str(spec), source="online")["unmatched"] == 2
    assert not Membership.objects.exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("version: 1", "version: 2"), "line 2: version: "),
        (("skip:", "skipp:"), "line 12: skipp: is no key of a mapping"),
        (("sku: StockCode", "skew: StockCode"), "line 5: columns.skew: skew is no field"),
        (("le: 0", "le: nothing"), "line 12: skip.1.le: "),
        (("le: 0", "le: 0, lt: 1"), "line 12: skip.1: a column and one comparison"),
        (("Europe/London", "Europe/Londres"), "line 9: dates.timezone: Europe/Londres is no time zone"),
        (("strip_decimals", "strip_everything"), "line 10: clean.member"),
        (("latin-1", "klingon"), "line 4: csv.encoding: klingon is no encoding"),
        (("latin-1", "utf-16"), "line 4: csv.encoding: "),
        (("members: create", "members: delete"), "line 13: members: "),
        (("constants: {channel: web}", "constants: {sku: web}"), "sku: said in more than one of"),
        (("constants: {channel: web}", "constants: {channel: web, channel: app}"), "line 8: channel is there twice"),
        (("dates: {", "dates: [{"), "line 10"),
        (("format: csv", "format: parquet"), "csv: a parquet file is not written as CSV"),
    ],
)
def test_every_error_of_a_mapping_names_file_line_and_field(change, told):
    with pytest.raises(mapping.MappingRefused) as refused:
        mapping.parse(ONLINE.replace(*change).encode(), "online.yaml")
    assert str(refused.value).startswith("online.yaml: ")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("sku: StockCode", "sku: Stock"), "columns.sku: the file has no column Stock"),
        (("column: Country", "column: Land"), "lookup.store: the file has no column Land"),
        (("column: UnitPrice", "column: Price"), "the file has no column Price"),
        (
            ("lookup: {store: {column: Country, values: {France: s1, Etats-Unis: u1}, default: s2}}", ""),
            "there is no store",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_its_file_is_refused_with_exit_2(ingest, export, change, told):
    path, spec = export(how=ONLINE.replace(*change))
    with pytest.raises(CommandError, match=told) as refused:
        ingest(path, "--mapping", str(spec), source="online")
    assert refused.value.returncode == 2
    assert not Activity.objects.exists()


def test_a_dot_in_a_file_of_decimal_commas_is_never_guessed(ingest, export):
    path, spec = export(ROWS.replace("2,55;17850.0;France\n536365;POST", "2.55;17850.0;France\n536365;POST"))
    assert ingest(path, "--mapping", str(spec), source="online")["reasons"] == {"HeldWithReceipt": 1, "InvalidField": 2}


def test_scalars_are_taken_as_they_are_written():
    spec = mapping.parse(
        b"version: 1\nconstants: {store: 010, channel: web}\nlookup: {attr.x: {column: C, values: {NO: yes}}}", "m"
    )
    assert spec.constants["store"] == "010"
    assert spec.lookup["attr.x"].values == {"NO": "yes"}


def test_the_command_says_which_mapping_is_wrong(ingest, export, tmp_path):
    path, spec = export(how="version: 1\nnonsense: 1\n")
    with pytest.raises(CommandError, match=r"online\.yaml: line 2: nonsense: is no key of a mapping"):
        call_command("ingest", str(path), "--source", "x", "--program", "demo", "--mapping", str(spec))
