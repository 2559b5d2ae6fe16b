"""Records pushed one body at a time: taken whole, or not at all and each reason named."""

from __future__ import annotations

from datetime import datetime

import psycopg
from django.db import OperationalError, connection, transaction

from replication import crosswalk, landing, reading, runs
from replication.intake import stored_mapping
from replication.models import Run, System
from replication.outcomes import Outcome, Told
from replication.rooms import enter

MOST_RECORDS = 1_000
LARGEST_BODY = 2 << 20  # bytes
_ATTEMPTS = 3


class TooManyRecords(Exception):
    """The body has more records than are taken in one transaction."""


class Empty(Exception):
    """The body has no record."""


class NotTaken(Exception):
    """Nothing of the body was taken; `lines` say which records are refused and why."""

    def __init__(self, lines: list[Told]) -> None:
        super().__init__(f"{len(lines)} records are refused")
        self.lines = lines

    @property
    def same_version(self) -> bool:
        """Whether all that is wrong is that a version came before with other content."""
        return all(line.reason == "DifferentContent" for line in self.lines)


def push(*, system: System, content: bytes, now: datetime, by: str) -> tuple[Run, Outcome]:
    """Take a body of NDJSON in one transaction; its run is the day's. The same body again is harmless.

    Raises TooManyRecords, Empty, NotTaken.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _push(system, content, now, by)
        except (OperationalError, psycopg.errors.DeadlockDetected) as error:
            gave_way = isinstance(error.__cause__ or error, psycopg.errors.DeadlockDetected)
            if not gave_way or attempt == _ATTEMPTS or transaction.get_connection().in_atomic_block:
                raise
    raise AssertionError("unreachable")


def _push(system: System, content: bytes, now: datetime, by: str) -> tuple[Run, Outcome]:
    with connection.cursor() as cursor:
        crosswalk.one_at_a_time(cursor, system.pk)
    run = runs.of_day(system, now=now, by=by)
    mapping = stored_mapping(system)
    room = enter(run, mapping=mapping, now=now, by=by)
    items: list[landing.Item] = []
    for raw in reading.body(content, mapping):
        if len(items) == MOST_RECORDS:
            raise TooManyRecords(f"a body has at most {MOST_RECORDS} records")
        items.append(landing.item(raw, room.around))
    if not items:
        raise Empty("the body has no record")
    outcome = landing.land(room, items)
    refused = [line for line in outcome.lines if line.outcome == "refused"]
    if refused:
        raise NotTaken(sorted(refused, key=lambda line: line.line or 0))
    runs.record(run, runs.next_chunk(run), outcome, now)
    return run, outcome
