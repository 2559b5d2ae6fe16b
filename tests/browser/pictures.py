"""Pictures of every page, kept in docs/screens: what a newcomer leafs through, and what shows how a change looks.

`script/screens` takes them; without it the sweep of tests/browser/test_pages.py only asks that none is missing.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
TAKING = bool(os.environ.get("SCREENS"))
COLOURS = 160  # of a palette: a third of the size, and nobody sees it
TALLEST = 2400
ABOUT = "What the browser tests open, in French: members at 390 px, the desk at 1280. Taken by `script/screens`."


def name_of(who: str, path: str) -> str:
    """`/desk/members/k3j9.../?why=12` of staff is staff-desk-members-one-why; what names one thing is "one"."""
    place, _, asked = path.partition("?")
    said = [part for part in place.split("/") if part]
    # a member's public id is named by chance: one in a hundred has no digit
    parts = [
        "one" if re.search(r"\d", part) or before == "members" else part
        for before, part in zip(["", *said], said, strict=False)
    ]
    for pair in filter(None, asked.split("&")):
        what, _, value = pair.partition("=")
        parts.append(what if re.search(r"\d", value) else f"{what}-{re.sub(r'[^a-z]+', '', value)}")
    return "-".join([who, *parts])


def keep(page: Any, who: str, path: str) -> str:
    """Take the picture when asked to; the name of a picture that is missing otherwise, or nothing."""
    found = FOLDER / f"{name_of(who, path)}.png"
    if TAKING:
        found.write_bytes(_small(_photo(page)))
    return "" if found.exists() else found.name


def _photo(page: Any) -> bytes:
    """The whole page as on a screen tall enough for it, so that what sticks to the bottom is at the bottom."""
    size = page.viewport_size
    tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    page.set_viewport_size({"width": size["width"], "height": max(tall, size["height"])})
    photo: bytes = page.screenshot()
    return photo


def _small(photo: bytes) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.open(io.BytesIO(photo)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        made, "PNG", optimize=True
    )
    return made.getvalue()


def write_page() -> None:
    """docs/screens.md: every picture under who sees it."""
    told = {"visitor": "Before signing in", "member": "The member", "staff": "The store and the call centre"}
    lines = ["# Every page in a picture", "", ABOUT, ""]
    for who, title in told.items():
        width = 560 if who == "staff" else 240
        lines += [f"## {title}", ""]
        for found in sorted(FOLDER.glob(f"{who}*.png")):
            name = found.stem.removeprefix(who).strip("-").replace("-", " ") or "start"
            lines += [f'<img src="screens/{found.name}" width="{width}" alt="{name}">']
        lines += [""]
    FOLDER.with_suffix(".md").write_text("\n".join(lines))


if __name__ == "__main__":
    write_page()
