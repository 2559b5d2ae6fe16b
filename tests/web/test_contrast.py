"""Every theme is readable: the pairs of tokens that carry text keep the ratios of WCAG AA, in light and in dark."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "web/static/web/theme.css").read_text(encoding="utf-8")
THEMES = ("fidelio", "maison", "halles")
TEXT = [
    ("ink", "paper"), ("ink", "sheet"), ("ink", "well"), ("ink", "soft"), ("ink-2", "paper"), ("ink-2", "sheet"),
    ("ink-2", "well"), ("brand", "paper"), ("brand", "sheet"), ("on-brand", "brand"), ("on-soft", "soft"),
    ("gain", "sheet"), ("gain", "paper"), ("warn", "warn-soft"), ("warn", "sheet"), ("bad", "sheet"),
    ("bad", "bad-soft"), ("pass-ink", "pass-a"), ("pass-ink", "pass-b"),
]  # fmt: skip


def tokens(theme: str) -> dict[str, tuple[str, str]]:
    """name -> (light, dark) of a theme, over those of Fidelio."""
    found: dict[str, tuple[str, str]] = {}
    for name in dict.fromkeys(("fidelio", theme)):
        block = re.search(rf'\[data-banner="{name}"\] \{{(.*?)\n\}}', CSS, re.S)
        assert block, name
        for token, value in re.findall(r"--([a-z0-9-]+): ([^;]+);", block.group(1)):
            both = re.fullmatch(r"light-dark\((#\w+), (#\w+)\)", value)
            if both:
                found[token] = (both.group(1), both.group(2))
            elif value.startswith("#"):
                found[token] = (value, value)
    return found


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_text_is_readable(theme: str, mode: int) -> None:
    colours = tokens(theme)
    weak = [
        f"{front} on {back}: {ratio(colours[front][mode], colours[back][mode]):.2f}"
        for front, back in TEXT
        if ratio(colours[front][mode], colours[back][mode]) < 4.5
    ]
    assert weak == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_borders_of_controls_can_be_seen(theme: str, mode: int) -> None:
    colours = tokens(theme)
    assert all(ratio(colours["edge"][mode], colours[back][mode]) >= 3 for back in ("paper", "sheet"))


def test_the_ratio_is_that_of_the_guideline() -> None:
    assert round(ratio("#000", "#fff")) == 21
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
