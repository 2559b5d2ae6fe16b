"""Which look a program wears: the code of a theme, as theme.css and the letters know it."""

from __future__ import annotations

from typing import Any

DEFAULT = "fidelio"


def theme_of(program: Any) -> str:
    """The theme a program wears: its own setting, else that of its only banner; a shared program wears Fidelio's."""
    if program is None:
        return DEFAULT
    if chosen := program.settings.get("theme"):
        return str(chosen)
    themes = {banner.theme for banner in program.banners.all()}
    return themes.pop() if len(themes) == 1 else DEFAULT
