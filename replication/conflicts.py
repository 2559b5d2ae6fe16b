"""What staff decide of the queue: ours or theirs for a field, the same person or another one for a newcomer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from audit import trail
from members import replicas
from members.addressing import Address
from members.refusals import Refused
from members.replicas import Person
from programs.models import Program
from replication import crosswalk, landing, people, taking
from replication.asking import RECORD
from replication.crosswalk import Taken
from replication.landing import why_of
from replication.models import Conflict, Run
from replication.outcomes import Outcome
from replication.rooms import Room, enter


class NotWaiting(Refused):
    """The question was answered meanwhile, by somebody or by a newer record."""

    field = "conflict"


class CannotTake(Refused):
    """What they say cannot be taken; the message says why."""

    field = "conflict"


ANSWERS = {Conflict.Kind.FIELD: ("theirs", "ours"), Conflict.Kind.DUPLICATE: ("same", "another")}


def waiting(program: Program) -> Any:
    """The open questions of a program's systems, the oldest first."""
    rows = Conflict.objects.filter(system__program=program, state=Conflict.State.OPEN)
    return rows.select_related("system", "membership__member", "run").order_by("pk")


def resolve(*, conflict_id: int, answer: str, now: datetime, by: str) -> Conflict:
    """Answer a question: "theirs" or "ours" of a field, "same" or "another" of a newcomer; then forget their words.

    Raises NotWaiting, CannotTake; ValueError for another answer.
    """
    with transaction.atomic():
        conflict = Conflict.objects.select_for_update(of=("self",)).select_related("system__program", "run").filter(
            pk=conflict_id, state=Conflict.State.OPEN
        ).first()  # fmt: skip
        if conflict is None:
            raise NotWaiting("this question is answered")
        if answer not in ANSWERS[Conflict.Kind(conflict.kind)]:
            raise ValueError(f"{answer} answers no question of this kind")
        room = enter(conflict.run, now=now, by=by)
        with transaction.get_connection().cursor() as cursor:
            crosswalk.one_at_a_time(cursor, conflict.system_id)
            if answer == "theirs":
                _take_theirs(cursor, room, conflict)
            elif answer in ("same", "another"):
                _take_newcomer(cursor, room, conflict, another=answer == "another")
        conflict.state, conflict.resolved_at, conflict.resolved_by = answer, now, by[:80]
        conflict.theirs, conflict.record = "", None
        conflict.save(update_fields=["state", "resolved_at", "resolved_by", "theirs", "record"])
        trail.record(
            action="replication.resolved", actor=by, obj=("replication_conflict", conflict.pk), at=now,
            data={"answer": answer, "field": conflict.field, "membership": conflict.membership_id},
        )  # fmt: skip
    return conflict


def _take_theirs(cursor: Any, room: Room, conflict: Conflict) -> None:
    """The value as the queue has it, in the form it is kept."""
    known = crosswalk.known(cursor, conflict.system_id, [conflict.external_id])[conflict.external_id]
    if known.member_id is None or known.status == "closed":
        raise CannotTake("the membership is closed")
    if conflict.field == "address":
        address = Address(**conflict.record) if conflict.record else None
        replicas.change_addresses(cursor, {known.member_id: address}, by=room.by, now=room.now)
        return
    stands = {name: getattr(known, name) for name in people.PERSON}
    stands[conflict.field] = people.kept(conflict.field, conflict.theirs)
    proven = known.email_verified_at if stands["email"] == known.email else None
    person = Person(known.member_id, email_verified_at=proven, **stands)
    replicas.change_people(cursor, [person], by=room.by, now=room.now)


def _take_newcomer(cursor: Any, room: Room, conflict: Conflict, *, another: bool) -> None:
    """The newcomer as sent: enrolled however alike, or linked to who is here and then as any record of theirs."""
    record = RECORD.validate_python(conflict.record)
    if not another:
        linked = crosswalk.linked(cursor, conflict.system_id, [conflict.membership_id])
        if linked.get(conflict.membership_id, record.external_id) != record.external_id:
            raise CannotTake("this member is somebody else's record of the same system already")
        first = Taken(record.external_id, conflict.membership_id, -1, b"", {})
        known = crosswalk.known(cursor, conflict.system_id, [record.external_id])
        crosswalk.keep(cursor, conflict.system_id, [first], before=known, seen=None, now=room.now)
    try:
        with transaction.atomic():
            outcome = taking.take(room, [record], another=another)
    except landing.REFUSING as error:
        raise CannotTake(str(why_of(error))) from error
    _check_taken(outcome)


def _check_taken(outcome: Outcome) -> None:
    for line in outcome.lines:
        if line.outcome == "refused":
            raise CannotTake(f"{line.field}: {line.detail}" if line.field else line.detail)


def runs_of(program: Program) -> Any:
    """The runs of a program's systems, the latest first."""
    return Run.objects.filter(system__program=program).select_related("system").order_by("-opened_at", "-pk")
