"""Where a book plays: a program and population of its own, its people, and what is due before each step.

Everything goes through the use cases that doors and workers call, and really commits. What a book leaves behind is put
out of the way when it ends: its codes are taken from it, so that the next book meets none of them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from activity import attribution, sources
from care.leaving import settling
from earning import journey, standing
from ledger import expiry
from members import cards, closing, enrolment, numbers
from members.models import Membership, MembershipHolder
from members.newcomers import Newcomer
from members.refusals import Refused
from playbooks import importing
from playbooks.rehearsals.format import ACTIVITY, MemberPart
from playbooks.rehearsals.played import Made
from playbooks.rehearsals.reading import Read
from programs import queries as programs
from programs.models import Program, Source
from tiers import standing as tiers
from values import periods

BY = "rehearsal"
OTHER = "rehearsal:second"  # what one proposes another approves

_RETIRE = [
    f"UPDATE {table} SET code = '~' || id WHERE code NOT LIKE '~%'"
    for table in ("program", "population", "banner", "store", "source")
]
_LEAVE = ";".join([*_RETIRE, "DELETE FROM mark", "DELETE FROM claim"])


class StageBroke(Exception):
    """Something that a book cannot mean went wrong; the sentence says what."""


@dataclass
class Person:
    """A member of the book; `membership` and `holder_id` are 0 until they have joined."""

    part: MemberPart
    number: str
    joins_at: datetime
    membership_id: int = 0
    holder_id: int = 0


@dataclass
class Stage:
    """One book on its way."""

    read: Read
    program: Program
    source: Source
    currencies: dict[str, programs.Currency]
    zone: str
    people: dict[str, Person]
    activity: dict[str, int] = field(default_factory=dict)  # external id -> activity id
    owners: dict[str, str] = field(default_factory=dict)  # external id -> member, as the book said
    made: dict[str, Made] = field(default_factory=dict)  # name of a step -> what it made
    bound: dict[str, str] = field(default_factory=dict)  # a card that replaced another -> its member
    closed: set[int] = field(default_factory=set)  # memberships whose pot is to be settled
    seen: dict[int, dict[int, tuple[int, int, int]]] = field(default_factory=dict)
    """holder -> currency -> available, pending and debt, as looked at since the last thing that happened."""

    @property
    def first_currency(self) -> programs.Currency:
        return next(iter(self.currencies.values()))

    def currency(self, code: str | None) -> programs.Currency:
        return self.first_currency if code is None else self.currencies[code]

    def person(self, member: str | None, card: str | None) -> Person | None:
        """Whom a member's id, or else a card of theirs, names."""
        if member is not None:
            return self.people.get(member)
        bound = self.bound.get(card or "")
        return next((one for one in self.people.values() if card in one.part.cards or one.part.id == bound), None)

    def joined(self, member: str) -> Person:
        """A member who is one by now. Raises StageBroke."""
        person = self.people[member]
        if not person.holder_id:
            raise StageBroke(f"{member} is no member yet: joins on {person.part.joined}")
        return person

    def made_by(self, name: str) -> Made:
        """What the step of that name made. Raises StageBroke."""
        if name not in self.made:
            raise StageBroke(f"{name} did not take place")
        return self.made[name]

    def member_of(self, membership_id: int) -> str | None:
        """Who of the book that is."""
        return next((name for name, one in self.people.items() if one.membership_id == membership_id), None)

    def look_again(self) -> None:
        """Whose pots are whose, after people joined, left or became one."""
        rows = MembershipHolder.objects.filter(
            membership__in=[one.membership_id for one in self.people.values()], until_at=None
        )
        held = dict(rows.values_list("membership_id", "holder_id"))
        for one in self.people.values():
            one.holder_id = held.get(one.membership_id, one.holder_id)

    def holders(self) -> list[int]:
        return [person.holder_id for person in self.people.values() if person.holder_id]

    def key(self, *parts: object) -> str:
        """An idempotency key that nothing else in the run has."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.program.pk}:{':'.join(map(str, parts))}"))


def enter(read: Read) -> Stage:
    """Import the playbook at the book's first moment and enrol who is there by then."""
    first = _first_moment(read)
    importing.import_checked(read.checked, now=first, by=BY)
    program = programs.program_by_code(read.checked.playbook.program.code)
    if program is None:
        raise StageBroke("the playbook made no program")
    source, _ = sources.source_for("rehearsal", program=program, now=first, by=BY)
    zone = programs.markets_of(program.pk)[0].timezone
    currencies = {currency.code: currency for currency in programs.currencies_of(program.pk)}
    people = {
        member.id: Person(member, f"member-{place:04}", _joins_at(member, first, zone))
        for place, member in enumerate(read.book.members)
    }
    return Stage(read, program, source, currencies, zone, people)


