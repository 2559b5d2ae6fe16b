"""What a program and its banners wear: colours and a logo of their own, else one of the looks of the house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from programs import palettes
from programs.palettes import Palette

DEFAULT = "fidelio"
HOUSE = {"fidelio": "#0d566b", "maison": "#0c5c43", "halles": "#8a1c4e"}
"""The `--brand` of each look of the house, in light; a test holds them against theme.css."""


@dataclass(frozen=True)
class Theme:
    """The look of a banner or program in its own colours. `owner` names whose it is: "banner-maison", "program-club".

    `logo` is the digest of its drawing (ThemeLogo), empty without one; `ratio` its width by its height.
    """

    owner: str
    brand: str
    second: str = ""
    engraving: str = "lattice"
    logo: str = ""
    ratio: float = 1.0

    @property
    def palette(self) -> Palette:
        return palettes.palette_of(self.brand, self.second)


def own_of(thing: Any) -> Theme | None:
    """The theme that a Banner or Program was given, if it was."""
    look = thing.look
    if not look:
        return None
    drawn = look.get("logo") or {}
    return Theme(
        owner=f"{thing._meta.model_name}-{thing.code}",
        brand=look["brand"],
        second=look.get("second", ""),
        engraving=look.get("engraving", "lattice"),
        logo=drawn.get("digest", ""),
        ratio=drawn["width"] / drawn["height"] if drawn else 1.0,
    )


def of_member(program: Any, banner_id: int | None) -> Theme | None:
    """What a member of this banner sees in the program: her banner's theme, else the program's."""
    mine = next((banner for banner in program.banners.all() if banner.pk == banner_id), None)
    return (own_of(mine) if mine else None) or of_program(program)


def of_program(program: Any) -> Theme | None:
    """What the program's own pages wear: its theme, else that of its only banner; None where neither has one."""
    if program is None:
        return None
    banners = list(program.banners.all())
    return own_of(program) or (own_of(banners[0]) if len(banners) == 1 else None)


def theme_of(program: Any) -> str:
    """The look of the house that a program wears: its setting, else that of its only banner; a shared one Fidelio's."""
    if program is None:
        return DEFAULT
    if chosen := program.settings.get("theme"):
        return str(chosen)
    themes = {banner.theme for banner in program.banners.all()}
    return themes.pop() if len(themes) == 1 else DEFAULT


def colour_of(program: Any, banner_id: int | None = None) -> str:
    """The colour of headings and buttons in a program's letters, to a member of a banner: readable on white."""
    own = of_member(program, banner_id) if program else None
    return own.palette.light("brand") if own else HOUSE.get(theme_of(program), HOUSE[DEFAULT])
