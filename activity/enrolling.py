"""`members: create` in a mapping: a member number nobody has yet is enrolled as pending when its activity arrives."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from django.db import connection, transaction

from activity.landing import Sender
from members import enrolment, numbers
from members.matching import UNKNOWN
from members.models import Membership
from members.newcomers import Newcomer
from members.refusals import Refused
from programs import queries as programs
from programs.models import Program
from values import periods

_EARLIER = """
UPDATE membership SET joined_at = earlier.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS earlier (id, at)
WHERE membership.id = earlier.id AND status = 'pending' AND channel = 'replication' AND joined_at > earlier.at
"""


def enrol_unknown(receipts: pl.DataFrame, *, sender: Sender, program: Program, now: datetime, by: str) -> int:
    """Enrol the member numbers of these receipts that name nobody, joined on the day of their earliest activity.

    A number met again with earlier activity moves its pending member's day back. Numbers that cannot be one stay
    unknown, and so does a closed membership's. Returns how many were enrolled.
    """
    named = receipts.filter(pl.col("member").is_not_null())
    if named.is_empty():
        return 0
    bearers = sender.register.ids_of(set(named.select("card", "member", "email", "phone").rows()))
    earliest = {
        bearers[row[:4]]: (row[4], row[5], row[1])
        for row in named.sort("occurred", descending=True)
        .select("card", "member", "email", "phone", "occurred_on", "store")
        .rows()
    }
    matches = sender.register.matches(earliest)[program.pk]
    newcomers: dict[str, tuple[date, str]] = {}
    moved: list[tuple[int, date, str]] = []
    for bearer_id, (day, store, said) in earliest.items():
        match = matches[bearer_id]
        number = numbers.as_read(said)
        if match.membership_id is not None:
            moved.append((match.membership_id, day, store))
        elif match.reason == UNKNOWN and not match.by and _possible(number):
            known = newcomers.get(number)
            newcomers[number] = min(known, (day, store)) if known else (day, store)
    zones = {store.code: (store.market_code, store.timezone) for store in programs.stores_of(program.pk)}
    _move_back([(membership_id, _begins(day, zones[store][1])) for membership_id, day, store in moved])
    people = [
        Newcomer(
            channel=Membership.Channel.REPLICATION,
            status=Membership.Status.PENDING,
            member_number=number,
            market_code=zones[store][0],
            joined_at=_begins(day, zones[store][1]),
        )
        for number, (day, store) in sorted(newcomers.items())
    ]
    return _enrol(people, program, now, by)


def _enrol(people: list[Newcomer], program: Program, now: datetime, by: str) -> int:
    """All of them; one by one when somebody else enrols the same numbers at this moment."""
    if not people:
        return 0
    try:
        with transaction.atomic():
            return len(enrolment.enrol_many(program, people, now, by))
    except Refused:
        done = 0
        for person in people:
            try:
                with transaction.atomic():
                    done += len(enrolment.enrol_many(program, [person], now, by))
            except Refused:
                continue  # it stays unknown, or is matched as the other one's
        return done


def _possible(number: str) -> bool:
    try:
        numbers.check(number)
    except Refused:
        return False
    return True


def _begins(day: date, zone: str) -> datetime:
    return periods.begins_at(day, zone)


def _move_back(earlier: list[tuple[int, datetime]]) -> None:
    first: dict[int, datetime] = {}
    for membership_id, at in earlier:
        first[membership_id] = min(at, first.get(membership_id, at))
    if first:
        with connection.cursor() as cursor:
            cursor.execute(_EARLIER, [list(first), list(first.values())])
