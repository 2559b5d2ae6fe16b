"""The people of a store, as its manager looks after them: rows, forms, and what the forms set going."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from backoffice.doors import Desk, role_label
from identity import places, rights, staffing, tills
from identity.models import Till
from identity.rights import Scope
from identity.staffing import Person
from programs import queries as programs
from values import texts

ACTION = staffing.ACTION
MOST_STORES = 500


@dataclass(frozen=True)
class PersonRow:
    """One of his people: the roles she holds in his scopes, in words."""

    id: int
    name: str
    email: str
    roles: list[str]
    badge: str
    signed_in_at: datetime | None


OFF = {"autocomplete": "off"}


class InviteForm(forms.Form):
    """Who, what for, and where; the choices are what this person may give."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs=OFF))
    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"))
    store = forms.ChoiceField(label=_("Store"))

    def __init__(self, desk: Desk, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        stores = stores_of(desk)
        given = {role for code, _name in stores[:1] for role in staffing.roles_to_give(desk.user, Scope(store=code))}
        role: Any = self.fields["role"]
        store: Any = self.fields["store"]
        role.choices = [(one, role_label(one)) for one in ("store_staff", "store_manager") if one in given]
        store.choices = stores


class BadgeForm(forms.Form):
    """A badge's number and a PIN, typed by the person herself at the manager's screen."""

    number = forms.CharField(label=_("Badge number"), max_length=16, widget=forms.TextInput(attrs=OFF))
    pin = forms.CharField(
        label=_("PIN"), help_text=_("4 to 8 digits, not in a row. She types it herself."), max_length=8,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "new-password"}),
    )  # fmt: skip


class TillForm(forms.Form):
    """What this browser is called, and whose it becomes."""

    name = forms.CharField(label=_("Name of this till"), max_length=40, widget=forms.TextInput(attrs=OFF))
    store = forms.ChoiceField(label=_("Store"))

    def __init__(self, desk: Desk, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        store: Any = self.fields["store"]
        store.choices = stores_of(desk)


class SwitchForm(forms.Form):
    number = forms.CharField(
        label=_("Badge number"), max_length=16, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True})
    )
    pin = forms.CharField(
        label=_("PIN"), max_length=8, widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    )


def stores_of(desk: Desk) -> list[tuple[str, str]]:
    """The stores of the program for which this person may invite, as (code, name)."""
    language = get_language() or "en"
    found = (
        (store.code, texts.in_language(store.names, language, store.code))
        for store in programs.stores_of(desk.program.pk)
        if rights.may(desk.user, ACTION, Scope(store.banner, store.market_code, store.code))
    )
    return [store for store, _n in zip(found, range(MOST_STORES), strict=False)]


def rows_of(desk: Desk) -> list[PersonRow]:
    return [row_of(person) for person in staffing.people_of(desk.user)]


def row_of(person: Person) -> PersonRow:
    roles = [", ".join(filter(None, (role_label(one.role), one.store_code))) for one in person.grants]
    return PersonRow(person.user.pk, person.name, person.user.email, roles, person.badge, person.user.last_login)


def tills_of(desk: Desk) -> list[Till]:
    return tills.tills_of(desk.user, ACTION)


def may_open_till(desk: Desk, store_code: str) -> bool:
    return rights.may(desk.user, ACTION, places.complete(Scope(store=store_code)))
