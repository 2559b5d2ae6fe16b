"""A record, typed: what a system says of one person at one version. Contacts are still as they were written."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from members import numbers
from members.consents import Answer
from members.numbers import InvalidNumber
from replication.mapping import PERSON, Mapping
from replication.reading import Raw
from replication.refusals import InvalidField

_LARGEST = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = re.compile(r"\d{1,19}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[^\s\x00-\x1f](?:.{0,98}\S)?")
_TRUTHS = {
    "true": True,
    "1": True,
    "yes": True,
    "y": True,
    "false": False,
    "0": False,
    "no": False,
    "n": False,
    "": False,
}
_STATUSES = frozenset({"pending", "active", "suspended"})
_CARD_STATUSES = frozenset({"active", "blocked"})
_CARD_KINDS = frozenset({"physical", "virtual"})
_CODE = re.compile(r"[\w.-]{1,40}")


@dataclass(frozen=True, slots=True)
class Card:
    number: str
    status: str
    kind: str
    issued_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lot:
    """`amount` in smallest units, 0 or more: what of the lot was left. `expires_on`: the last day it can be spent."""

    key: str
    currency_id: int
    amount: int
    earned_on: date
    available_on: date | None
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Record:
    """What is None, or not in `person`, was not said and stays as it is."""

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


@dataclass(frozen=True)
class Surroundings:
    """What words of a record mean here: the program's currencies as code -> (id, decimals), its home zone."""

    currencies: Dict[str, tuple[int, int]]
    timezone: str
    moments: bool
    mapping: Mapping

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.mapping.dates.timezone or self.timezone)


def typed(raw: Raw, around: Surroundings) -> Record:
    """The record that was written. Raises InvalidField."""
    if raw.defect:
        raise InvalidField(*raw.defect)
    said = raw.said
    values: dict[str, Any] = {
        "line": raw.line,
        "external_id": _external_id(said),
        "version": _version(said, around),
        "digest": _digest(raw),
        "deleted": _truth(said, "deleted"),
        "changed_at": _moment(said, "changed_at", around),
        "person": {name: said[name] for name in PERSON if name in said},
        "email_verified_at": _moment(said, "email_verified_at", around),
        "market": said.get("market") or None,
        "store": said.get("store"),
        "member_number": said.get("member_number") or None,
        "status": _one_of(said, "status", _STATUSES),
        "joined_at": _moment(said, "joined_at", around),
        "tier": said.get("tier"),
        "tier_since": _moment(said, "tier_since", around),
        "cards": _cards(raw, around),
        "lots": _lots(raw, around),
        "consents": _consents(raw, around),
    }
    return Record(**values)


def _digest(raw: Raw) -> str:
    """Of what is said, in whatever order and on whatever line it was written."""
    return hashlib.blake2b(json.dumps([raw.said, raw.parts], sort_keys=True).encode(), digest_size=16).hexdigest()


def _external_id(said: dict[str, str]) -> str:
    text = said.get("external_id", "").strip()
    if not _EXTERNAL_ID.fullmatch(text):
        raise InvalidField("external_id", "1 to 100 characters on one line are wanted")
    return text


def _version(said: dict[str, str], around: Surroundings) -> int:
    text = said.get("version", "").strip()
    if around.moments:
        moment = _moment({"version": text}, "version", around)
        if moment is None:
            raise InvalidField("version", "is missing")
        return (moment - _EPOCH) // timedelta(microseconds=1)
    if not _WHOLE.fullmatch(text) or int(text) >= _LARGEST:
        raise InvalidField("version", "a whole number is wanted" if text else "is missing")
    return int(text)


def _truth(said: dict[str, str], name: str) -> bool:
    text = said.get(name, "").strip().lower()
    if text not in _TRUTHS:
        raise InvalidField(name, "true or false is wanted")
    return _TRUTHS[text]


def _one_of(said: dict[str, str], name: str, known: frozenset[str]) -> str | None:
    text = said.get(name, "").strip().lower()
    if text and text not in known:
        raise InvalidField(name, f"one of {', '.join(sorted(known))} is wanted")
    return text or None


def _moment(said: dict[str, str], name: str, around: Surroundings) -> datetime | None:
    """A moment; a day is its first instant. Without an offset it is read in the mapping's zone, else the home's."""
    text = said.get(name, "").strip()
    if not text:
        return None
    try:
        if around.mapping.dates.format and name != "version":
            moment = datetime.strptime(text, around.mapping.dates.format)  # noqa: DTZ007 - its zone follows
        else:
            moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=around.zone)
        if not 1900 <= moment.year < 3000:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidField(name, "a moment is wanted, such as 2026-01-31T10:00:00+01:00") from None


