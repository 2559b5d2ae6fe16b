"""Formats, scattered rows, hostile bytes, times: what a file may look like and what becomes of it."""

from __future__ import annotations

import datetime as dates
import json
import random

import openpyxl
import polars as pl
import pytest
from django.core.management.base import CommandError
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from activity import chunks, spilling
from activity.models import Activity, Attribution, Quarantine
from programs.models import Product

pytestmark = pytest.mark.django_db
ROWS = [
    {"receipt_id": "R1", "occurred_at": "2026-03-01T10:00:00", "store": "s1", "card": "A1", "sku": "100",
     "product_name": 'The "best", tea', "quantity": "2", "unit_price": "1.335", "tax": "0.10", "attr.till": "7",
     "line.colour": "red", "tender": "cash", "tender_amount": "3.17"},
    {"receipt_id": "R1", "occurred_at": "2026-03-01T10:00:00", "store": "s1", "card": "A1", "sku": "200",
     "product_name": "", "quantity": "0.5", "unit_price": "1.00", "tax": "", "attr.till": "7",
     "line.colour": "", "tender": "cash", "tender_amount": "3.17"},
    {"receipt_id": "V1", "kind": "visit", "occurred_at": "2026-03-01T23:30:00Z", "store": "s1", "email": "a@b.org"},
    {"receipt_id": "E1", "kind": "event", "event_type": "review", "occurred_at": "2026-03-01T10:00:00+05:30",
     "store": "u1", "member": "M1", "attr.stars": "5"},
]  # fmt: skip


def _seen():
    columns = ("external_id", "kind", "occurred_at", "occurred_on", "channel", "gross", "net", "event_type",
               "quantities", "grosses", "taxes", "line_attributes", "tenders", "attributes", "currency")  # fmt: skip
    return list(Activity.objects.order_by("external_id").values(*columns))


def test_every_format_gives_the_same_activity(ingest, csv_file, tmp_path):
    ingest(csv_file(ROWS), source="csv")
    names = list(dict.fromkeys(name for row in ROWS for name in row))
    (tmp_path / "till.ndjson").write_text("\n".join(json.dumps(row) for row in ROWS))
    frame = pl.DataFrame([{name: row.get(name) for name in names} for row in ROWS])
    typed = frame.with_columns(
        pl.col("quantity", "unit_price", "tax", "tender_amount").replace("", None).cast(pl.Decimal(12, 3))
    )
    typed.write_parquet(tmp_path / "till.parquet")
    book = openpyxl.Workbook()
    for values in [names, *([row.get(name) for name in names] for row in ROWS)]:
        book.active.append(values)
    book.save(tmp_path / "till.xlsx")
    csv = _seen()
    assert [(one["external_id"], one["kind"]) for one in csv] == [("E1", 4), ("R1", 1), ("V1", 3)]
    receipt = csv[1]
    assert (receipt["grosses"], receipt["taxes"], receipt["gross"]) == ([267, 50], [10, None], 317)
    assert (receipt["line_attributes"], receipt["attributes"]) == ({"colour": ["red", None]}, {"till": "7"})
    assert receipt["tenders"] == [{"kind": "cash", "amount": 317}]
    assert (csv[2]["occurred_on"], csv[0]["event_type"]) == (dates.date(2026, 3, 2), "review")
    for name in ("ndjson", "parquet", "xlsx"):
        again = ingest(tmp_path / f"till.{name}", source="csv")
        assert (again["duplicate_rows"], again["rows"]) == (4, 4), name


def test_names_in_a_file_fill_the_gaps_of_the_catalogue(ingest, csv_file):
    ingest(csv_file([ROWS[1]], "a.csv"))
    assert Product.objects.get(sku="200").current.name == ""
    ingest(csv_file([ROWS[0] | {"receipt_id": "R2", "sku": "200", "category": "Tea/Green"}], "b.csv"))
    ingest(csv_file([ROWS[0] | {"receipt_id": "R3", "sku": "200", "product_name": "Other"}], "c.csv"))
    product = Product.objects.get(sku="200")
    assert (product.current.name, product.current.category) == ('The "best", tea', "Tea/Green")
    assert product.states.count() == 2
    first, second = (Activity.objects.get(external_id=name).states for name in ("R1", "R2"))
    assert first != second


