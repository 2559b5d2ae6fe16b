"""Where a book plays: a program and population of its own, its people, and what is due before each step.

Everything goes through the use cases that doors and workers call, and really commits. What a book leaves behind is put
out of the way when it ends: its codes are taken from it, so that the next book meets none of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.db import connection

from activity import attribution, intake, sources
from earning import journey
from ledger import expiry
from members import enrolment, numbers
from members.models import Membership
from playbooks import importing
from playbooks.rehearsals.format import ACTIVITY, MemberPart
from playbooks.rehearsals.reading import Read
from programs import queries as programs
from programs.models import Program, Source, Store
from values import periods

BY = "rehearsal"
OTHER = "rehearsal:second"  # what one proposes another approves

_RETIRE = tuple(
    f"UPDATE {table} SET code = '~' || id WHERE code NOT LIKE '~%'"
    for table in ("program", "population", "banner", "store", "source")
)
_FORGET = ("DELETE FROM mark", "DELETE FROM claim")


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
    holds: dict[str, Any] = field(default_factory=dict)

    @property
    def first_currency(self) -> programs.Currency:
        return next(iter(self.currencies.values()))

    def currency(self, code: str | None) -> programs.Currency:
        return self.first_currency if code is None else self.currencies[code]

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
        for statement in (*_RETIRE, *_FORGET):
            cursor.execute(statement)


def advance(stage: Stage, at: datetime) -> None:
    """Let everything happen that is due up to a moment: people join, holds lapse, lots die, tier windows end."""
    for person in sorted(stage.people.values(), key=lambda one: one.joins_at):
        if not person.membership_id and person.joins_at <= at:
            _join(stage, person)
    for module, name in (("rewards.redemption", "lapse_due"), ("earning.inactivity", "expire_due")):
        if due := find(module, name):
            due(now=at)
    expiry.expire_due(at, holder_ids=stage.holders())
    if close := find("earning.standing", "close_windows"):
        close(program=stage.program, now=at)
    work(at)


def work(now: datetime) -> None:
    """Score what waits, until nothing does."""
    while done := journey.work(now=now, first_bucket=0):
        if done.failed:
            raise StageBroke(f"scoring failed: {done.failed}")


def find(module: str, name: str) -> Callable[..., Any] | None:
    """A use case of another room, when this version has it."""
    try:
        return getattr(import_module(module), name, None)
    except ModuleNotFoundError as missing:
        if missing.name and module.startswith(missing.name):
            return None
        raise


def must_find(module: str, name: str) -> Callable[..., Any]:
    """As `find`; raises StageBroke when it is not there."""
    if (found := find(module, name)) is None:
        raise StageBroke(f"{module}.{name} is not built yet")
    return found


def card_number(written: str) -> str:
    """A card as a book names it; what is too short for a card gets a prefix."""
    return written if len(numbers.as_read(written)) >= 4 else f"card-{written}"


def _first_moment(read: Read) -> datetime:
    """Before anything of the book, so that who names no day of joining was there all along."""
    moments = [step.at for step in read.book.steps]
    moments += [step.what.occurred for step in read.book.steps if step.kind in ACTIVITY and step.what.occurred]
    earliest = min(moments, default=datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    zone = read.checked.playbook.markets[0].timezone
    return periods.begins_at(periods.day_of(earliest, zone) - timedelta(days=1), zone)


def _joins_at(member: MemberPart, first: datetime, zone: str) -> datetime:
    return first if member.joined is None else periods.begins_at(member.joined, zone)


def _join(stage: Stage, person: Person) -> None:
    """Enrol somebody at their moment, bind their cards, and let what waited for them go on."""
    part, at = person.part, person.joins_at
    store = Store.objects.filter(code=part.store, banner__programs=stage.program).first() if part.store else None
    cards = [card_number(card) for card in part.cards]
    try:
        made = enrolment.enrol(
            program=stage.program, channel="web" if store is None else "store", now=at, by=BY, joined_at=at,
            birth_date=part.birth_date, member_number=person.number, card_number=cards[0] if cards else None,
            market_code=part.market, store=store, language=part.language or "",
        )  # fmt: skip
    except enrolment.Refused as refusal:
        raise StageBroke(f"member {part.id} cannot join: {refusal}") from None
    _bind(made, cards[1:], at)
    person.membership_id = made.pk
    person.holder_id = made.holders.get().holder_id
    if part.tier:
        must_find("tiers.standing", "reached")(
            holder_id=person.holder_id, program=stage.program, step=part.tier, now=at, by=BY
        )
    if part.floor:
        must_find("tiers.standing", "assign_floor")(
            holder_id=person.holder_id, program=stage.program, step=part.floor, now=at, by=BY
        )
    attribution.rematch(stage.program, at)


def _bind(membership: Membership, more: list[str], at: datetime) -> None:
    from members import cards

    for number in more:
        cards.bind(membership=membership, number=number, now=at, by=BY)


surroundings_of = intake.surroundings_of
