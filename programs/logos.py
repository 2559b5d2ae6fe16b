"""Logos as we keep them: one ink on nothing, drawn anew from SVG or PNG, so that nobody's file is ever served.

What is kept is a PNG whose alpha is the drawing; pages, icons and passes print it in whatever colour they need. A logo
is named by a digest of its drawing, so the same drawing is the same logo whatever file it came from.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from PIL import Image

LARGEST_FILE = 500_000
LONGEST_SIDE = 512
MOST_PIXELS = 20_000_000
WIDEST = 5
"""A wordmark may be so many times as wide as high; what is taller than wide stays below its square."""

_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = {"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "title", "desc", "metadata"}
_FOREIGN = re.compile(rb"<!DOCTYPE|<!ENTITY|<\?xml-stylesheet", re.IGNORECASE)
_MOST_SHAPES = 2_000


class NoLogo(ValueError):
    """The file is no logo we can print; the message says why and what to do."""


@dataclass(frozen=True)
class Logo:
    """`png` is white with the drawing as its alpha, at most LONGEST_SIDE wide or high."""

    digest: str
    width: int
    height: int
    png: bytes


def drawn(content: bytes) -> Logo:
    """The logo in a file, which is SVG or PNG by what it holds. Raises NoLogo."""
    if len(content) > LARGEST_FILE:
        raise NoLogo(f"is larger than {LARGEST_FILE // 1000} kB")
    picture = _png(content) if content.startswith(b"\x89PNG") else _svg(content)
    ink = picture.getchannel("A")
    box = ink.point(lambda value: 255 if value > 8 else 0).getbbox()
    if box is None:
        raise NoLogo("shows nothing: everything in it is transparent")
    if sum(ink.histogram()[128:]) > 0.97 * ink.width * ink.height:
        raise NoLogo("has no transparent ground: leave out the background, the logo is printed in one ink")
    ink = ink.crop(box)
    if ink.width > WIDEST * ink.height or ink.height > 2 * ink.width:
        raise NoLogo(
            f"is {ink.width} by {ink.height}: at most {WIDEST} times as wide as high, or twice as high as wide"
        )
    ink.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return _kept(ink)


def _kept(ink: Image.Image) -> Logo:
    made = Image.new("LA", ink.size, 255)
    made.putalpha(ink)
    target = io.BytesIO()
    made.save(target, "PNG", optimize=True)
    named = hashlib.sha256(b"%d %d " % ink.size + ink.tobytes()).hexdigest()[:24]
    return Logo(named, ink.width, ink.height, target.getvalue())


def _png(content: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NoLogo("has too many pixels")
            return picture.convert("RGBA")
    except NoLogo:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise NoLogo("cannot be read as PNG") from None


def _svg(content: bytes) -> Image.Image:
    """The drawing of an SVG that holds shapes and nothing else."""
    import pyvips  # where a logo is imported, not in every worker

    root = _shapes_alone(content)
    try:
        sized = pyvips.Image.svgload_buffer(ElementTree.tostring(root))
        scale = 2 * LONGEST_SIDE / max(sized.width, sized.height, 1)
        if max(sized.width, sized.height) > 20_000 or min(sized.width, sized.height) < 1:
            raise NoLogo("has no size a screen could show: give it a viewBox")
        picture = pyvips.Image.svgload_buffer(ElementTree.tostring(root), scale=scale)
        return Image.open(io.BytesIO(picture.write_to_buffer(".png"))).convert("RGBA")
    except pyvips.Error:
        raise NoLogo("cannot be drawn") from None


def _shapes_alone(content: bytes) -> ElementTree.Element:
    """The SVG's tree when it holds nothing that runs, loads or repeats. Raises NoLogo."""
    if _FOREIGN.search(content):
        raise NoLogo("has a DOCTYPE or a style sheet: save it as plain SVG")
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise NoLogo("is neither SVG nor PNG") from None
    if root.tag != f"{_SVG}svg":
        raise NoLogo("is neither SVG nor PNG")
    for count, element in enumerate(root.iter()):
        name = str(element.tag).removeprefix(_SVG)
        if count > _MOST_SHAPES:
            raise NoLogo(f"has more than {_MOST_SHAPES} shapes")
        if name not in _SHAPES and str(element.tag).startswith(_SVG):
            raise NoLogo(
                f"holds <{name}>: a logo is made of paths and shapes alone, with no text, picture, style or script"
            )
        for key, value in element.attrib.items():
            if key.lower().startswith("on") or key.endswith("href") or "url(" in value.lower():
                raise NoLogo(f"holds the attribute {key.rpartition('}')[2]}, which runs or loads something")
    for parent in list(root.iter()):
        for child in [one for one in parent if not str(one.tag).startswith(_SVG) or one.tag == f"{_SVG}metadata"]:
            parent.remove(child)  # what a drawing program keeps for itself
    return root