def test_a_second_program_of_a_source_gets_what_is_here_already(ingest, csv_file, program, tmp_path, capsys):
    from django.core.management import call_command

    from programs.models import Market, Program

    path = csv_file(ROWS)
    ingest(path)
    other = Program.objects.create(code="other", population=program.population)
    other.banners.set(program.banners.all())
    for market in program.markets.all():
        Market.objects.create(program=other, code=market.code, currency=market.currency, timezone=market.timezone)
    call_command("ingest", str(path), "--source", "pos", "--program", "other")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["duplicate_rows"] == 4
    assert Activity.objects.count() == 3
    assert sorted(Attribution.objects.values_list("program_id", flat=True)) == [program.pk] * 3 + [other.pk] * 3


def test_an_unknown_source_is_created_and_said_so(ingest, csv_file, capsys):
    ingest(csv_file(ROWS), source="new-till")
    assert "source new-till is new: created for the program demo" in capsys.readouterr().err
    ingest(csv_file(ROWS), source="new-till")
    assert "created" not in capsys.readouterr().err


def test_a_dry_run_counts_and_keeps_nothing(ingest, csv_file):
    counts = ingest(csv_file([*ROWS, ROWS[0] | {"receipt_id": "X", "unit_price": "?"}]), "--dry-run", source="dry")
    assert (counts["landed_rows"], counts["quarantined_rows"], counts["receipts"]) == (4, 1, 1)
    from programs.models import Source

    assert not Activity.objects.exists()
    assert not Quarantine.objects.exists()
    assert not Source.objects.filter(code="dry").exists()


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00"),  # skipped: forward by the gap, 03:30 in Paris
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),  # twice: the first
        ("2026-07-01 12:00", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01", "2026-06-30T22:00:00+00:00"),
        ("2026-07-01T12:00:00.123456", "2026-07-01T10:00:00.123456+00:00"),
        ("2026-07-01T12:00:00-04:00", "2026-07-01T16:00:00+00:00"),
    ],
)
def test_moments_as_they_are_written(ingest, csv_file, local, moment):
    ingest(csv_file([ROWS[0] | {"occurred_at": local}]))
    assert Activity.objects.get().occurred_at.isoformat() == moment


@pytest.mark.parametrize(("budget", "size"), [(spilling.BUDGET, 200), (1, 200), (1, 37)])
def test_scattered_rows_give_what_adjacent_rows_give(ingest, csv_file, monkeypatch, budget, size):
    monkeypatch.setattr(chunks, "ROWS_PER_CHUNK", size)
    monkeypatch.setattr("activity.spilling.Waiting.__init__.__defaults__", (budget,), raising=False)
    rows = [
        ROWS[0] | {"receipt_id": f"R{number}", "sku": str(line), "unit_price": f"{number}.{line:02}"}
        for number in range(60)
        for line in range(1, 6)
    ]
    scattered = list(rows)
    random.Random(3).shuffle(scattered)
    scattered.sort(key=lambda row: 0 if random.Random(row["sku"]).random() > 2 else int(row["sku"]))
    ingest(csv_file(rows, "a.csv"), source="adjacent")
    counts = ingest(csv_file(scattered, "b.csv"), source="scattered")
    assert counts["receipts"] == 60

    def seen(code):
        from programs.models import Source

        mine = Activity.objects.filter(source_id=Source.objects.get(code=code).pk)
        return sorted(mine.values_list("external_id", "gross", "quantities", "grosses", "states"))

    assert seen("adjacent") == seen("scattered")


HOSTILE = [
    b"\x00",
    b"\xff\xfe",
    b'"',
    b'"",',
    b"\r",
    b"\n\n",
    b",",
    b"NaN",
    b"-1e999",
    b"\xf0\x9f\x98\x80",
    b"9" * 50,
    b"\x02",
    b"\x1f",
]


