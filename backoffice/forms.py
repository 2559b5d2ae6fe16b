"""The three steps of an enrolment at the desk. What was typed travels in the page, never in the session."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from members import numbers

CONSENT_WORDING = "desk-1"
"""Version of the sentence read out or shown at the desk."""

NO_FILL = {"autocomplete": "off"}


class CardForm(forms.Form):
    card = forms.CharField(
        label=_("Card number"),
        help_text=_("Scan a blank card, or type its number."),
        max_length=40,
        widget=forms.TextInput(attrs={**NO_FILL, "autofocus": True, "class": "num"}),
    )

    def clean_card(self) -> str:
        return str(numbers.as_read(self.cleaned_data["card"]))


class IdentityForm(forms.Form):
    card = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    first_name = forms.CharField(
        label=_("First name"), max_length=80, widget=forms.TextInput(attrs={**NO_FILL, "autofocus": True})
    )
    contact = forms.CharField(
        label=_("Phone or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={**NO_FILL, "class": "num", "inputmode": "email"}),
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=80, required=False, widget=forms.TextInput(attrs=NO_FILL)
    )
    birth_date = forms.DateField(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", **NO_FILL}, format="%Y-%m-%d"),
    )
    channel = forms.ChoiceField(
        label=_("How did this come?"),
        required=False,
        choices=[("phone", _("On the telephone")), ("post", _("By post, on a signed form"))],
        widget=forms.RadioSelect,
        initial="phone",
    )
    other = forms.CharField(widget=forms.HiddenInput, required=False, max_length=3)

    def __init__(self, *args: Any, in_store: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if in_store:
            del self.fields["channel"]

    @property
    def contacts(self) -> dict[str, str]:
        """What was typed as enrolment takes it: an address has an @, the rest is a phone."""
        typed = self.cleaned_data["contact"].strip()
        return {"email": typed, "phone": ""} if "@" in typed else {"email": "", "phone": typed}


_NONE = ("none", _("Not now: card and points only"))
_PAPER = ("paper", _("On paper, signed"))
HOW = {
    "store": [("screen", _("On this screen, turned to the customer")), _PAPER, _NONE],
    "phone": [("phone", _("On the telephone")), _NONE],
    "post": [_PAPER, _NONE],
}
"""How consent can be given where somebody is enrolled."""


class ConsentForm(IdentityForm):
    how = forms.ChoiceField(
        label=_("How is consent given?"),
        widget=forms.RadioSelect(attrs={"autofocus": True}),  # Enter from here enrols: no hand leaves the keys
    )
    offers = forms.BooleanField(
        label=_("Receive offers"),
        help_text=_("By e-mail or on the phone, two a month at most; one can stop them at any time."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name", "contact", "birth_date", "channel"):
            if name in self.fields:
                self.fields[name].widget = forms.HiddenInput()
        how: Any = self.fields["how"]
        how.choices = (
            HOW["post" if self["channel"].value() == "post" else "phone"] if "channel" in self.fields else HOW["store"]
        )
        how.initial = how.choices[0][0]
