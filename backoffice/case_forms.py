"""What is typed about a case at the desk."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from care import words
from care.models import Case
from programs import queries as programs
from values.money import minor_exponent
from web.uploads import FilesField

NO_FILL = {"autocomplete": "off"}
CHANNELS = [(code, words.CHANNELS[code]) for code in Case.Channel.values]


class OpenForm(forms.Form):
    """A new case from the member's page."""

    type = forms.ChoiceField(label=_("What is it about?"), choices=list(words.TYPES.items()))
    channel = forms.ChoiceField(label=_("How was it asked?"), choices=CHANNELS)
    receipt = forms.CharField(
        label=_("Number of the receipt"), required=False, max_length=200,
        widget=forms.TextInput(attrs={**NO_FILL, "class": "num"}),
    )  # fmt: skip
    words = forms.CharField(label=_("In the member’s words"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    files = FilesField(label=_("Evidence"))  # type: ignore[assignment]


class WordsForm(forms.Form):
    """Something said on a case: a note, a message, a question, a refusal."""

    words = forms.CharField(label=_("Words"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class EvidenceForm(forms.Form):
    files = FilesField(label=_("Evidence"), required=True)  # type: ignore[assignment]


class AmountField(forms.CharField):
    """An amount of points or money, with a sign, as people write it; None while it is no number."""

    def clean(self, value: Any) -> Decimal:
        text = super().clean(value).replace("\u202f", "").replace("\xa0", "").replace(" ", "")
        try:
            amount = Decimal(text.replace("\u2212", "-").replace(",", "."))
        except InvalidOperation:
            raise forms.ValidationError(_("Write a number, such as 50 or -20.")) from None
        if not amount.is_finite() or amount == 0 or abs(amount) > 10**9:
            raise forms.ValidationError(_("Write a number, such as 50 or -20."))
        return amount


class AdjustForm(forms.Form):
    """Points given or taken by hand."""

    currency = forms.ChoiceField(label=_("What is adjusted?"))
    amount = AmountField(
        label=_("How much?"), max_length=20, help_text=_("With a minus, it is taken."),
        widget=forms.TextInput(attrs={**NO_FILL, "class": "num", "inputmode": "decimal"}),
    )  # fmt: skip
    reason = forms.ChoiceField(label=_("Reason"), help_text=_("The member reads it on the statement."))
    words = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("A sentence that somebody else understands in a year."),
        widget=forms.TextInput(attrs=NO_FILL),
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, data: Any, *, currencies: Sequence[tuple[programs.Currency, str]], reasons: Sequence[tuple[str, str]]
    ) -> None:  # fmt: skip
        super().__init__(data, initial={"key": uuid.uuid4()})
        self.currencies = {currency.code: currency for currency, _name in currencies}
        choices: Any = self.fields["currency"]
        choices.choices = [(currency.code, name) for currency, name in currencies]
        why: Any = self.fields["reason"]
        why.choices = reasons

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        currency, amount = self.currencies.get(said.get("currency", "")), said.get("amount")
        if currency is not None and amount is not None:
            scale = minor_exponent(currency.money) if currency.kind == "cash" else currency.scale
            units = amount.scaleb(scale)
            if units != units.to_integral_value():
                self.add_error("amount", _("Too many decimals for this currency."))
            said["units"] = int(units)
        return said


class AnswerForm(forms.Form):
    """Why something is refused, or why it is let; the refusal needs it."""

    words = forms.CharField(
        label=_("Why"), required=False, max_length=300, widget=forms.TextInput(attrs=NO_FILL),
        help_text=_("Whoever asked reads it. A refusal needs it."),
    )  # fmt: skip
