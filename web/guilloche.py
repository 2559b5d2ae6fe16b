"""Engraving for a loyalty card: one small curve, repeated by <use>, different for every card.

`seed` comes from a keyed hash of the card number (`web.codes.seed_of`), never from the number itself: the drawing
is public. Each function returns the inner markup of an <svg viewBox="0 0 1400 880">: 3 to 5 kB, no script, no style
attribute.
"""

from functools import lru_cache
from itertools import pairwise
from math import cos, pi, sin

Copy = tuple[int, int, float, float]


@lru_cache(maxsize=512)
def engraving(family: str, seed: int) -> str:
    """The drawing of one card; `family` is one of "rosette", "basket", "lattice"."""
    return FAMILIES[family](seed)


def rosette(seed: int, *, x: int = 1060, y: int = 330, radius: int = 520, lines: int = 22) -> str:
    """A dahlia: the curve turns a little each time it shrinks."""
    petals, depth = 9 + seed % 6, 0.13 + (seed >> 3) % 5 * 0.015
    turn, start = 360 / petals / lines * (1 + (seed >> 6) % 2), (seed >> 7) * 360 / petals / 32
    copies = [(x, y, start + line * turn, 1 - 0.86 * line / lines) for line in range(lines)]
    return _drawing(f"r{seed:x}", _waved_circle(radius * (1 - depth), petals, depth / (1 - depth)), copies)


def basket(seed: int, *, x: int = 1080, y: int = 300, radius: int = 820, strands: int = 7) -> str:
    """A woven basket seen from above: seven braids that touch."""
    waves, depth = 11 + seed % 7, 0.085 + (seed >> 3) % 4 * 0.012
    shrink, start = 1 - 1.62 * depth, (seed >> 7) * 360 / waves / 32
    copies = [
        (x, y, start + (strand / strands + braid / 2) * 360 / waves, shrink**braid)
        for braid in range(7)
        for strand in range(strands)
    ]
    return _drawing(f"b{seed:x}", _waved_circle(radius, waves, depth), copies)


def lattice(seed: int) -> str:
    """A small rosette in rings, for a program without a banner."""
    rings = "".join(
        f'<circle cx="1120" cy="250" r="{radius}" vector-effect="non-scaling-stroke"/>'
        for radius in range(392, 900, 22)
    )
    return rosette(seed, x=1120, y=250, radius=380, lines=14) + rings


def _drawing(name: str, path: str, copies: list[Copy]) -> str:
    uses = "".join(
        f'<use href="#{name}" transform="translate({x} {y})rotate({turn:.2f})scale({scale:.3f})"/>'
        for x, y, turn, scale in copies
    )
    return f'<defs><path id="{name}" vector-effect="non-scaling-stroke" d="{path}"/></defs>{uses}'


def _waved_circle(radius: float, waves: int, depth: float) -> str:
    steps = [2 * pi * step / (waves * 8) for step in range(waves * 8)]
    rays = [(radius * (1 + depth * cos(waves * turn)), turn) for turn in steps]
    return _closed_path([(ray * cos(turn), ray * sin(turn)) for ray, turn in rays])


def _closed_path(points: list[tuple[float, float]]) -> str:
    """Quadratic curve through the middle of each segment, in whole units, relative."""
    ring = points + points[:2]
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(ring)]
    x, y = (round(value) for value in middles[0])
    path = [f"M{x} {y}q"]
    for corner, middle in zip(ring[1:], middles[1:], strict=False):
        end_x, end_y = round(middle[0]), round(middle[1])
        path.append(f"{round(corner[0]) - x} {round(corner[1]) - y} {end_x - x} {end_y - y}")
        x, y = end_x, end_y
    return " ".join(path).replace("q ", "q").replace(" -", "-") + "z"


FAMILIES = {"rosette": rosette, "basket": basket, "lattice": lattice}