def day(said: Dict[str, Any], name: str, around: Surroundings) -> date | None:
    """A local day, as the mapping writes days or in ISO 8601."""
    text = str(said.get(name) or "").strip()
    if not text:
        return None
    try:
        if around.mapping.dates.format and not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            found = datetime.strptime(text, around.mapping.dates.format).date()  # noqa: DTZ007 - a day has no zone
        else:
            found = date.fromisoformat(text[:10])
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year < 2999:
        raise InvalidField(name, "a day is wanted, such as 2026-01-31")
    return found


def _cards(raw: Raw, around: Surroundings) -> tuple[Card, ...]:
    cards = []
    for part in _texts(raw, "cards"):
        try:
            number = numbers.check(part.get("number", ""))
        except InvalidNumber as refused:
            raise InvalidField("cards.number", str(refused)) from None
        status = part.get("status", "").lower() or "active"
        kind = part.get("kind", "").lower() or "physical"
        if status not in _CARD_STATUSES or kind not in _CARD_KINDS:
            raise InvalidField("cards.status" if status not in _CARD_STATUSES else "cards.kind", "is none of a card's")
        cards.append(Card(number, status, kind, _moment(part, "issued_at", around)))
    if len({card.number.upper() for card in cards}) < len(cards):
        raise InvalidField("cards.number", "a number is there twice")
    return tuple(cards)


def _lots(raw: Raw, around: Surroundings) -> tuple[Lot, ...]:
    lots = tuple(_lot(part, around) for part in _texts(raw, "lots"))
    if len({lot.key for lot in lots}) < len(lots):
        raise InvalidField("lots.id", "a lot is there twice")
    return lots


def _lot(part: dict[str, str], around: Surroundings) -> Lot:
    key, code = part.get("id", "").strip(), part.get("currency", "").strip()
    if not _EXTERNAL_ID.fullmatch(key):
        raise InvalidField("lots.id", "1 to 100 characters are wanted")
    if code not in around.currencies:
        raise InvalidField("lots.currency", f"{code[:40]!r} is no currency of the program")
    currency_id, decimals = around.currencies[code]
    earned_on = day(part, "earned_on", around)
    expires_on, available_on = day(part, "expires_on", around), day(part, "available_on", around)
    if earned_on is None:
        raise InvalidField("lots.earned_on", "is missing")
    if expires_on is not None and expires_on < earned_on:
        raise InvalidField("lots.expires_on", "is before it was earned")
    return Lot(key, currency_id, amount(part.get("amount", ""), decimals), earned_on, available_on, expires_on)


def amount(text: str, decimals: int) -> int:
    """Smallest units of an amount: points are whole, of money `decimals` may follow the point."""
    try:
        exact = Decimal(text.strip()).scaleb(decimals)
    except InvalidOperation:
        raise InvalidField("lots.amount", "a number is wanted") from None
    if not exact.is_finite() or exact < 0 or exact != exact.to_integral_value() or exact >= 10**15:
        raise InvalidField("lots.amount", f"0 or more with at most {decimals} decimals is wanted")
    return int(exact)


def _consents(raw: Raw, around: Surroundings) -> tuple[Answer, ...]:
    answers = []
    for part in _texts(raw, "consents"):
        purpose, channel = part.get("purpose", "").strip(), part.get("channel", "").strip()
        if not _CODE.fullmatch(purpose) or (channel and not _CODE.fullmatch(channel[:21])) or len(channel) > 20:
            raise InvalidField("consents.purpose", "a short word is wanted")
        if "granted" not in part:
            raise InvalidField("consents.granted", "is missing")
        given_at = _moment(part, "at", around)
        if given_at is None:
            raise InvalidField("consents.at", "is missing")
        answers.append(Answer(purpose, channel, _truth(part, "granted"), part.get("wording", "")[:80], given_at))
    return tuple(answers)


def _texts(raw: Raw, kind: str) -> list[dict[str, str]]:
    parts = []
    for part in raw.parts.get(kind, ()):
        if any(isinstance(value, list | dict) for value in part.values()):
            raise InvalidField(kind, "texts and numbers are wanted")
        parts.append(
            {name: value if isinstance(value, str) else str(value).lower() for name, value in part.items()
             if value is not None}
        )  # fmt: skip
    return parts
