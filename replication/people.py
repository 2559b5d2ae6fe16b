"""What becomes of a person when their system speaks of them: field by field, theirs, ours, or a question for staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from members import addressing, contacts
from members.addressing import Address
from members.contacts import InvalidContact
from members.refusals import TooYoung
from members.replicas import Person
from programs.queries import Market
from replication import ownership
from replication.crosswalk import Known
from replication.mapping import PERSON
from replication.models import System
from replication.records import Record, Surroundings, day
from replication.refusals import InvalidField, RecordRefused


@dataclass
class Change:
    """`person` is None when nothing of it changes, `moves` says that the address does; `questions` are fields that
    staff decide, with their value."""

    person: Person | None
    said: dict[str, str]
    questions: dict[str, Any] = field(default_factory=dict)
    moves: bool = False
    address: Address | None = None


def said_of(record: Record, market: Market, around: Surroundings) -> dict[str, Any]:
    """The fields of the record in the form they are kept. Raises InvalidField."""
    try:
        said = {name: _KEPT[name](record, market, around) for name in PERSON if name in record.person}
    except InvalidContact as refused:
        raise InvalidField(refused.field, refused.message) from None
    except TooYoung as refused:
        raise RecordRefused("TooYoung", refused.field, str(refused)) from None
    return said if record.address is None else {**said, "address": lives(record, market)}


def lives(record: Record, market: Market) -> Address | None:
    """The address of the record as it is kept; the market's country where none is said. Raises InvalidField."""
    if not record.address:
        return None
    try:
        return addressing.checked({**record.address, "country": record.address.get("country") or market.code})
    except InvalidContact as refused:
        raise InvalidField(f"address.{refused.field}", refused.message) from None


def _birth_date(record: Record, market: Market, around: Surroundings) -> date | None:
    return day(record.person, "birth_date", around)


def _language(record: Record, market: Market, around: Surroundings) -> str:
    spoken = record.person["language"].strip().lower()[:2]
    return spoken if spoken in market.languages else (market.languages[0] if market.languages else "")


_KEPT: dict[str, Callable[[Record, Market, Surroundings], Any]] = {
    "first_name": lambda record, *_: contacts.name(record.person["first_name"], "first_name"),
    "last_name": lambda record, *_: contacts.name(record.person["last_name"], "last_name"),
    "email": lambda record, *_: contacts.email(record.person["email"]),
    "phone": lambda record, market, _: contacts.phone(record.person["phone"], market.code),
    "birth_date": _birth_date,
    "language": _language,
}


def kept(name: str, text: str) -> Any:
    """A field as it is kept, from its text; of what was in that form before."""
    return (date.fromisoformat(text) if text else None) if name == "birth_date" else text


def remembered(system: System, record: Record, values: dict[str, Any], before: dict[str, str]) -> dict[str, str]:
    """What they say of fields that both may change, to tell their next change from ours."""
    shared = {name for name in values if ownership.owner(system, name) == "shared"}
    fresh = {name: ownership.said(system.pk, record.external_id, name, values[name]) for name in shared}
    return {**before, **fresh}


def change(system: System, record: Record, known: Known, values: dict[str, Any]) -> Change:
    """The person as they are to stand after this record."""
    stands = {name: getattr(known, name) for name in (*PERSON, "address")}
    becomes, questions = dict(stands), {}
    for name, value in values.items():
        whose = _whose(system, record, known, name, stands[name], value)
        if whose == "theirs":
            becomes[name] = value
        elif whose == "queue":
            questions[name] = value
    address, lived = becomes.pop("address"), stands.pop("address")
    verified_at = _verified_at(record, known, becomes["email"])
    changed = becomes != stands or verified_at != known.email_verified_at
    assert known.member_id is not None
    person = Person(known.member_id, email_verified_at=verified_at, **becomes) if changed else None
    said = remembered(system, record, values, known.said)
    return Change(person, said, questions, moves=address != lived, address=address)


def _whose(system: System, record: Record, known: Known, name: str, ours: Any, theirs: Any) -> str:
    """theirs, ours or queue."""
    if ours == theirs:
        return "ours"
    owner = ownership.owner(system, name)
    if owner != "shared":
        return "theirs" if owner == "theirs" or ours in ("", None) else "ours"
    before = known.said.get(name)
    if before == ownership.said(system.pk, record.external_id, name, theirs):
        return "ours"  # they say what they said before
    if ours in ("", None) or before == ownership.said(system.pk, record.external_id, name, ours):
        return "theirs"  # we have what they said before
    if system.conflicts == System.Rule.NEWEST:
        return ownership.newest(record.changed_at, known.ours_changed.get(name))
    return str(system.conflicts)


def _verified_at(record: Record, known: Known, email: str) -> Any:
    """An address that changed is as proven as they say; one that stays keeps its proof."""
    if not email:
        return None
    if email != known.email:
        return record.email_verified_at
    return known.email_verified_at or record.email_verified_at
