"""What a program asks its members: under which terms, for which consents by which channels, about which tastes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TERMS = "1"
CONSENTS: dict[str, list[str]] = {"marketing": ["email", "sms", "post", "phone"], "profiling": []}
TASTES: dict[str, dict[str, str]] = {
    "home": {"en": "Home and decoration", "fr": "Maison et décoration"},
    "garden": {"en": "Garden", "fr": "Jardin"},
    "cooking": {"en": "Cooking", "fr": "Cuisine"},
    "organic": {"en": "Organic food", "fr": "Bio"},
    "care": {"en": "Beauty and care", "fr": "Beauté et soin"},
    "children": {"en": "Children", "fr": "Enfants"},
    "pets": {"en": "Pets", "fr": "Animaux"},
    "repair": {"en": "Repairing and building", "fr": "Bricolage"},
}
ORDER = ("email", "sms", "post", "phone")


@dataclass(frozen=True)
class Question:
    """One consent that is asked for; `channel` is empty where the purpose has none."""

    purpose: str
    channel: str

    @property
    def code(self) -> str:
        """How a form names it."""
        return f"{self.purpose}-{self.channel}" if self.channel else self.purpose


def questions_of(program: Any) -> list[Question]:
    """What this program asks to be agreed to, purpose by purpose."""
    asked: Mapping[str, list[str]] = program.settings.get("consents") or CONSENTS
    return [
        Question(purpose, channel)
        for purpose in CONSENTS
        if purpose in asked
        for channel in (sorted(set(asked[purpose]), key=ORDER.index) or [""])
    ]


def tastes_of(program: Any) -> Mapping[str, Mapping[str, str]]:
    """The names of what a member may like, by code and language."""
    tastes: Mapping[str, Mapping[str, str]] | None = program.settings.get("tastes")
    return TASTES if tastes is None else tastes


def terms_of(program: Any) -> str:
    """The version of the terms one joins under now."""
    return str(program.settings.get("terms") or TERMS)
