"""Editing a member at the desk: contact, address, who she is, what she agreed to; each with a reason and a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice import opening, queries, staff_names
from backoffice.doors import Desk
from members import addressing, changing, disputing, history, holds, mastering, policies
from members.addressing import Address
from members.history import Hand
from members.models import ContactHistory, Membership
from web import addresses, people

WHAT = {
    "email": _("E-mail"),
    "phone": _("Phone"),
    "address": _("Address"),
    "name": _("Name"),
    "birth_date": _("Date of birth"),
    "language": _("Language"),
    "store": _("Store"),
}
DOORS = {
    "web": _("by the member, on the web"),
    "store": _("in a store"),
    "phone": _("by telephone"),
    "post": _("by post"),
    "replication": _("by the banner’s own system"),
}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("A sentence that somebody else understands in a year."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NewContactForm(ReasonForm):
    """The new address or number, and why; `other` says that a warned-of twin is somebody else."""

    contact = forms.CharField(max_length=254)
    other = forms.CharField(widget=forms.HiddenInput, required=False, max_length=3)
    field_order = ("contact", "reason", "other")

    def __init__(self, what: str, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        field: Any = self.fields["contact"]
        kind = "email" if what == changing.EMAIL else "tel"
        field.label = _("New e-mail address") if what == changing.EMAIL else _("New phone number")
        field.widget = forms.TextInput(attrs={"type": kind, "autocomplete": "off", "autofocus": True})


class AddressForm(addresses.AddressForm):
    def __init__(self, country: str, data: Mapping[str, str] | None = None, known: Address | None = None) -> None:
        super().__init__(country, data, known)
        self.fields["reason"] = ReasonForm.base_fields["reason"]


@dataclass(frozen=True)
class Change:
    """A line of the history. `before` is what stood there, in words; empty where nothing did, or once it is erased."""

    at: datetime
    what: str
    before: str
    door: str
    by: str
    reason: str


@dataclass(frozen=True)
class PersonPage:
    public_id: str
    name: str
    email: str
    email_verified: bool
    phone: str
    address: list[str]
    email_waits: bool
    elsewhere: dict[str, str]
    held_until: datetime | None
    disputed: bool
    changes: list[Change]


def opened(desk: Desk, public_id: str, action: str = "members.edit") -> Membership:
    """The member to edit; 404 where she is not this person's to edit. Raises OwnAccount for one's own."""
    row = opening.opened(desk, public_id, action=action)
    policies.check_acts_on_another(desk.user, row.member_id)
    return row


def page_of(desk: Desk, row: Membership) -> PersonPage:
    member = row.member
    address = addressing.of_member(member.pk)
    lines = [*address.lines, addresses.country_name(address.country)] if address else []
    return PersonPage(
        public_id=row.public_id,
        name=str(member),
        email=member.email,
        email_verified=member.email_verified_at is not None,
        phone=people.written_phone(member.phone),
        address=lines,
        email_waits=changing.waiting(member.pk, changing.EMAIL, desk.now) is not None,
        elsewhere=mastering.mastered_elsewhere(member.population_id),
        held_until=holds.held_until(member.pk, desk.now),
        disputed=holds.disputed(member.pk) is not None,
        changes=changes_of(member.pk),
    )


def changes_of(member_id: int, limit: int = 30) -> list[Change]:
    """What changed of a person, the newest first."""
    rows = history.of_member(member_id, limit)
    names = staff_names.of(row.by for row in rows)
    return [
        Change(
            at=row.at,
            what=people.label(WHAT, row.what),
            before=_before(row),
            door=people.label(DOORS, row.door),
            by=names[row.by],
            reason=row.reason,
        )
        for row in rows
    ]


def hand_of(desk: Desk, reason: str) -> Hand:
    """Her hand, at the door where she works: a store, or the telephone."""
    return Hand(by=desk.actor, door="store" if queries.store_of(desk) else "phone", reason=reason)


def release(desk: Desk, row: Membership, reason: str) -> bool:
    """Let the member spend again: staff have spoken with her."""
    return disputing.release(member_id=row.member_id, hand=hand_of(desk, reason), now=desk.now)


def _before(row: ContactHistory) -> str:
    said = row.before
    if isinstance(said, dict):
        if row.what == "address":
            return ", ".join(line for line in (said.get("street"), said.get("postal_code"), said.get("city")) if line)
        return " ".join(filter(None, said.values()))
    return str(said or "")
