"""Whatever colour a brand gives, its pages can be read: the ratios of WCAG AA, in light and in dark."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programs import palettes
from tests.web.test_contrast import TEXT, ratio, tokens

FEEDBACK = {name: pair for name, pair in tokens("fidelio").items() if name.split("-")[0] in ("gain", "warn", "bad")}
colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
HARD = ["#ffffff", "#000000", "#ffff00", "#ff0000", "#00ff00", "#0000ff", "#808080", "#ffcc00", "#0c5c43"]


def weak(brand: str, second: str) -> list[str]:
    found = FEEDBACK | palettes.palette_of(brand, second).tokens
    pairs = [*((front, back, 4.5) for front, back in (*TEXT, ("on-spark", "spark"))),
             ("edge", "paper", 3), ("edge", "sheet", 3)]  # fmt: skip
    return [
        f"{brand} {second} {front} on {back}, {('light', 'dark')[mode]}"
        for front, back, least in pairs
        for mode in (0, 1)
        if ratio(found[front][mode], found[back][mode]) < least
    ]


@settings(max_examples=60, deadline=None)
@given(brand=colours, second=st.one_of(st.just(""), colours))
def test_any_brand_is_readable(brand: str, second: str) -> None:
    assert weak(brand, second) == []


@pytest.mark.parametrize("brand", HARD)
def test_hard_ones_are_readable_too(brand: str) -> None:
    assert weak(brand, "") + weak(brand, HARD[3]) == []


def test_a_brand_that_is_readable_stays_and_another_is_told() -> None:
    kept, moved = palettes.palette_of("#0c5c43", "#f2c230"), palettes.palette_of("#ffcc00")
    assert kept.light("brand") == "#0c5c43" and kept.told == ()
    assert moved.light("brand") != "#ffcc00" and moved.tokens["pass-a"][0] == "#ffcc00"
    assert moved.told == (
        f"#ffcc00 cannot be read as text on a light page (1.5 to 1): links and buttons wear {moved.light('brand')}",
    )
    assert ratio(moved.light("pass-ink"), "#ffcc00") > 9  # a light card is written on in a dark tone


@pytest.mark.parametrize("said", ["0c5c43", "#0c5c4", "#0c5c43ff", "green", "#0c5c4g", "url(x)", "#0c5c43;}"])
def test_what_is_no_colour_is_refused(said: str) -> None:
    with pytest.raises(palettes.NoColour):
        palettes.colour(said)
