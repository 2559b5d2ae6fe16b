"""kill -9 of an ingest at any moment, then the same command: exact totals. And two of them at once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection

from activity.models import Activity, Attribution, InboundChunk, InboundFile, Quarantine
from members import enrolment
from tests.conftest import SOAK

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = 40 if SOAK else 3
RECEIPTS = 3000
SMALL_CHUNKS = "from activity import chunks; chunks.ROWS_PER_CHUNK = 2000; "


@pytest.fixture
def file(tmp_path, program, now):
    """Receipts of 1 to 4 rows, a tenth of the rows far from their receipt, one receipt in fifty bad, some returns."""
    enrolment.enrol(program=program, channel="store", now=now, by="test", card_number="KNOWN-1", market_code="FR")
    chance = random.Random(7)
    rows = []
    for number in range(RECEIPTS):
        for line in range(chance.randint(1, 4)):
            gross = "bad" if number % 50 == 0 and line == 0 else f"{chance.randint(1, 999) / 100:.2f}"
            card = ("KNOWN-1", "LOST-2", "")[number % 3]
            back = number % 20 == 7
            rows.append(
                f"R{number},{'return' if back else 'purchase'},2026-03-0{1 + number % 9}T10:00:00,s1,{card},"
                f"{chance.randint(1, 300)},1,{gross}"
            )
    for _ in range(len(rows) // 10):
        rows.append(rows.pop(chance.randrange(len(rows))))
    path = tmp_path / "year.csv"
    path.write_text("receipt_id,kind,occurred_at,store,card,sku,quantity,gross\n" + "\n".join(rows) + "\n")
    return path, len(rows)


def _start(path, report):
    settings = connection.settings_dict
    url = (
        f"postgres://{quote(settings['USER'])}:{quote(settings['PASSWORD'] or '')}@"
        f"{quote(settings['HOST'], safe='')}:{settings['PORT'] or ''}/{settings['NAME']}"
    )
    call = f"call_command('ingest', {str(path)!r}, '--source', 'pos', '--program', 'demo', '--json', {str(report)!r})"
    code = f"import django; django.setup(); {SMALL_CHUNKS} from django.core.management import call_command; {call}"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "loyalty.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _totals():
    return {
        "activity": Activity.objects.count(),
        "keys": len(set(Activity.objects.values_list("external_id", flat=True))),
        "attributions": Attribution.objects.filter(ended_at=None).count(),
        "quarantine": Quarantine.objects.count(),
        "nets": sum(Activity.objects.values_list("net", flat=True)),
    }


def _check(report, rows):
    counts = json.loads(report.read_text())
    spoilt = RECEIPTS // 50
    assert counts["rows"] == rows
    assert counts["landed_rows"] + counts["quarantined_rows"] == rows
    assert counts["receipts"] == RECEIPTS - spoilt == Activity.objects.count()
    assert counts["quarantined_rows"] == Quarantine.objects.count()
    assert counts["reasons"]["InvalidField"] == spoilt
    file = InboundFile.objects.get(state="closed")
    assert (file.rows, file.landed, file.quarantined) == (rows, counts["landed_rows"], counts["quarantined_rows"])


def test_killed_anywhere_it_goes_on_to_the_same_totals(file, tmp_path):
    path, rows = file
    chance = random.Random(11)
    report = tmp_path / "counts.json"
    for _ in range(KILLS):
        before = InboundChunk.objects.count()
        process = _start(path, report)
        deadline = time.monotonic() + 60
        while process.poll() is None and InboundChunk.objects.count() == before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    process = _start(path, report)
    assert process.communicate()[1] is not None
    assert process.returncode == 0
    _check(report, rows)
    totals = _totals()
    call_command("ingest", str(path), "--source", "pos", "--program", "demo", "--json", str(report))
    again = json.loads(report.read_text())
    assert (again["duplicate_rows"], again["landed_rows"], again["quarantined_rows"]) == (rows, 0, 0)
    assert _totals() == totals


def test_two_ingests_of_one_file_at_once_land_it_once(file, tmp_path):
    path, rows = file
    reports = [tmp_path / "one.json", tmp_path / "two.json"]
    processes = [_start(path, report) for report in reports]
    errors = [process.communicate()[1].decode()[-2000:] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    _check(reports[0], rows)
    one, two = (json.loads(report.read_text()) | {"seconds": 0} for report in reports)
    assert one == two
