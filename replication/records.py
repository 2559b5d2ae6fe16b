"""A record, typed: what a system says of one person at one version. Contacts are still as they were written."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from members.consents import Answer
from replication import parts
from replication.mapping import PERSON
from replication.parts import KEY, Card, Lot
from replication.reading import Raw
from replication.refusals import InvalidField
from replication.words import Surroundings, day, moment, one_of, truth

__all__ = ["Card", "Lot", "Record", "Surroundings", "day", "typed"]

_LARGEST = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = re.compile(r"\d{1,19}", re.ASCII)
_STATUSES = frozenset({"pending", "active", "suspended"})
_SORTED = json.JSONEncoder(sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Record:
    """What is None, or not in `person`, was not said and stays as it is. `address` {}: there is none."""

    line: int
    external_id: str
    version: int
    digest: str
    deleted: bool = False
    changed_at: datetime | None = None
    person: Dict[str, str] = field(default_factory=dict)
    email_verified_at: datetime | None = None
    market: str | None = None
    store: str | None = None
    member_number: str | None = None
    status: str | None = None
    joined_at: datetime | None = None
    tier: str | None = None
    tier_since: datetime | None = None
    cards: tuple[Card, ...] = ()
    lots: tuple[Lot, ...] = ()
    consents: tuple[Answer, ...] = ()
    address: Dict[str, str] | None = None
    tastes: tuple[str, ...] | None = None


def typed(raw: Raw, around: Surroundings) -> Record:
    """The record that was written. Raises InvalidField."""
    if raw.defect:
        raise InvalidField(*raw.defect)
    said = raw.said
    return Record(
        line=raw.line,
        external_id=_external_id(said),
        version=_version(said, around),
        digest=_digest(raw),
        deleted=truth(said, "deleted"),
        changed_at=moment(said, "changed_at", around),
        person={name: said[name] for name in PERSON if name in said},
        email_verified_at=moment(said, "email_verified_at", around),
        market=said.get("market") or None,
        store=said.get("store"),
        member_number=said.get("member_number") or None,
        status=one_of(said, "status", _STATUSES),
        joined_at=moment(said, "joined_at", around),
        tier=said.get("tier"),
        tier_since=moment(said, "tier_since", around),
        cards=parts.cards_of(raw, around),
        lots=parts.lots_of(raw, around),
        consents=parts.consents_of(raw, around),
        address=parts.address_of(said),
        tastes=parts.tastes_of(said),
    )


def _digest(raw: Raw) -> str:
    """Of what is said, in whatever order and on whatever line it was written."""
    return hashlib.blake2b(_SORTED([raw.said, raw.parts]).encode(), digest_size=16).hexdigest()


def _external_id(said: Dict[str, str]) -> str:
    text = said.get("external_id", "").strip()
    if not KEY.fullmatch(text):
        raise InvalidField("external_id", "1 to 100 characters on one line are wanted")
    return text


def _version(said: Dict[str, str], around: Surroundings) -> int:
    text = said.get("version", "").strip()
    if around.moments:
        found = moment({"version": text}, "version", around)
        if found is None:
            raise InvalidField("version", "is missing")
        return (found - _EPOCH) // timedelta(microseconds=1)
    if not _WHOLE.fullmatch(text) or int(text) >= _LARGEST:
        raise InvalidField("version", "a whole number is wanted" if text else "is missing")
    return int(text)
