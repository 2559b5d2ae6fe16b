"""Draws the icons of every theme (portal as an app, wallet passes) from its logo and colours, with Chromium.

Run it after a theme was added or changed, look at the pictures, and commit them: .venv/bin/python script/draw_icons.py
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from web.banners import LOOKS, Look  # noqa: E402

FOLDER = ROOT / "web/static/web/icons"
SIZES = {"icon-192": (192, 0.62), "icon-512": (512, 0.62), "maskable-512": (512, 0.44), "touch-180": (180, 0.58),
         "pass-29": (29, 0.7), "pass-58": (58, 0.7), "pass-87": (87, 0.7)}  # fmt: skip
"""Name: side in pixels, share of it that the logo takes. What is maskable keeps clear of a circle of 80 %."""

LOGOS = {"logo-50": 50, "logo-100": 100, "logo-150": 150}


def square(look: Look, side: int, share: float) -> str:
    inner = side * share
    edge = (side - inner) / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">'
        f'<rect width="{side}" height="{side}" fill="{look.card}"/>'
        f'<path fill="{look.line}" transform="translate({edge} {edge}) scale({inner / 24})" d="{look.logo}"/></svg>'
    )


def mark(look: Look, side: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 24 24">'
        f'<path fill="#fff" d="{look.logo}"/></svg>'
    )


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for look in LOOKS.values():
            drawings = {name: (square(look, *size), size[0]) for name, size in SIZES.items()}
            drawings |= {name: (mark(look, side), side) for name, side in LOGOS.items()}
            for name, (drawing, side) in drawings.items():
                page.set_viewport_size({"width": side, "height": side})
                page.set_content(f"<body style='margin:0;background:transparent'>{drawing}</body>")
                clip: Any = {"x": 0, "y": 0, "width": side, "height": side}
                page.screenshot(path=FOLDER / f"{look.theme}-{name}.png", clip=clip, omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
