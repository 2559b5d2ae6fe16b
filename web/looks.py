"""The files of a look in its own colours: its style sheet, the artwork of its stubs, its logo, its icons.

Everything is made from two colours and a drawing, and named by a digest of them (`Look.digest`), so that browsers keep
each file for good. Nothing that somebody sent is served: the logo was drawn anew when it was imported.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache

from PIL import Image

from programs.models import ThemeLogo
from web import guilloche
from web.banners import Look

ICONS = {
    "icon-192.png": (192, 0.62), "icon-512.png": (512, 0.62), "maskable-512.png": (512, 0.44),
    "touch-180.png": (180, 0.58), "pass-29.png": (29, 0.7), "pass-58.png": (58, 0.7), "pass-87.png": (87, 0.7),
}  # fmt: skip
"""Name: side in pixels, share of it that the logo takes. What is maskable keeps clear of a circle of 80 %."""
MARKS = {"logo-50.png": 50, "logo-100.png": 100, "logo-150.png": 150}
"""The logo alone in the card's ink, so many pixels high."""
_SEED = 935

_STYLE, _ART, _LOGO = "look.css", "art.svg", "logo.png"


@lru_cache(maxsize=256)
def file_of(look: Look, name: str) -> tuple[str, bytes] | None:
    """(media type, content) of a file of this look; None where there is none of that name."""
    made: dict[str, tuple[str, Callable[[Look], bytes]]] = {
        _STYLE: ("text/css; charset=utf-8", style), _ART: ("image/svg+xml", art), _LOGO: ("image/png", logo),
    }  # fmt: skip
    if look.own is None:
        return None
    if name in made:
        kind, make = made[name]
        return kind, make(look)
    if name in ICONS:
        return "image/png", _png(icon(look, *ICONS[name]))
    return ("image/png", _png(mark(look, MARKS[name]))) if name in MARKS else None


def style(look: Look) -> bytes:
    """The tokens of theme.css for `data-banner`, light ones first for phones that know no `light-dark()`."""
    assert look.own is not None
    tokens = look.own.palette.tokens
    light = "".join(f"--{name}: {value};" for name, (value, _) in tokens.items())
    both = "".join(f"--{name}: light-dark({day}, {night});" for name, (day, night) in tokens.items() if day != night)
    named = f'[data-banner="{look.theme}"]'
    # said here and not by a token: an address in a token would be sought beside the sheet that uses it
    drawn = f'{named} .logo-drawn {{ aspect-ratio: {look.own.ratio:.4g}; mask-image: url("{_LOGO}"); }}'
    stub = (
        f'{named} .ticket-stub {{ background: linear-gradient(rgb(0 0 0 / .18) 0 0), url("{_ART}") 80% 40% / 22rem,'
        " linear-gradient(115deg, var(--pass-a), var(--pass-b)); }"
    )
    modes = f"@supports (color: light-dark(#000, #fff)) {{ {named} {{ {both} }} }}"
    return "\n".join([f"{named} {{ {light} }}", modes, drawn, stub, ""]).encode()


def art(look: Look) -> bytes:
    """The engraving that lies under vouchers."""
    drawing = guilloche.engraving(look.engraving, _SEED)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1400 880" fill="none"'
        f' stroke="{look.line}" stroke-width="2.4" stroke-opacity=".5">{drawing}</svg>'
    ).encode()


def logo(look: Look) -> bytes:
    """The drawing as it is kept: white, to be printed through as a mask."""
    return _png(_ink(look))


def icon(look: Look, side: int, share: float) -> Image.Image:
    """The logo on the colour of the card."""
    made = Image.new("RGB", (side, side), look.card)
    ink = _fitted(_ink(look).getchannel("A"), round(side * share), round(side * share))
    made.paste(Image.new("RGB", ink.size, look.line), ((side - ink.width) // 2, (side - ink.height) // 2), ink)
    return made


def mark(look: Look, height: int) -> Image.Image:
    """The logo alone, in the ink of the card."""
    ink = _fitted(_ink(look).getchannel("A"), height * 3, height)
    made = Image.new("RGBA", ink.size, look.ink)
    made.putalpha(ink)
    return made


def _ink(look: Look) -> Image.Image:
    """The look's logo, white with its drawing as alpha; the house's where it has none."""
    kept = ThemeLogo.objects.filter(pk=look.own.logo).values_list("png", flat=True).first() if look.own else None
    return Image.open(io.BytesIO(bytes(kept) if kept else _house(look.logo)))


@lru_cache(maxsize=4)
def _house(path: str) -> bytes:
    from programs import logos

    return logos.drawn(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{path}"/></svg>'.encode()
    ).png


def _fitted(ink: Image.Image, width: int, height: int) -> Image.Image:
    scale = min(width / ink.width, height / ink.height)
    size = (max(round(ink.width * scale), 1), max(round(ink.height * scale), 1))
    return ink.resize(size, Image.Resampling.LANCZOS)


def _png(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "PNG", optimize=True)
    return target.getvalue()
