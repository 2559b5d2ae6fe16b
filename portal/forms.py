"""What a person is asked to join: three fields and a consent."""

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy

from programs import queries as programs
from web import formats

CONSENT_WORDING = "join-1"
"""Version of the sentence beside the consent box; a new sentence is a new version."""


class JoinForm(forms.Form):
    first_name = forms.CharField(
        label=gettext_lazy("First name"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "given-name", "autofocus": True}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    market = forms.ChoiceField(label=gettext_lazy("Country"))
    birth_date = forms.DateField(
        label=gettext_lazy("Date of birth"),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=24,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    offers = forms.BooleanField(
        label=gettext_lazy("Receive offers by e-mail"),
        help_text=gettext_lazy("Two a month at most; you can stop them at any time."),
        required=False,
    )

    def __init__(self, *args: Any, program: Any, with_email: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.markets = {market.code: market for market in programs.markets_of(program.pk)}
        asked = program.settings.get("join_asks", "birth_date")
        del self.fields["phone" if asked == "birth_date" else "birth_date"]
        if not with_email:
            del self.fields["email"]
        if len(self.markets) < 2:
            del self.fields["market"]
        else:
            locale = formats.locale_of(get_language() or "en")
            self.fields["market"].choices = [  # type: ignore[attr-defined]
                (code, locale.territories.get(code, code)) for code in self.markets
            ]
            self.fields["market"].initial = self._likely_market()

    @property
    def market_code(self) -> str:
        chosen = self.cleaned_data.get("market") if hasattr(self, "cleaned_data") else None
        return chosen or next(iter(self.markets), "")

    def _likely_market(self) -> str:
        language = (get_language() or "en")[:2]
        return next((code for code, market in self.markets.items() if language in market.languages[:1]), "") or next(
            iter(self.markets)
        )
