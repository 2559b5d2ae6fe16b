"""A re-scoring killed outright in the middle goes on where it stopped, and gives nothing twice."""

import os
import signal
import subprocess
import sys
import time
from datetime import date

import pytest
from django.conf import settings
from django.db import connection

from activity import intake
from audit import clock
from earning import auditing, rescoring
from earning.models import Claim, Rescore
from tests.conftest import SOAK
from tests.earning import world
from tests.earning.test_kills import a_year, totals

KILLS = 10 if SOAK else 3


def runner(number):
    database = connection.settings_dict
    address = f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "rescore", "run", str(number), "--batch", "60"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": address, "CLAIM_LEASE_SECONDS": "1", "POLARS_MAX_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.django_db(transaction=True)
def test_a_run_killed_at_any_moment_is_done_once(now, tmp_path):
    club = world.make(world.BASE, now=now, members=[f"m{number}" for number in range(60)])
    a_year(tmp_path / "year.csv")
    intake.ingest(tmp_path / "year.csv", source=club.source, program=club.program, now=now, by="test")
    world.drained(now)
    world.publish(world.BASE.replace("points: 1", "points: 2"), now=now, top="valid_from: 2026-04-01")
    scope = rescoring.correction(date(2026, 1, 1), date(2026, 12, 31))
    row = rescoring.preview(program=club.program, scope=scope, now=now, by="user:1")
    rescoring.approve(preview_id=row.pk, now=now, by="user:2")

    def done():
        return Rescore.objects.values_list("done_holders", flat=True).get(pk=row.pk)

    for _ in range(KILLS):
        before, process = done(), runner(row.pk)
        deadline = time.monotonic() + 90
        while done() == before and process.poll() is None:
            assert time.monotonic() < deadline, "it does not go on"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert 0 < done() < row.holders, "the kills came while there was work"
    time.sleep(1.1)  # the last lease
    finished = rescoring.run(preview_id=row.pk, now=clock.now(), by="user:2", clock=clock.now)
    assert (finished.state, finished.done_holders) == ("done", row.holders)
    codes = {str(one.id): one.code for one in world.programs.currencies_of(club.program.pk)}
    moved = {codes[key]: {"given": given, "taken": taken} for key, (given, taken) in finished.moved.items()}
    assert moved == row.points
    assert auditing.differences() == []
    found = totals()
    again = rescoring.preview(program=club.program, scope=scope, now=now, by="user:1")
    assert (again.members, totals()) == (0, found)
    assert Claim.objects.count() == 0
