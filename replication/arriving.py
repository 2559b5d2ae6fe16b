"""People a system speaks of for the first time: somebody we know already, or somebody new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from members import duplicates, enrolment, hooks, matching, numbers, replicas
from members.matching import Bearer
from members.newcomers import Accepted, Newcomer
from members.refusals import Refused
from replication import crosswalk, ownership
from replication.people import day, said_of
from replication.records import Record
from replication.refusals import RecordRefused
from replication.rooms import Room


@dataclass
class Arrival:
    """A record of somebody new, accepted; `said` are its fields as they are kept."""

    record: Record
    accepted: Accepted
    said: dict[str, str]


def accepted(room: Room, record: Record) -> Arrival:
    """The newcomer of a record, checked as every newcomer is. Raises RecordRefused."""
    room.check_step(record)
    market, store = room.market_of(record), room.store_of(record)
    person = record.person
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
                card_number=next((card.number for card in record.cards if card.status == "active"), ""),
                member_number=record.member_number or "",
                status=record.status or "active",
                joined_at=record.joined_at,
                consents=record.consents,
            )
        )
    except Refused as refused:
        raise refusal_of(refused) from None
    values = {name: getattr(one, name) for name in person}
    shared = {name: value for name, value in values.items() if ownership.owner(room.system, name) == "shared"}
    kept = {
        name: ownership.said(room.system.pk, record.external_id, name, value) for name, value in shared.items()
    }  # fmt: skip
    return Arrival(record, one, kept)


def refusal_of(refused: Refused) -> RecordRefused:
    """A refusal of the members' room as a line of the report."""
    return RecordRefused(type(refused).__name__, refused.field, str(refused))


def matched(room: Room, records: Sequence[Record]) -> dict[str, int]:
    """External id -> the membership its card, number or proven address names here already."""
    bearers = []
    for position, record in enumerate(records):
        email = record.person.get("email") if record.email_verified_at else None
        cards = [card.number for card in record.cards] or [None]
        bearers += [
            Bearer(position * 1000 + place, card=number, member=_read(record.member_number), email=email)
            for place, number in enumerate(cards)
        ]
    named = [bearer for bearer in bearers if bearer.card or bearer.member or bearer.email]
    found: dict[str, int] = {}
    for bearer_id, match in matching.match(room.program.pk, named, ("card", "member", "email")).items():
        if match.membership_id is not None:
            found.setdefault(records[bearer_id // 1000].external_id, match.membership_id)
    return found


def _read(number: str | None) -> str | None:
    return numbers.as_read(number) if number else None


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
