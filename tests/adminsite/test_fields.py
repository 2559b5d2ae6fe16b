from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from adminsite.bases import _fields
from adminsite.fields import DocumentField, NamesField, WordsField


def positive(document):
    if not isinstance(document, Decimal) or document <= 0:
        raise ValueError("must be more than zero")
    return str(document)


def test_names_keep_languages_that_have_no_input():
    field = NamesField(required=False)
    field.kept = {"pl": "Czajnik"}
    assert field.clean(["Kettle", ""]) == {"pl": "Czajnik", "en": "Kettle"}
    assert field.widget.decompress('{"fr": "Bouilloire"}') == ["", "Bouilloire"]
    assert not field.has_changed({"en": "Kettle", "pl": "Czajnik"}, ["Kettle", ""])
    assert field.has_changed({"en": "Kettle"}, ["Kettle", "Bouilloire"])


def test_words_are_separated_by_commas():
    field = WordsField()
    assert field.clean(" fr, en ,") == ["fr", "en"]
    assert field.prepare_value(["fr", "en"]) == "fr, en"
    assert not field.has_changed(["fr", "en"], "fr,en")
    with pytest.raises(ValidationError):
        field.clean(" , ")


def test_a_document_is_read_exactly_and_checked():
    field = DocumentField(check=positive, required=False)
    assert field.clean("0.1") == "0.1"
    assert field.clean("") is None
    for wrong, told in (("-1", "must be more than zero"), ("{", "Enter a valid JSON.")):
        with pytest.raises(ValidationError) as refused:
            field.clean(wrong)
        assert refused.value.messages == [told]


def test_a_change_names_its_fields_and_rows():
    message = [
        {"changed": {"fields": ["Name"]}},
        {"changed": {"name": "market", "object": "US", "fields": ["Minimum age"]}},
        {"added": {"name": "host name", "object": "club.example"}},
    ]
    assert _fields(message) == ["Name", "market US: Minimum age", "host name club.example added"]
    assert _fields("Changed.") == []
