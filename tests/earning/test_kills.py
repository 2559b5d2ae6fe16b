"""Workers killed outright in the middle of their work: what is scored afterwards is what an undisturbed run scores."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from activity import intake
from audit import clock
from earning import auditing, journey, marks
from earning.models import Award, Claim, Mark
from tests.conftest import SOAK
from tests.earning import world

RECEIPTS, MEMBERS, KILLS = 3000, 60, 15 if SOAK else 3
RULES = """
- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}}
- {code: capped, trigger: purchase, earn: {fixed: 5}, limits: [{max: 60, per: month}]}
- {code: back, trigger: purchase, earn: {percent: 5, currency: pot}}
"""


def totals():
    return (
        world.rows("SELECT rule_id, count(*), sum(posted) FROM award GROUP BY 1 ORDER BY 1"),
        world.rows("SELECT holder_id, currency_id, sum(amount) FROM ledger_entry GROUP BY 1, 2 ORDER BY 1, 2"),
        world.rows("SELECT holder_id, currency_id, total FROM ledger_wallet WHERE total > 0 ORDER BY 1, 2"),
        [world.count(table) for table in ("ledger_posting", "ledger_lot", "ledger_entry")],
    )  # fmt: skip


def a_year(path):
    dice = random.Random(7)
    rows = [
        f"R{number:05d},2026-{dice.randrange(1, 11):02d}-{dice.randrange(1, 28):02d}T{dice.randrange(8, 20):02d}:00:00,"
        f"s1,m{dice.randrange(MEMBERS)}-0001,{dice.choice('abcdef')},1,{dice.randrange(100, 5000) / 100:.2f}"
        for number in range(RECEIPTS)
    ]
    path.write_text("receipt_id,occurred_at,store,member,sku,quantity,gross\n" + "\n".join(rows) + "\n")


def worker():
    """`manage.py drain --forever` in a process of its own, on the test's database."""
    database = connection.settings_dict
    address = f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "drain", "--forever", "--poll", "0.05", "--batch", "60"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": address, "CLAIM_LEASE_SECONDS": "1", "POLARS_MAX_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def until(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not go on"
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_any_moment_loses_nothing_and_gives_nothing_twice(now, tmp_path):
    club = world.make(RULES, now=now, members=[f"m{number}" for number in range(MEMBERS)])
    a_year(tmp_path / "year.csv")
    counts = intake.ingest(tmp_path / "year.csv", source=club.source, program=club.program, now=now, by="test")
    assert counts.landed_rows == RECEIPTS

    dice, left = random.Random(), Mark.objects.count()
    for _ in range(KILLS):
        process = worker()
        try:
            until(lambda before=left: Mark.objects.count() < before)
            time.sleep(dice.random() * 0.2)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        left = Mark.objects.count()
        if not left:
            break
    assert KILLS > 3 or left, "the kills came while there was work"
    last = clock.now() + timedelta(seconds=120)  # every lease has run out by then
    world.drained(last)
    assert (Mark.objects.count(), Claim.objects.count()) == (0, 0)
    assert auditing.run(now=now).differences == []
    found = totals()

    with connection.cursor() as cursor:  # the same again, undisturbed: the awards of a whole replay change nothing
        marks.mark_holders(cursor, club.holders.values(), reason="replay", now=now)
    done = journey.work(now=last)
    assert (done.failed, done.moves, done.awards) == ("", 0, 0)
    assert Award.objects.count() >= 2 * RECEIPTS
    assert totals() == found
