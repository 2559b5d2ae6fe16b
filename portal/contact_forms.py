"""What is typed to change an e-mail address or a phone number, and the code that makes it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from members.changing import EMAIL


class NewContactForm(forms.Form):
    """One field: the new address or number."""

    contact = forms.CharField(max_length=254)

    def __init__(self, what: str, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        field: Any = self.fields["contact"]
        if what == EMAIL:
            field.label = _("New e-mail address")
            field.widget = forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True})
        else:
            field.label = _("New phone number")
            field.widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "autofocus": True})
