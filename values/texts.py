"""Texts kept in several languages at once: `{"en": "Kettle", "fr": "Bouilloire"}`."""

from collections.abc import Mapping


def in_language(names: Mapping[str, str], language: str, default: str = "") -> str:
    """The text in `language` ("fr-CA" is served "fr"), else the first one there is, else `default`."""
    return names.get(language) or names.get(language.partition("-")[0]) or next(iter(names.values()), default)
