"""How records of one system are taken, no two of one person among them:

    lock whom they are about -> what is known -> by version: late, repeated, new, changed, deleted
      -> new: accept, match with who is here -> what two cannot both have -> enrol -> remember in the crosswalk
      -> people, memberships, cards, answers, steps, lots -> compare with the books

Inside the caller's transaction. Records refused by rule are counted as such; what only the database refuses is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from replication import (
    applying,
    arriving,
    asking,
    beside,
    claims,
    crosswalk,
    deciding,
    holding,
    leaving,
    lots,
    people,
    tombs,
)  # fmt: skip
from replication.crosswalk import Known, Taken
from replication.holding import Held
from replication.models import System
from replication.outcomes import Outcome
from replication.records import Record
from replication.refusals import RecordRefused
from replication.rooms import Room
from replication.works import Work


def take(room: Room, records: Sequence[Record], *, another: bool = False) -> Outcome:
    """Take these records. `another`: staff said that a newcomer is nobody who is here, however alike."""
    outcome = Outcome()
    with connection.cursor() as cursor:
        crosswalk.lock_members(cursor, room.system.pk, {one.external_id: one.version for one in records})
        known = crosswalk.known(cursor, room.system.pk, [one.external_id for one in records])
        records, known = tombs.found(cursor, room.system.pk, records, known)
        known = beside.looked_up(cursor, room.system, known, records)
        fresh, works, gone = _sorted(room, records, known, outcome)
        held = holding.look(cursor, room, [*fresh, *(work.record for work in works)])
        works += _arriving(cursor, room, fresh, held, outcome, another=another)
        works = _without(claims.refused(cursor, room, works, held), works, outcome)
        applying.enrol(cursor, room, [work for work in works if work.known is None])
        applying.plan_steps(room, works)
        seen = room.run.pk if room.run.kind == "full" else None
        gone = tombs.as_buried(gone, known)
        before = {*known, *(row.external_id for row in gone if row.erased)}
        rows = [work.taken() for work in works] + gone
        ids = crosswalk.keep(cursor, room.system.pk, rows, before=before, seen=seen, now=room.now)
        for work in works:
            work.identity_id = ids[work.record.external_id]
        applying.apply(cursor, room, works, held, outcome)
        _compare(cursor, room, works, outcome)
    for work in works:
        outcome.count(work.record, work.outcome, "here")
    return outcome


def _sorted(
    room: Room, records: Sequence[Record], known: dict[str, Known], outcome: Outcome
) -> tuple[list[Record], list[Work], list[Taken]]:
    """Newcomers, those known whom the record may change, and what is to be remembered of who is gone."""
    fresh: list[Record] = []
    works: list[Work] = []
    gone: list[Taken] = []
    for record in records:
        before = known.get(record.external_id)
        try:
            match deciding.decide(record, before, full=room.run.kind == "full"):
                case "new":
                    fresh.append(record)
                case "late":
                    outcome.count(record, "late", "late")
                case "repeated":
                    outcome.count(record, "repeated", "here")
                case "tombstone" | "unchanged" | "delete" as kind:
                    gone.append(leaving.leave(room, record, before, now_gone=kind == "delete"))
                    outcome.count(record, "unchanged" if kind == "unchanged" else "deleted", "withheld")
                case kind:
                    assert before is not None
                    here = leaving.come_back(room, before) if kind == "reopen" else before
                    works.append(_changing(room, record, here))
                    if kind == "reopen":
                        works[-1].touched()
        except RecordRefused as why:
            outcome.refuse(record, why)
    return fresh, works, gone


def _changing(room: Room, record: Record, known: Known) -> Work:
    """A record of somebody who is here. Raises RecordRefused."""
    if known.status == "closed":
        raise RecordRefused("Closed", "status", "the membership was closed here")
    work = Work(
        record, room.system, known, membership_id=known.membership_id, member_id=known.member_id,
        holder_id=known.holder_id, said=known.said,
    )  # fmt: skip
    room.check_said(record)
    if not known.merged:  # of merged members, the record of the one that was kept speaks
        values = people.said_of(record, room.market_of(record, known.market_code), room.around)
        work.change = people.change(room.system, record, known, values)
        work.said = work.change.said
    return work


def _arriving(
    cursor: Any, room: Room, records: Sequence[Record], held: Held, outcome: Outcome, *, another: bool
) -> list[Work]:  # fmt: skip
    """Newcomers as they are accepted, and those of them who turn out to be here already."""
    found = arriving.matched(cursor, room, records, held)
    refused = arriving.check_not_linked(cursor, room, found)
    here = beside.looked_up(cursor, room.system, crosswalk.of_memberships(cursor, found), records)
    works = []
    for record in records:
        try:
            if record.external_id in refused:
                raise refused[record.external_id]
            if record.external_id in here:
                work = _changing(room, record, here[record.external_id])
                work.outcome = "matched"
            else:
                arrival = arriving.accepted(room, record)
                if not another and _asked(room, record, outcome):
                    continue
                work = Work(record, room.system, arrival=arrival, outcome="created", said=arrival.said)
            works.append(work)
        except RecordRefused as why:
            outcome.refuse(record, why)
    return works


def _asked(room: Room, record: Record, outcome: Outcome) -> bool:
    """A partner's newcomer who looks like a member waits for staff; a CRM's people are whom it says they are."""
    if room.system.channel != System.Channel.PARTNER:
        return False
    membership_id = arriving.look_alike(room, record)
    if membership_id is None:
        return False
    asking.whether_same(room, record, membership_id)
    outcome.count(record, "conflicting", "withheld")
    outcome.ask(record, [""], "LooksLikeAMember")
    return True


def _compare(cursor: Any, room: Room, works: Sequence[Work], outcome: Outcome) -> None:
    """The books of everybody whose record brought lots, beside what their system ever said of them."""
    brought = [work for work in works if work.record.lots]
    new = {work.holder_id for work in brought if work.known is None and work.holder_id is not None}
    lots.compare(cursor, room.ledger, new, [work.identity_id for work in brought if work.known is not None], outcome)


def _without(refused: dict[str, RecordRefused], works: list[Work], outcome: Outcome) -> list[Work]:
    for work in works:
        if work.record.external_id in refused:
            outcome.refuse(work.record, refused[work.record.external_id])
    return [work for work in works if work.record.external_id not in refused]