@settings(max_examples=8, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_every_row_of_a_fuzzed_file_lands_or_is_kept(ingest, tmp_path, rnd, seed):
    lines = [
        f"R{seed}-{rnd.randrange(40)},2026-03-01T10:00:00,s1,,{rnd.randrange(9)},1,{rnd.randrange(500)}.50".encode()
        for _ in range(300)
    ]
    for _ in range(60):
        at = rnd.randrange(len(lines))
        cut = rnd.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:cut] + rnd.choice(HOSTILE) + lines[at][cut + rnd.randrange(3) :]
    path = tmp_path / f"fuzz-{seed}.csv"
    path.write_bytes(b"receipt_id,occurred_at,store,card,sku,quantity,gross\n" + b"\n".join(lines))
    counts = ingest(path, source="fuzz")
    again = ingest(path, source="fuzz")
    assert (again["rows"], again["landed_rows"], again["quarantined_rows"]) == (counts["rows"], 0, 0)


def test_thirty_thousand_fuzzed_rows_add_up(ingest, tmp_path):
    rnd = random.Random(5)
    lines = []
    for number in range(30_000):
        line = b"R%d,2026-03-01T10:00:00,s1,,%d,1,%d.50" % (number // 5, number % 90, number % 500)
        if number % 97 == 0:
            line = line[: rnd.randrange(len(line))] + rnd.choice(HOSTILE) + line[rnd.randrange(len(line)) :]
        lines.append(line)
    path = tmp_path / "fuzz.csv"
    path.write_bytes(b"receipt_id,occurred_at,store,card,sku,quantity,gross\n" + b"\n".join(lines))
    counts = ingest(path)
    assert counts["landed_rows"] > 24_000
    assert counts["quarantined_rows"] == Quarantine.objects.count() > 300


@pytest.mark.parametrize("name", ["x.csv", "x.ndjson", "x.parquet", "x.xlsx"])
@pytest.mark.parametrize(
    "content", [b"", b"\n\n\n", random.Random(1).randbytes(5000), b"a,b\n1,2\n", b"\x00" * 100, b"PK\x03\x04junk"]
)
def test_a_file_that_cannot_be_read_is_exit_2_with_the_reason(ingest, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError, match="could not be read: ") as refused:
        ingest(path)
    assert refused.value.returncode == 2


def test_missing_files_and_programs_are_exit_2(ingest, csv_file, tmp_path):
    from django.core.management import call_command

    for path, program in ((tmp_path / "none.csv", "demo"), (csv_file(ROWS), "nobody")):
        with pytest.raises(CommandError) as refused:
            call_command("ingest", str(path), "--source", "pos", "--program", program)
        assert refused.value.returncode == 2


def test_an_endless_line_is_one_bad_row(ingest, tmp_path):
    head = "receipt_id,occurred_at,store,sku,gross\n"
    good = "R{},2026-03-01T10:00:00,s1,1,1.00\n"
    path = tmp_path / "endless.csv"
    path.write_text(
        head
        + good.format(1)
        + "R2,"
        + "x" * (9 << 20)
        + "\n"
        + good.format(3)
        + '"'
        + "y" * (6 << 20)
        + "\n"
        + good.format(4)
    )
    counts = ingest(path)
    assert counts["landed_rows"] == 3
    assert counts["quarantined_rows"] == counts["rows"] - 3 <= 3
    assert max(len(row.raw) for row in Quarantine.objects.all()) <= 1 << 16


def test_a_lone_quote_costs_no_other_row(ingest, tmp_path):
    rows = ""
    for n in range(9):
        sku = '5" pipe' if n == 3 else '"unclosed' if n == 6 else str(n)
        rows += f"R{n},2026-03-01T10:00:00,s1,{sku},1.00\n"
    path = tmp_path / "quotes.csv"
    path.write_text("receipt_id,occurred_at,store,sku,gross\n" + rows)
    counts = ingest(path)
    assert (counts["landed_rows"], counts["quarantined_rows"]) == (8, 1)
    assert Quarantine.objects.get().line == 8
