"""A portion of records lands: whole in the end, each record by itself where the database refuses one among many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import psycopg
from django.db import IntegrityError, connection, transaction

from audit import trail
from members.refusals import Refused
from replication import crosswalk, taking
from replication.outcomes import Outcome
from replication.reading import Raw
from replication.records import Record, Surroundings, typed
from replication.refusals import RecordRefused
from replication.rooms import Room
from tiers.standing import UnknownStep

Item = Record | tuple[Raw, RecordRefused]
"""A record, or one that could not be read and why."""

REFUSING = (RecordRefused, Refused, UnknownStep, IntegrityError, psycopg.IntegrityError)
"""What refuses a record, among those it is taken with or alone."""


def item(raw: Raw, around: Surroundings) -> Item:
    """What a record as written comes to."""
    try:
        return typed(raw, around)
    except RecordRefused as why:
        return raw, why


def land(room: Room, items: Iterable[Item]) -> Outcome:
    """Take a portion in the caller's transaction. Records of one person are taken in the order they stand."""
    outcome = Outcome()
    records: list[Record] = []
    with connection.cursor() as cursor:
        crosswalk.one_at_a_time(cursor, room.system.pk)
    for one in items:
        if isinstance(one, Record):
            records.append(one)
        else:
            outcome.refuse_line(one[0].line, one[0].external_id, one[1])
    for part in _rounds(records):
        outcome.add(_settled(room, part))
    if room.run.kind == "full":
        with connection.cursor() as cursor:
            ids = {one.external_id for one in records} | {line.external_id for line in outcome.lines}
            crosswalk.see(cursor, room.system.pk, sorted(ids), room.run.pk)
    counts, _ = outcome.as_json()
    trail.record(
        action="replication.taken", actor=room.by, obj=("replication_run", room.run.pk), at=room.now, data=counts
    )  # fmt: skip
    return outcome


def _rounds(records: Sequence[Record]) -> list[list[Record]]:
    """Parts in which nobody is there twice; what comes later of somebody is in a later part."""
    rounds: list[list[Record]] = []
    times: dict[str, int] = {}
    for record in records:
        at = times.get(record.external_id, 0)
        times[record.external_id] = at + 1
        if at == len(rounds):
            rounds.append([])
        rounds[at].append(record)
    return rounds


def _settled(room: Room, records: Sequence[Record]) -> Outcome:
    """Take them all; where something refuses them together, take each half by itself, down to the one that is refused.

    A deadlock is no refusal of a record: it goes up to whoever can begin the portion anew.
    """
    if not records:
        return Outcome()
    try:
        with transaction.atomic():
            return taking.take(room, records)
    except REFUSING as error:
        if len(records) > 1:
            middle = len(records) // 2
            outcome = _settled(room, records[:middle])
            outcome.add(_settled(room, records[middle:]))
            return outcome
        outcome = Outcome()
        outcome.refuse(records[0], why_of(error))
        return outcome


def why_of(error: Exception) -> RecordRefused:
    """What refused a record, as a line of the report."""
    if isinstance(error, RecordRefused):
        return error
    if isinstance(error, Refused):
        return RecordRefused(type(error).__name__, error.field, str(error))
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None) or type(error).__name__
    return RecordRefused("NotTaken", "", f"the database refuses it: {constraint}")
