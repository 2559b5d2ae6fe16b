"""kill -9 of a load between chunks, then the same command: the same totals as without. And two of them at once."""

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
from django.db import connection

from ledger import opening
from members.models import Card, Consent, Membership
from replication import systems
from replication.models import Chunk, Identity, ReplicatedLot, Run
from tests.replication.conftest import lot, person

pytestmark = pytest.mark.django_db(transaction=True)
RECORDS = 200


@pytest.fixture
def file(tmp_path, program, now):
    systems.make(code="crm", program=program, now=now, by="test")
    path = tmp_path / "base.ndjson"
    consent = {"purpose": "marketing", "channel": "email", "granted": True, "wording": "v1", "at": "2024-01-01"}
    with path.open("w") as written:
        for number in range(RECORDS):
            said = {"cards": [{"number": f"K{number:05d}"}], "lots": [lot(f"L{number}", 10)], "consents": [consent]}
            bad = {"store": "nowhere"} if number % 40 == 7 else {}
            written.write(json.dumps(person(f"C{number}", **said, **bad)) + "\n")
    return path


def start(path):
    settings = connection.settings_dict
    url = (
        f"postgres://{quote(settings['USER'])}:{quote(settings['PASSWORD'] or '')}@"
        f"{quote(settings['HOST'], safe='')}:{settings['PORT'] or ''}/{settings['NAME']}"
    )
    code = (
        "import django; django.setup(); from replication import intake; intake.RECORDS_PER_CHUNK = 20; "
        "from django.core.management import call_command; "
        f"call_command('replicate', 'load', {str(path)!r}, '--system', 'crm', '--kind', 'full')"
    )
    around = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "loyalty.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", code], env=around, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )  # fmt: skip


def check():
    taken = RECORDS - RECORDS // 40
    run, *later = Run.objects.order_by("pk")
    # whoever came when the first was over read the same file again, which changes nothing
    assert [(one.state, one.counts["created"], one.counts["changed"]) for one in later] == [("closed", 0, 0)] * len(
        later
    )
    assert (run.state, run.records, run.counts["created"], run.counts["refused"]) == (
        "closed",
        RECORDS,
        taken,
        RECORDS // 40,
    )
    assert run.missing == {"known": taken, "missing": 0, "deleted": 0, "held": ""}
    for rows in (Membership, Identity, ReplicatedLot, Card, Consent):
        assert rows.objects.count() == taken, rows
    holders = list(ReplicatedLot.objects.values_list("holder_id", flat=True))
    with connection.cursor() as cursor:
        assert list(opening.booked(cursor, holders, source_id=run.system_id).values()) == [taken * 10]
    [points] = run.points.values()
    assert points["asserted"] == points["booked"] == points["here"] == taken * 10
    assert run.lines.count() == RECORDS // 40


def test_a_killed_load_goes_on_behind_its_last_chunk(file):
    process = start(file)
    wanted = random.Random(3).randint(2, 6)
    until = time.monotonic() + 120
    while Chunk.objects.count() < wanted and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert Run.objects.get().state == "open" and Chunk.objects.count() >= wanted, process.stderr.read()
    again = start(file)
    assert again.wait(180) == 0, again.stderr.read()
    check()


def test_two_loads_of_one_file_at_once_take_it_once(file):
    both = [start(file), start(file)]
    for process in both:
        assert process.wait(240) == 0, process.stderr.read()
    check()
