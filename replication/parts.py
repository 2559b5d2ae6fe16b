"""What a record has several of, or in several parts: cards, lots, answers, an address, tastes."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from members import numbers
from members.consents import Answer
from members.numbers import InvalidNumber
from replication.mapping import ADDRESS, PARTS
from replication.reading import Raw
from replication.refusals import InvalidField
from replication.words import Surroundings, day, moment, truth

KEY = re.compile(r"[^\s\x00-\x1f](?:.{0,98}\S)?")
"""What names a person or a lot: 1 to 100 characters on one line."""

_CARD_STATUSES = frozenset({"active", "blocked"})
_CARD_KINDS = frozenset({"physical", "virtual"})
_CODE = re.compile(r"[\w.-]{1,40}")
_SEPARATORS = re.compile(r"[\s,;|]+")
_PLAIN_AMOUNT = re.compile(r"\d{1,15}", re.ASCII)
_NAMES = {kind: frozenset(names.values()) for kind, names in PARTS.items()}


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


def cards_of(raw: Raw, around: Surroundings) -> tuple[Card, ...]:
    """Raises InvalidField, as all of these."""
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
        cards.append(Card(number, status, kind, moment(part, "issued_at", around)))
    if len(cards) > 1 and len({card.number.upper() for card in cards}) < len(cards):
        raise InvalidField("cards.number", "a number is there twice")
    return tuple(cards)


def lots_of(raw: Raw, around: Surroundings) -> tuple[Lot, ...]:
    lots = tuple(_lot(part, around) for part in _texts(raw, "lots"))
    if len(lots) > 1 and len({lot.key for lot in lots}) < len(lots):
        raise InvalidField("lots.id", "a lot is there twice")
    return lots


def _lot(part: Dict[str, str], around: Surroundings) -> Lot:
    key, code = part.get("id", "").strip(), part.get("currency", "").strip()
    if not KEY.fullmatch(key):
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
    if not decimals and _PLAIN_AMOUNT.fullmatch(text):
        return int(text)
    try:
        exact = Decimal(text.strip()).scaleb(decimals)
    except ArithmeticError:  # no number, or one beyond all bounds
        raise InvalidField("lots.amount", "a number is wanted") from None
    if not exact.is_finite() or not 0 <= exact < 10**15 or exact != exact.to_integral_value():
        raise InvalidField("lots.amount", f"0 or more with at most {decimals} decimals is wanted")
    return int(exact)


def consents_of(raw: Raw, around: Surroundings) -> tuple[Answer, ...]:
    answers = []
    for part in _texts(raw, "consents"):
        purpose, channel = part.get("purpose", "").strip(), part.get("channel", "").strip()
        if not _CODE.fullmatch(purpose) or (channel and not _CODE.fullmatch(channel[:21])) or len(channel) > 20:
            raise InvalidField("consents.purpose", "a short word is wanted")
        if "granted" not in part:
            raise InvalidField("consents.granted", "is missing")
        given_at = moment(part, "at", around)
        if given_at is None:
            raise InvalidField("consents.at", "is missing")
        wording, source = part.get("wording", "")[:80], part.get("source", "").strip().lower()
        if source and not _CODE.fullmatch(source):
            raise InvalidField("consents.source", "a short word is wanted")
        answers.append(Answer(purpose, channel, truth(part, "granted"), wording, given_at, source))
    return tuple(answers)


def address_of(said: Dict[str, str]) -> dict[str, str] | None:
    """Where they live by the parts of members.addressing, the lines of the street joined. A country alone says nothing:
    it stands in every row of an export, also beside an empty address."""
    parts = {short: said[name].strip() for name, short in ADDRESS.items() if name in said}
    if not parts.keys() - {"country"}:
        return None
    lines = [parts.pop(name, "") for name in ("street", "street_2", "street_3")]
    parts["street"] = "\n".join(line for line in lines if line)
    return parts if any(value for name, value in parts.items() if name != "country") else {}


def tastes_of(said: Dict[str, str]) -> tuple[str, ...] | None:
    """Codes between blanks or commas; None where nothing is said."""
    text = said.get("tastes", "").strip()
    return tuple(dict.fromkeys(_SEPARATORS.split(text))) if text else None


def _texts(raw: Raw, kind: str) -> list[Dict[str, str]]:
    """Its parts as texts; a name that none of its kind has is refused, so that a slip of the pen loses nothing."""
    known = _NAMES[kind]
    parts: list[Dict[str, str]] = []
    for part in raw.parts.get(kind, ()):
        if not part.keys() <= known:
            raise InvalidField(f"{kind}.{min(part.keys() - known)}", f"is no field of {kind}")
        if all(type(value) is str for value in part.values()):
            parts.append(part)
            continue
        if any(isinstance(value, list | dict) for value in part.values()):
            raise InvalidField(kind, "texts and numbers are wanted")
        parts.append(
            {name: value if isinstance(value, str) else str(value).lower() for name, value in part.items()
             if value is not None}
        )  # fmt: skip
    return parts
