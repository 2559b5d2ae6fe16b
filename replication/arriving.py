"""People a system speaks of for the first time: somebody we know already, or somebody new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from members import duplicates, enrolment, hooks, replicas
from members.addressing import Address
from members.contacts import comparable_email
from members.newcomers import Accepted, Newcomer
from members.refusals import Refused
from replication import crosswalk, holding
from replication.holding import Held
from replication.people import day, lives, remembered, said_of
from replication.records import Record
from replication.refusals import RecordRefused
from replication.rooms import Room


@dataclass
class Arrival:
    """A record of somebody new, accepted; `said` remembers the fields that both may change."""

    record: Record
    accepted: Accepted
    said: dict[str, str]
    address: Address | None


def accepted(room: Room, record: Record) -> Arrival:
    """The newcomer of a record, checked as every newcomer is. Raises RecordRefused."""
    room.check_said(record)
    market, store = room.market_of(record), room.store_of(record)
    person = record.person
    card = next((card for card in record.cards if card.status == "active"), None)
    try:
        one = room.desk.accept(
            Newcomer(
                channel=room.channel,
                first_name=person.get("first_name", ""),
                last_name=person.get("last_name", ""),
                email=person.get("email", ""),
                email_verified_at=record.email_verified_at,
                phone=person.get("phone", ""),
                birth_date=day(person, "birth_date", room.around),
                language=person.get("language", "").strip().lower()[:2],
                market_code=market.code,
                store_code=store.code if store else "",
                card_number=card.number if card else "",
                card_kind=card.kind if card else "",
                card_issued_at=card.issued_at if card else None,
                member_number=record.member_number or "",
                status=record.status or "active",
                joined_at=record.joined_at,
                consents=record.consents,
            )
        )
    except Refused as refused:
        raise refusal_of(refused) from None
    values: dict[str, Any] = {name: getattr(one, name) for name in person}
    address = lives(record, market)
    if record.address is not None:
        values["address"] = address
    return Arrival(record, one, remembered(room.system, record, values, {}), address)


def refusal_of(refused: Refused) -> RecordRefused:
    """A refusal of the members' room as a line of the report."""
    return RecordRefused(type(refused).__name__, refused.field, str(refused))


def matched(cursor: Any, room: Room, records: Sequence[Record], held: Held) -> dict[str, int]:
    """External id -> the membership that is open here and that its card, number or proven address names."""
    program_id, population_id = room.program.pk, room.program.population_id
    records = records[::-1]  # what two of them name is the first one's; the other is refused by what they cannot share
    numbers_said = {holding.key(one.member_number): one.external_id for one in records if one.member_number}
    cards_said = {card.number.upper(): one.external_id for one in records for card in one.cards}
    proven = {
        comparable_email(one.person.get("email")) or "": one.external_id for one in records if one.email_verified_at
    }  # fmt: skip
    by_email = replicas.who_proved(cursor, population_id, list(proven))
    named = []
    for number, external_id in cards_said.items():
        _card, owner, _status = held.cards.get(number, (0, None, ""))
        if owner is not None:
            named.append((external_id, owner))
    named += [(external_id, held.numbers[number]) for number, external_id in numbers_said.items()
              if number in held.numbers]  # fmt: skip
    of_members = replicas.memberships_of(cursor, program_id, list(by_email.values()))
    named += [(proven[email], of_members[member]) for email, member in by_email.items() if member in of_members]
    open_ = replicas.open_among(cursor, [membership_id for _, membership_id in named])
    found: dict[str, int] = {}
    for external_id, membership_id in named:
        if membership_id in open_:
            found.setdefault(external_id, membership_id)
    return found


def check_not_linked(cursor: Any, room: Room, found: dict[str, int]) -> dict[str, RecordRefused]:
    """Refusals of records that name somebody whom another record of the same system is: one is one, both ways."""
    linked = crosswalk.linked(cursor, room.system.pk, found.values())
    refused, claimed = {}, dict(linked)
    for external_id, membership_id in found.items():
        other = claimed.setdefault(membership_id, external_id)
        if other != external_id:
            detail = f"this member is {other} of the same system already"
            refused[external_id] = RecordRefused("AlreadyLinked", "external_id", detail)
    return refused


def look_alike(room: Room, record: Record) -> int | None:
    """The membership of somebody who may be this person already; asked where a partner sends newcomers."""
    try:
        market = room.market_of(record)
        said = said_of(record, market, room.around)
    except RecordRefused:
        return None
    likely = duplicates.likely(
        program=room.program, first_name=said.get("first_name", ""), last_name=said.get("last_name", ""),
        birth_date=said.get("birth_date"), email=said.get("email", ""), phone=said.get("phone", ""),
        country=market.code,
    )  # fmt: skip
    return next((one.membership.pk for one in likely if one.membership is not None), None)


def enrolled(cursor: Any, room: Room, arrivals: Sequence[Arrival]) -> list[tuple[int, int]]:
    """(membership, holder) of each new member, in the order given."""
    ids = enrolment.enrol_accepted(
        program=room.program, accepted=[arrival.accepted for arrival in arrivals], now=room.now, by=room.by
    )
    if room.channel == "partner":  # who joins through a partner is welcomed; who was a member elsewhere is not new
        for membership_id in ids:
            hooks.tell("joined", membership_id=membership_id, now=room.now, by=room.by, channel=room.channel)
    holders = replicas.holders_of(cursor, ids)
    return [(membership_id, holders[membership_id]) for membership_id in ids]
