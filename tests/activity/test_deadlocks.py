"""Two transactions that wait for each other: one has to give way, and an intake then lands its chunk again."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from activity import intake, landing, sources
from activity.models import Activity, Bearer, InboundChunk
from programs.models import ProductState
from tests import waiting

pytestmark = pytest.mark.django_db(transaction=True)
KEY = """
INSERT INTO activity_key (source_id, external_id, activity_id, occurred_on, content_hash)
VALUES (%s, %s, 1, '2026-03-01', '')
"""


@pytest.mark.parametrize("attempts", [3, 1], ids=["lands again", "gives up after its last attempt"])
def test_an_intake_that_had_to_give_way_lands_its_chunk_again(program, csv_file, now, monkeypatch, attempts):
    monkeypatch.setattr(intake, "_ATTEMPTS", attempts)
    source, _ = sources.source_for("pos", program=program, now=now, by="test")
    path = csv_file([(name, "2026-03-01T10:00:00", "s1", "LOST-1", "100", "1", "3.00") for name in ("R1", "R2")])
    tried, told, land = [], [], landing.land
    monkeypatch.setattr(landing, "land", lambda *args, **more: tried.append(1) or land(*args, **more))

    def read():
        try:
            told.append(intake.ingest(path, source=source, program=program, now=now, by="test"))
        except Exception as error:
            told.append(error)
        finally:
            connection.close()

    reading = threading.Thread(target=read)
    with transaction.atomic(), connection.cursor() as cursor:  # takes the keys in the other order
        cursor.execute(KEY, [source.pk, "R2"])
        reading.start()  # takes R1, and waits for R2
        waiting.until_somebody_waits()
        cursor.execute(KEY, [source.pk, "R1"])  # waits for R1: one of the two has to give way
        transaction.set_rollback(True)
    reading.join(60)
    (counts,) = told
    if attempts == 1:
        assert isinstance(counts, OperationalError | psycopg.errors.DeadlockDetected), counts
        assert not Activity.objects.exists()
    else:
        assert (len(tried), counts.landed_rows, counts.receipts) == (2, 2, 2)
        assert Activity.objects.count() == 2
        # what it had remembered of bearers and products went with its first attempt
        assert set(Activity.objects.values_list("bearer_id", flat=True)) == {Bearer.objects.get().pk}
        assert set(Activity.objects.values_list("states", flat=True).get(external_id="R1")) <= set(
            ProductState.objects.values_list("pk", flat=True)
        )
        assert InboundChunk.objects.count() == 1