def leave() -> None:
    """Put what books left behind out of the way of the next."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE)


def advance(stage: Stage, at: datetime) -> None:
    """Let everything happen that is due up to a moment: people join, holds lapse, lots die, tier windows end."""
    joining = [one for one in stage.people.values() if not one.membership_id and one.joins_at <= at]
    for moment, people in groupby(sorted(joining, key=lambda one: one.joins_at), key=lambda one: one.joins_at):
        _join(stage, list(people), moment)
    expiry.expire_due(at, holder_ids=stage.holders())
    for membership_id in list(stage.closed):
        _settle(stage, membership_id, at)
    if stage.read.checked.playbook.tiers is not None:
        standing.close_windows(program=stage.program, now=at)
    work(at)


def _settle(stage: Stage, membership_id: int, at: datetime) -> None:
    """What becomes of the pot of somebody who left, once its time has come."""
    leaving = closing.open_closing(membership_id)
    if leaving is not None and leaving.settles_at <= at:
        settling.settle(membership_id=membership_id, now=at, by=BY)
    if leaving is None or leaving.settles_at <= at:
        stage.closed.discard(membership_id)


def work(now: datetime) -> None:
    """Score what waits, until nothing does."""
    while _waits():
        done = journey.work(now=now, first_bucket=0)
        if done is None or done.failed:
            raise StageBroke(f"scoring failed: {done.failed if done else 'nobody may work on what waits'}")


def _waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM mark)")
        return bool(cursor.fetchone()[0])


def card_number(written: str) -> str:
    """A card as a book names it; what is too short for a card gets a prefix."""
    return written if len(numbers.as_read(written)) >= 4 else f"card-{written}"


def card_kept(written: str) -> str:
    """That card's number as the table has it."""
    return numbers.as_read(card_number(written))


def _first_moment(read: Read) -> datetime:
    """Before anything of the book, so that who names no day of joining was there all along."""
    moments = [step.at for step in read.book.steps]
    moments += [step.what.occurred for step in read.book.steps if step.kind in ACTIVITY and step.what.occurred]
    earliest = min(moments, default=datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    zone = read.checked.playbook.markets[0].timezone
    return periods.begins_at(periods.day_of(earliest, zone) - timedelta(days=1), zone)


def _joins_at(member: MemberPart, first: datetime, zone: str) -> datetime:
    return first if member.joined is None else periods.begins_at(member.joined, zone)


def _join(stage: Stage, people: list[Person], at: datetime) -> None:
    """Enrol people at their moment, bind their cards, and let what waited for them go on."""
    try:
        ids = enrolment.enrol_many(stage.program, [_newcomer(one) for one in people], at, BY)
    except Refused as refusal:
        name = people[refusal.row].part.id if refusal.row is not None else "somebody"
        raise StageBroke(f"member {name} cannot join: {refusal}") from None
    holders = dict(
        MembershipHolder.objects.filter(membership__in=ids, until_at=None).values_list("membership_id", "holder_id")
    )
    for person, membership_id in zip(people, ids, strict=True):
        person.membership_id, person.holder_id = membership_id, holders[membership_id]
        for card in person.part.cards[1:]:
            membership = Membership.objects.get(pk=membership_id)
            cards.bind(membership=membership, number=card_number(card), now=at, by=BY)
        _stand(stage, person, at)
    attribution.rematch(stage.program, at)


def _newcomer(person: Person) -> Newcomer:
    part = person.part
    return Newcomer(
        channel="store" if part.store else "web", joined_at=person.joins_at, birth_date=part.birth_date,
        language=part.language or "", market_code=part.market or "", store_code=part.store or "",
        card_number=card_number(part.cards[0]) if part.cards else "", member_number=person.number,
    )  # fmt: skip


def _stand(stage: Stage, person: Person, at: datetime) -> None:
    """The step a member had reached when joining, and the one given by hand."""
    about: dict[str, Any] = {"holder_id": person.holder_id, "program": stage.program, "now": at, "by": BY}
    if person.part.tier:
        tiers.reached(step=person.part.tier, at=at, **about)
    if person.part.floor:
        tiers.assign_floor(step=person.part.floor, **about)
