"""How a banner looks: its theme in theme.css, its logo, the engraving of its cards.

`theme` is the value of `data-banner`; an unknown theme wears Fidelio's own.
"""

from dataclasses import dataclass
from typing import Any

from programs import themes


@dataclass(frozen=True)
class Look:
    """`card` is the colour a card begins with, `line` that of its engraving, `paper` the page's: as in theme.css."""

    theme: str
    logo: str
    engraving: str
    card: str
    line: str
    paper: str


FIDELIO = Look(
    "fidelio", "M12 2.5A9.5 9.5 0 1 0 21.5 12H16a4 4 0 1 1-4-4zM14 2.5h7.5V10H14z", "lattice",
    card="#07303d", line="#bfe6f0", paper="#f1f5f6",
)  # fmt: skip
MAISON = Look(
    "maison", "M12 1.5 23 10v12.5h-8.2v-5.2a2.8 2.8 0 0 0-5.6 0v5.2H1V10z", "rosette",
    card="#083527", line="#f6dd86", paper="#f1f6f2",
)  # fmt: skip
HALLES = Look(
    "halles",
    "M1 22.5V12a11 11 0 0 1 22 0v10.5h-5.3V13.2a5.7 5.7 0 0 0-11.4 0v9.3zM9.6 22.5v-8.8a2.4 2.4 0 0 1 4.8 0v8.8z",
    "basket", card="#3f0b2b", line="#ffd2ab", paper="#faf5f5",
)  # fmt: skip
LOOKS = {look.theme: look for look in (FIDELIO, MAISON, HALLES)}


def look_of(theme: str | None) -> Look:
    """The look of a theme code."""
    return LOOKS.get(theme or "", FIDELIO)


def theme_of(program: Any) -> str:
    """The theme a program wears: its own setting, else that of its only banner; a shared program wears Fidelio's."""
    return themes.theme_of(program)
