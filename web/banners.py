"""How a banner or a program looks: its colours, its logo, the engraving of its cards.

A look of the house has its colours in theme.css and its logo here. One with colours of its own (a playbook's) has a
style sheet, icons and logo of its own, made by `web.looks` and served under an address that changes with them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from programs import themes
from programs.themes import Theme

MADE = "4"
"""Version of what `web.looks` makes of a theme: count it up with any change there, and browsers fetch it anew."""


@dataclass(frozen=True)
class Look:
    """`theme` is the value of `data-banner`. `card` is the colour a card begins with, `line` that of its engraving,
    `ink` of what is written on it, `paper` the page's. `own` and `digest`: of a theme in its own colours."""

    theme: str
    logo: str
    engraving: str
    card: str
    line: str
    paper: str
    ink: str = "#ffffff"
    own: Theme | None = None
    digest: str = ""

    @property
    def has_drawn_logo(self) -> bool:
        return bool(self.own and self.own.logo)


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
    """The look of the house of that name; an unknown one wears Fidelio's own."""
    return LOOKS.get(theme or "", FIDELIO)


def of_program(program: Any) -> Look:
    """What the pages of a program wear where no member is concerned; a shared program wears its own, not a banner's."""
    own = themes.of_program(program)
    return dressed(own) if own else look_of(themes.theme_of(program))


def of_member(program: Any, banner_id: int | None) -> Look:
    """What a member of that banner sees on her pages, her card and her passes."""
    own = themes.of_member(program, banner_id)
    return dressed(own) if own else look_of(themes.theme_of(program))


@lru_cache(maxsize=256)
def dressed(own: Theme) -> Look:
    """The look of a theme in its own colours."""
    light = own.palette.light
    return Look(
        own.owner, FIDELIO.logo, own.engraving, card=light("pass-a"), line=light("pass-line"), paper=light("paper"),
        ink=light("pass-ink"), own=own, digest=hashlib.sha256(f"{MADE} {own}".encode()).hexdigest()[:12],
    )  # fmt: skip
