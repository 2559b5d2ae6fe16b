"""Forms about a person that both doors show: who she is, and what she likes. What another system masters is shown and
not changed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from members import mastering, preferring
from members.models import Member, Membership
from programs import asking
from programs import queries as programs
from values import texts
from web import formats


class PersonForm(forms.Form):
    """Name, date of birth, language. The date is asked once; `mend` lets staff change one that is known."""

    first_name = forms.CharField(
        label=gettext_lazy("First name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=gettext_lazy("Last name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    birth_date = forms.DateField(
        label=gettext_lazy("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of our messages"))

    def __init__(self, membership: Membership, data: Mapping[str, str] | None = None, *, mend: bool = False) -> None:
        member = membership.member
        names = ("first_name", "last_name", "birth_date", "language")
        super().__init__(data, initial={name: getattr(member, name) for name in names})
        language: Any = self.fields["language"]
        language.choices = _languages(membership)
        if member.birth_date and not mend:
            del self.fields["birth_date"]
        elif not mend:
            self.fields["birth_date"].help_text = _("You say it once: after that only our staff can mend it.")
        _lock(self, member)


class LikesForm(forms.Form):
    """Tastes of the program's list, and the store that is hers."""

    store = forms.ChoiceField(label=gettext_lazy("My store"), required=False)
    tastes = forms.MultipleChoiceField(
        label=gettext_lazy("What I like"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, membership: Membership, data: Any = None) -> None:
        store = membership.home_store
        known = preferring.tastes_of(membership.pk)
        super().__init__(data, initial={"store": store.code if store else "", "tastes": sorted(known)})
        spoken = get_language() or "en"
        stores: Any = self.fields["store"]
        stores.choices = [*([] if store else [("", _("None yet"))]), *_stores(membership, spoken)]
        tastes: Any = self.fields["tastes"]
        listed = asking.tastes_of(membership.program)
        tastes.choices = [(code, texts.in_language(names, spoken, code)) for code, names in listed.items()]
        if not listed:
            del self.fields["tastes"]
        _lock(self, membership.member)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "num", "autofocus": True}
        ),
    )


def _languages(membership: Membership) -> list[tuple[str, str]]:
    market = programs.market_of(membership.program_id, membership.market_code)
    spoken = formats.locale_of(get_language() or "en").languages
    codes = list(dict.fromkeys([*(market.languages if market else ()), membership.member.language or "en"]))
    return [(code, str(spoken.get(code, code)).capitalize()) for code in codes]


def _stores(membership: Membership, language: str) -> list[tuple[str, str]]:
    """The stores of the member's market, by name; one elsewhere that is hers already stays among them."""
    mine = membership.home_store
    found = {
        store.code: texts.in_language(store.names, language, store.code)
        for store in programs.stores_of(membership.program_id)
        if store.market_code == membership.market_code or (mine and store.code == mine.code)
    }
    return sorted(found.items(), key=lambda item: item[1].casefold())


def _lock(form: forms.Form, member: Member) -> None:
    for name, system in mastering.mastered_elsewhere(member.population_id).items():
        if name in form.fields:
            form.fields[name].disabled = True
            form.fields[name].help_text = _("This is kept in %(system)s: change it there.") % {"system": system}
