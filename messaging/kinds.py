"""Kinds of messages. A kind is a pair of templates, `templates/messaging/<kind>.subject` and `.txt` (and `.html` where
the text set as a letter is not enough); a new one needs no more than these.

A kind is a service message, owed whatever was agreed to, unless it is registered as marketing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template import TemplateDoesNotExist
from django.template.loader import get_template

CHANNEL = "email"
Fill = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_PURPOSES: dict[str, str] = {}
_FILLED: dict[str, Fill] = {}


class UnknownKind(LookupError):
    """No template says this: a slip of ours, never a person's."""


@dataclass(frozen=True)
class Kind:
    """`purpose` is what has to be agreed to, empty for service messages."""

    name: str
    purpose: str

    @property
    def is_marketing(self) -> bool:
        return bool(self.purpose)


def marketing(name: str, purpose: str = "marketing") -> None:
    """Say that messages of this kind need consent, and carry the ways out of it."""
    _PURPOSES[name] = purpose


def filled(name: str, fill: Fill) -> None:
    """Let `fill` add, at delivery, what may stand in no table: the code that follows from a key."""
    _FILLED[name] = fill


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises UnknownKind where it has no templates."""
    for ending in ("subject", "txt"):
        try:
            get_template(f"messaging/{name}.{ending}")
        except TemplateDoesNotExist:
            raise UnknownKind(f"templates/messaging/{name}.{ending} is missing") from None
    return Kind(name, _PURPOSES.get(name, ""))


def facts_of(name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates are told: what was kept, and what is worked out at delivery."""
    fill = _FILLED.get(name)
    return {**facts, **(fill(facts) if fill else {})}
