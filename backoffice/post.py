"""The form in which paper forms are entered, one after another. Batch and day stay from one to the next."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.forms import NO_FILL
from members import numbers

OLDEST_DAYS = 366


class PostForm(forms.Form):
    batch = forms.RegexField(
        label=_("Batch number"), regex=r"^[\w./ -]{1,30}$", help_text=_("As it stands on the pile of forms."),
        widget=forms.TextInput(attrs={**NO_FILL, "class": "num"}),
    )  # fmt: skip
    signed_on = forms.DateField(
        label=_("Signed on"), widget=forms.DateInput(attrs={"type": "date", **NO_FILL}, format="%Y-%m-%d")
    )
    first_name = forms.CharField(label=_("First name"), max_length=80, widget=forms.TextInput(attrs=NO_FILL))
    last_name = forms.CharField(label=_("Last name"), max_length=80, widget=forms.TextInput(attrs=NO_FILL))
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False,
        widget=forms.DateInput(attrs={"type": "date", **NO_FILL}, format="%Y-%m-%d"),
    )  # fmt: skip
    email = forms.CharField(
        label=_("E-mail"), max_length=254, required=False,
        widget=forms.TextInput(attrs={**NO_FILL, "inputmode": "email"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={**NO_FILL, "class": "num"})
    )
    card = forms.CharField(
        label=_("Card number"), max_length=40, required=False, help_text=_("Where a card was sent with the form."),
        widget=forms.TextInput(attrs={**NO_FILL, "class": "num"}),
    )  # fmt: skip
    offers = forms.BooleanField(label=_("The box for offers is ticked"), required=False)
    terms = forms.BooleanField(
        label=_("The form is signed"), error_messages={"required": _("Only a signed form counts.")}
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        first = "first_name" if self.initial.get("batch") or self.is_bound else "batch"
        self.fields[first].widget.attrs["autofocus"] = True

    def clean_signed_on(self) -> date:
        day: date = self.cleaned_data["signed_on"]
        if not 0 <= (self.today - day).days <= OLDEST_DAYS:
            raise forms.ValidationError(gettext("A form is signed on a day of the last twelve months."))
        return day

    def clean_card(self) -> str:
        return str(numbers.as_read(self.cleaned_data["card"]))

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if not (typed.get("email") or typed.get("phone") or typed.get("card")):
            self.add_error("email", gettext("An e-mail address, a phone number or a card is needed."))
        return typed
