"""The portal as an app on a phone: what its manifest says, and which files the service worker keeps."""

from __future__ import annotations

import hashlib
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal import queries
from web import banners, icons

STYLES = ("web/bootstrap.min.css", "web/theme.css", "web/pages.css")
KEPT = (
    *STYLES,
    "web/app.js",
    "web/icons.svg",
    "web/fonts/bricolage-latin.woff2",
    "web/fonts/bricolage-latin-ext.woff2",
)


def manifest_of(program: Any) -> dict[str, Any]:
    """The web manifest of a program: its name, its colours, its icons; opens on the home page."""
    look, brand = banners.of_program(program), queries.brand_of(program)
    home = reverse("portal:home")
    return {
        "id": home, "name": brand, "short_name": brand[:12].strip(), "lang": get_language() or "en",
        "start_url": home, "scope": home, "display": "standalone", "orientation": "portrait",
        "background_color": look.paper, "theme_color": look.card,
        "icons": [
            _icon(look, "icon-192", 192, "any"), _icon(look, "icon-512", 512, "any"),
            _icon(look, "maskable-512", 512, "maskable"),
        ],
        "shortcuts": [{"name": _("My card"), "url": reverse("portal:card")}],
    }  # fmt: skip


def kept_by_worker(program: Any) -> dict[str, Any]:
    """What the service worker is told: the name of its store, the card's page without network, the files it needs.

    The store's name changes with any of the files, so that old ones are thrown away.
    """
    look = banners.of_program(program)
    art = [static(f"web/art/{look.theme}.svg")] if look.own is None else []
    files = [*(static(name) for name in KEPT), *art, *_files_of_looks(program)]
    version = hashlib.sha256("\n".join(files).encode()).hexdigest()[:12]
    return {
        "prefix": f"card-{program.code}-", "version": version, "files": files, "card": reverse("portal:card_offline"),
    }  # fmt: skip


def _files_of_looks(program: Any) -> list[str]:
    """The style sheets and logos a card of the program may need: whose member it will be is not known here."""
    found = {banners.of_program(program), *(banners.of_member(program, banner.pk) for banner in program.banners.all())}
    return sorted(icons.file(look, name) for look in found if look.own for name in ("look.css", "logo.png"))


def _icon(look: banners.Look, name: str, side: int, purpose: str) -> dict[str, str]:
    return {"src": icons.address(look, name), "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
