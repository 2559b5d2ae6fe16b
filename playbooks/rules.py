"""Rules as they stand in a file, brought to what the core reads: text as written, true and false where meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules_engine.core import catalogue
from rules_engine.core.conditions import OPERATORS

_FLAGS = frozenset({"exclude", "stop", "any", "every", "is_set"})


def as_rule(document: Any) -> Any:
    """One rule on its own, where the languages of the markets are not known; see `named`."""
    return named(as_written(document), "en")


def as_written(document: Any) -> Any:
    """A rule, a condition, or any part of one."""
    return _plain(document)


def named(rule: Any, language: str) -> Any:
    """The rule with a name of one text put under `language`."""
    if isinstance(rule, dict) and isinstance(name := rule.get("name"), str):
        return {**rule, "name": {language: name}}
    return rule


def merged(document: Any, override: Any) -> Any:
    """`override` over `document`: mappings key by key, lists and values replaced."""
    if not isinstance(document, Mapping) or not isinstance(override, Mapping):
        return override
    return {
        **document,
        **{key: merged(document[key], inner) if key in document else inner for key, inner in override.items()},
    }


def _plain(document: Any, key: str = "") -> Any:
    match document:
        case dict():
            if isinstance(fact := document.get("fact"), str) and _is_attribute(str(fact)):
                return {name: _attribute(inner) if name in OPERATORS else _plain(inner, name)
                        for name, inner in document.items()}  # fmt: skip
            return {str(name): _plain(inner, name) for name, inner in document.items()}
        case list():
            return [_plain(inner) for inner in document]
        case str() if key in _FLAGS and document in {"true", "false"} and getattr(document, "plain", True):
            return document == "true"
        case str():
            return str(document)
    return document


def _attribute(value: Any) -> Any:
    """The value an attribute is compared with: unquoted true and false are what they say."""
    if isinstance(value, list):
        return [_attribute(inner) for inner in value]
    if isinstance(value, str):
        return value == "true" if getattr(value, "plain", True) and value in {"true", "false"} else str(value)
    return value


def _is_attribute(fact: str) -> bool:
    try:
        return catalogue.find(fact).type == "attribute"
    except catalogue.UnknownFact:
        return False
