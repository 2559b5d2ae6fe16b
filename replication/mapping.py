"""Mappings: how a CRM's export is read as records, in YAML (docs/replication.md). Strict."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from activity.mapping import Csv, Dates, Lookup, MappingRefused, Strict, check_said_once, parse_as
from replication.refusals import Unreadable

PERSON = ("first_name", "last_name", "email", "phone", "birth_date", "language")
PLAIN = (
    "external_id", "version", "deleted", "changed_at", *PERSON, "email_verified_at", "market", "store",
    "member_number", "status", "joined_at", "tier", "tier_since", "tastes",
)  # fmt: skip
ADDRESS = {
    "address_country": "country", "address_street": "street", "address_street_2": "street_2",
    "address_street_3": "street_3", "address_postal_code": "postal_code", "address_city": "city",
    "address_city_area": "city_area", "address_area": "area", "address_sorting_code": "sorting_code",
}  # fmt: skip
"""Where somebody lives: one object in NDJSON, columns of these names in CSV. Said at all, it is said whole."""

CARD = {"card": "number", "card_status": "status", "card_kind": "kind", "card_issued_at": "issued_at"}
LOT = {
    "lot": "id", "lot_currency": "currency", "lot_amount": "amount", "lot_earned_on": "earned_on",
    "lot_available_on": "available_on", "lot_expires_on": "expires_on",
}  # fmt: skip
CONSENT = {
    "consent_purpose": "purpose", "consent_channel": "channel", "consent_granted": "granted",
    "consent_wording": "wording", "consent_at": "at", "consent_source": "source",
}  # fmt: skip
PARTS = {"cards": CARD, "lots": LOT, "consents": CONSENT}
"""What a record has several of: by the name of its list in NDJSON, the flat names of its columns in CSV."""

FLAT = frozenset({*PLAIN, *ADDRESS, *CARD, *LOT, *CONSENT})
FIELDS = FLAT | PARTS.keys() | {"address"}


def _field(name: str) -> str:
    if name not in FIELDS:
        raise ValueError(f"{name} is no field of a record")
    return name


FieldName = Annotated[str, AfterValidator(_field)]


class Mapping(Strict):
    """`empty_clears`: an empty cell says that there is nothing; without it, an empty cell says nothing."""

    version: Literal["1"]
    format: Literal["csv", "ndjson"] | None = None
    csv: Csv = Csv()
    columns: dict[FieldName, str] | None = None
    constants: dict[FieldName, str] = {}
    lookup: dict[FieldName, Lookup] = {}
    dates: Dates = Dates()
    empty_clears: bool = False

    @model_validator(mode="after")
    def _said_once(self) -> Mapping:
        check_said_once(self.columns or (), self.constants, self.lookup)
        return self

    @property
    def sha256(self) -> bytes:
        """Of what it says, not of how it is laid out."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).digest()


CANONICAL = Mapping(version="1")


def read(path: Path) -> Mapping:
    """The mapping of a file. Raises Unreadable with a line for each error."""
    try:
        return parse(path.read_bytes(), path.name)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


def parse(content: bytes, name: str) -> Mapping:
    """As `read`, of bytes; `name` is what errors call the file."""
    try:
        return parse_as(Mapping, content, name)
    except MappingRefused as refused:
        raise Unreadable(str(refused)) from None
