"""Forms of the program's admin pages. Documents are checked by `programs.terms`, the rest by what it must name."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from adminsite.fields import DocumentField, RowForm, WordsField
from programs import models, terms
from values import documents


def _check_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("No time zone has this name: write one such as Europe/Paris."))


class ProgramForm(RowForm):
    """The program, with those of its settings that act at once; the others are published with its rules."""

    late_lives_days = forms.IntegerField(
        min_value=0,
        max_value=36_500,
        required=False,
        label=_("Late points live at least, in days"),
        help_text=_(
            "Points posted late live at least so many days from then. 0: they die with the others of their day."
        ),
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )
    earn_before_joining = forms.BooleanField(
        required=False,
        label=_("Purchases before joining earn"),
        widget=UnfoldBooleanWidget,
    )
    theme = forms.SlugField(
        required=False,
        label=_("Look"),
        help_text=_("The theme of the portal: fidelio, maison or halles. Empty: that of its only banner."),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = models.Program
        fields = ["names", "banners"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings = self.instance.settings
        self.initial.setdefault("late_lives_days", settings.get("late_lives_days", 0))
        self.initial.setdefault("earn_before_joining", settings.get("earn_before_joining", True))
        self.initial.setdefault("theme", settings.get("theme", ""))

    def save(self, commit: bool = True) -> Any:
        settings = dict(self.instance.settings)
        settings["late_lives_days"] = self.cleaned_data["late_lives_days"] or 0
        settings["earn_before_joining"] = self.cleaned_data["earn_before_joining"]
        settings.pop("theme", None)
        if theme := self.cleaned_data["theme"]:
            settings["theme"] = theme
        self.instance.settings = settings
        return super().save(commit)


class MarketForm(RowForm):
    languages = WordsField(label=_("Languages"), help_text=_("The first is spoken by default: fr, en"))

    class Meta:
        model = models.Market
        fields = ["languages", "timezone", "minimum_age", "position"]

    def clean_languages(self) -> list[str]:
        try:
            return list(terms.checked(list[documents.Language], self.cleaned_data["languages"]))
        except terms.NoTerms as wrong:
            raise ValidationError(str(wrong)) from None

    def clean_timezone(self) -> str:
        _check_zone(self.cleaned_data["timezone"])
        return str(self.cleaned_data["timezone"])


class StoreForm(RowForm):
    class Meta:
        model = models.Store
        fields = ["code", "banner", "market_code", "names", "kind", "timezone"]

    def clean_market_code(self) -> str:
        code = str(self.cleaned_data["market_code"])
        if not models.Market.objects.filter(code=code).exists():
            raise ValidationError(_("No program has a market of this code."))
        return code

    def clean_timezone(self) -> str:
        if name := str(self.cleaned_data["timezone"]):
            _check_zone(name)
        return str(self.cleaned_data["timezone"])


class CurrencyForm(RowForm):
    """What a currency promises. How it counts is published with the rules and does not change here."""

    expiry = DocumentField(
        check=lambda document: terms.checked(terms.Expiry, document),
        required=False,
        label=_("Expiry"),
        help_text='{"months": 12} · {"days": 90} · {"end_of": "year", "plus_months": 2} · '
        '{"table": [{"earned_from": "01-01", "earned_to": "12-31", "dies_on": "03-01", "years_later": 1}]}',
    )
    pending = DocumentField(
        check=lambda document: terms.checked(terms.Pending, document),
        required=False,
        label=_("Pending"),
        help_text='{"days": 2}',
    )
    unit_value = DocumentField(
        check=lambda document: terms.checked(terms.UnitValue, document),
        required=False,
        label=_("Value of one unit"),
        help_text='"0.01" · {"FR": "0.01", "PL": "0.04"}',
    )
    release = DocumentField(
        check=lambda document: terms.checked(terms.Release, document),
        required=False,
        label=_("How it can be spent"),
        help_text='{"minimum": 500, "multiple_of": 100}',
    )

    class Meta:
        model = models.Currency
        fields = ["names", "expiry", "pending", "unit_value", "release", "returns"]

    def clean_expiry(self) -> Any:
        return _built(self.cleaned_data["expiry"], "inactivity") or None

    def clean_pending(self) -> Any:
        return _built(self.cleaned_data["pending"], "until") or {}

    def clean_release(self) -> Any:
        return self.cleaned_data["release"] or {}


def _built(document: Any, key: str) -> Any:
    if document == "never":
        return None
    if document and key in document:
        raise ValidationError(_("%(key)s is not built yet."), params={"key": key})
    return document
