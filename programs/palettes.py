"""A whole palette from one or two colours of a brand, readable whatever they are.

Colours are mixed in OKLCH, where equal lightness looks equally light, and moved along lightness alone until they keep
the ratios of WCAG (text 4.5, borders 3, with room to spare). The names are the tokens of theme.css.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

WHITE = "#ffffff"
TEXT, EASY, BORDER = 4.6, 6.0, 3.2
"""Least ratios: of any text, of what is read most, of the borders of controls."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LIGHT_CARD = 0.72
"""A brand lighter than this makes a light card with dark writing: darkened it would be another colour."""

Token = tuple[str, str]


class NoColour(ValueError):
    """The text names no colour."""


@dataclass(frozen=True)
class Palette:
    """`tokens`: name -> (light, dark), of which the card's are the same in both. `told`: what had to be changed."""

    tokens: dict[str, Token]
    told: tuple[str, ...]

    def light(self, name: str) -> str:
        return self.tokens[name][0]


@dataclass(frozen=True)
class _Tone:
    """A colour taken apart: `lightness` 0 to 1, `chroma` about 0 to 0.3, `hue` in degrees."""

    lightness: float
    chroma: float
    hue: float

    def at(self, lightness: float, most: float = 1.0) -> str:
        """The same colour so light, with at most so much chroma."""
        return _hex(_colour("oklch", [lightness, min(self.chroma, most), self.hue]))


def colour(text: str) -> str:
    """`#0C5C43` as `#0c5c43`. Raises NoColour for anything but six digits after a sign."""
    if not _HEX.fullmatch(text):
        raise NoColour("is no colour: write a # and six digits, such as #0c5c43")
    return text.lower()


def ratio(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG 2 reckons it."""
    return float(_colour(one).contrast(other))


@lru_cache(maxsize=256)
def palette_of(brand: str, second: str = "") -> Palette:
    """`brand` colours links, buttons and cards, `second` what glows; without one it is found beside the brand."""
    tone = _tone(brand)
    other = _tone(second) if second else _Tone(0.78, max(tone.chroma, 0.09), (tone.hue + 300) % 360)
    day, night = _light(tone, brand), _dark(tone)
    spark = (second or other.at(0.74), other.at(max(other.lightness, 0.78)))
    tokens = {name: (day[name], night[name]) for name in day}
    tokens["spark"] = spark
    tokens["on-spark"] = (_on(spark[0]), _on(spark[1]))
    tokens |= {name: (value, value) for name, value in _card(tone, other, brand).items()}
    return Palette(tokens, tuple(_told(brand, day["brand"])))


def moved(front: str, backs: tuple[str, ...], least: float, *, down: bool) -> str:
    """`front` darkened (or lightened) until it stands out from all of `backs` by `least`, or is black or white."""
    tone, lightness = _tone(front), _tone(front).lightness
    while min(ratio(front, back) for back in backs) < least:
        lightness += -0.01 if down else 0.01
        if not 0 < lightness < 1:
            return "#000000" if down else WHITE
        front = tone.at(lightness)
    return front


def _light(tone: _Tone, brand: str) -> dict[str, str]:
    paper, well = tone.at(0.968, 0.006), tone.at(0.938, 0.012)
    soft = tone.at(0.935, 0.042)
    grounds = (paper, WHITE, well)
    said = moved(brand, grounds, EASY, down=True)
    deeper = _tone(said).at(max(_tone(said).lightness - 0.09, 0.12))
    return {
        "ink": tone.at(0.22, 0.022), "ink-2": moved(tone.at(0.44, 0.025), (*grounds, soft), 5.4, down=True),
        "paper": paper, "sheet": WHITE, "well": well, "line": tone.at(0.885, 0.016),
        "edge": moved(tone.at(0.58, 0.022), grounds, BORDER, down=True),
        "brand": said, "brand-2": deeper, "on-brand": WHITE, "soft": soft,
        "on-soft": moved(deeper, (soft,), EASY, down=True),
    }  # fmt: skip


def _dark(tone: _Tone) -> dict[str, str]:
    paper, sheet, well = tone.at(0.165, 0.012), tone.at(0.235, 0.018), tone.at(0.295, 0.022)
    soft = tone.at(0.32, 0.055)
    grounds = (paper, sheet, well)
    said = moved(tone.at(0.82, 0.12), grounds, EASY, down=False)
    return {
        "ink": tone.at(0.945, 0.01), "ink-2": moved(tone.at(0.76, 0.02), (*grounds, soft), 5.4, down=False),
        "paper": paper, "sheet": sheet, "well": well, "line": tone.at(0.335, 0.024),
        "edge": moved(tone.at(0.6, 0.02), (paper, sheet), BORDER, down=False),
        "brand": said, "brand-2": _tone(said).at(min(_tone(said).lightness + 0.07, 0.96)),
        "on-brand": moved(tone.at(0.24, 0.07), (said,), EASY, down=True), "soft": soft,
        "on-soft": moved(tone.at(0.91, 0.06), (soft,), EASY, down=False),
    }  # fmt: skip


def _card(tone: _Tone, other: _Tone, brand: str) -> dict[str, str]:
    """The card: a dark one with white writing, or of a light brand a light one with dark writing."""
    if tone.lightness > _LIGHT_CARD:
        ink = tone.at(0.2, 0.04)
        ends = [moved(face, (ink,), 9, down=False) for face in (brand, tone.at(min(tone.lightness + 0.06, 0.97)))]
        glow, line = other.at(max(other.lightness, 0.8)), tone.at(0.45, 0.12)
    else:
        ink = WHITE
        faces = (tone.at(0.3, 0.09), tone.at(min(max(tone.lightness + 0.05, 0.4), 0.5), 0.2))
        ends = [moved(face, (ink,), EASY, down=True) for face in faces]
        glow, line = other.at(min(other.lightness, 0.74)), other.at(0.9, 0.12)
    return {"pass-a": ends[0], "pass-b": ends[1], "pass-c": glow, "pass-line": line, "pass-ink": ink}


def _on(ground: str) -> str:
    """Writing on a colour: a very dark tone of it where that can be read, else white, else black: one of them can."""
    dark = _tone(ground).at(0.2, 0.05)
    return next((ink for ink in (dark, WHITE) if ratio(ink, ground) >= TEXT), "#000000")


def _told(brand: str, said: str) -> list[str]:
    if brand == said:
        return []
    by = ratio(brand, WHITE)
    return [f"{brand} cannot be read as text on a light page ({by:.1f} to 1): links and buttons wear {said}"]


def _tone(text: str) -> _Tone:
    lightness, chroma, hue = _colour(text).convert("oklch").coords(nans=False)
    return _Tone(float(lightness), float(chroma), float(hue))


def _colour(*said: Any) -> Any:
    """A colour of the library, which most processes never need."""
    from coloraide import Color

    return Color(*said)


def _hex(mixed: Any) -> str:
    """The nearest colour a screen has: less chroma, the same lightness and hue."""
    return str(mixed.convert("srgb").fit(method="oklch-chroma").to_string(hex=True, fit="clip"))
