"""Form fields of the admin: a text per language, a short list of words, a document checked as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

Check = Callable[[Any], Any]


class NamesWidget(forms.MultiWidget):
    """One input per language of the house, each saying its language."""

    template_name = "admin/names_widget.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        self.codes = [code for code, _name in settings.LANGUAGES]
        super().__init__({code: UnfoldAdminTextInputWidget() for code in self.codes}, attrs)

    def decompress(self, value: Any) -> list[str]:
        names = json.loads(value) if isinstance(value, str) else value or {}
        return [names.get(code, "") for code in self.codes]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for widget, (code, language) in zip(context["widget"]["subwidgets"], settings.LANGUAGES, strict=True):
            widget["language"] = language
            widget["code"] = code
            widget["attrs"]["aria-label"] = str(language)
            widget["attrs"]["lang"] = code
        return context


class NamesField(forms.MultiValueField):
    """Names per language as `{"en": ..., "fr": ...}`; `kept` are languages that have no input here."""

    widget = NamesWidget

    def __init__(self, **kwargs: Any) -> None:
        for json_only in ("encoder", "decoder"):
            kwargs.pop(json_only, None)
        self.kept: dict[str, str] = {}
        fields = [forms.CharField(max_length=200, required=False) for _code in settings.LANGUAGES]
        super().__init__(fields, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> dict[str, str]:
        written = {code: text for (code, _name), text in zip(settings.LANGUAGES, data_list, strict=False) if text}
        return {**self.kept, **written}

    def has_changed(self, initial: Any, data: Any) -> bool:
        names = initial or {}
        return [names.get(code, "") for code, _name in settings.LANGUAGES] != [text or "" for text in data or []]


class WordsField(forms.CharField):
    """A list of words, written with commas between them."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return [word.strip() for word in str(value or "").split(",") if word.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class _Exactly(json.JSONDecoder):
    """0.01 is a decimal, never a float."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "parse_float": Decimal})


class DocumentField(forms.JSONField):
    """JSON that `check` brings to the form it is kept in; it raises ValueError with a sentence."""

    def __init__(self, *, check: Check, **kwargs: Any) -> None:
        self.check = check
        kwargs.update(encoder=DjangoJSONEncoder, decoder=_Exactly)
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        document = super().clean(value)
        if document in self.empty_values:
            return document
        try:
            return self.check(document)
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from None


class RowForm(forms.ModelForm):
    """The form of a row: languages that have no input here are kept as they are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = {code for code, _name in settings.LANGUAGES}
        for name, field in self.fields.items():
            if isinstance(field, NamesField):
                names = getattr(self.instance, name, None) or {}
                field.kept = {code: text for code, text in names.items() if code not in shown}
