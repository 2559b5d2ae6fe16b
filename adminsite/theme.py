"""The admin's look and its menu, for the theme (settings take `UNFOLD` from here). Colours are those of theme.css.

The menu is by task. A line shows when its screen is there and its reader may open it.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from adminsite import rights

_BASE = {
    "50": "#f1f5f6", "100": "#e5ecee", "200": "#d0dadd", "300": "#b3c1c4", "400": "#a7b6ae", "500": "#71807f",
    "600": "#4b5a53", "700": "#2b393f", "800": "#223036", "900": "#182328", "950": "#0c1316",
}  # fmt: skip
_PRIMARY = {
    "50": "#eef7fa", "100": "#d9ebf0", "200": "#b4e3ef", "300": "#a6dfee", "400": "#7fcbe0", "500": "#7fcbe0",
    "600": "#0d566b", "700": "#0a4253", "800": "#07303d", "900": "#062a35", "950": "#04222c",
}  # fmt: skip
_FONT = {
    "subtle-light": "var(--color-base-600)",
    "subtle-dark": "var(--color-base-400)",
    "default-light": "#14201b",
    "default-dark": "#e8efeb",
    "important-light": "#14201b",
    "important-dark": "#e8efeb",
}

# title, icon, name of the screen, the right it asks for
_MENU: list[tuple[Any, list[tuple[Any, str, str, str]]]] = [
    (
        _("Program"),
        [
            (_("Programs"), "loyalty", "programs_program", "programs.see"),
            (_("Banners"), "storefront", "programs_banner", "programs.see"),
            (_("Stores"), "location_on", "programs_store", "programs.see"),
        ],
    ),
    (
        _("Rules"),
        [
            (_("Rule studio"), "edit_note", "studio:index", "rulebooks.see"),
            (_("Rulebooks"), "checklist", "rules_engine_rulebook", "rulebooks.see"),
            (_("Stopped rules"), "block", "rules_engine_rulestop", "rulebooks.see"),
        ],
    ),
    (
        _("Data"),
        [
            (_("Imports"), "upload_file", "activity_inboundfile", "imports.see"),
            (_("Quarantine"), "report", "activity_quarantine", "quarantine.see"),
            (_("Sources"), "cable", "programs_source", "imports.see"),
        ],
    ),
    (
        _("House"),
        [
            (_("Staff"), "badge", "identity_user", "staff.see"),
            (_("Audit trail"), "history", "audit_auditevent", "audit.see"),
        ],
    ),
]


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of one reader."""
    groups = []
    for title, screens in _MENU:
        items = [
            {"title": label, "icon": icon, "link": link}
            for label, icon, name, right in screens
            if rights.may(request.user, right) and (link := _link(name))
        ]
        if items:
            groups.append({"title": title, "separator": False, "collapsible": False, "items": items})
    return groups


def _link(name: str) -> str:
    try:
        return reverse(name if ":" in name else f"admin:{name}_changelist")
    except NoReverseMatch:
        return ""


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Fidelio",
    "SITE_HEADER": "Fidelio",
    "SITE_URL": "/",
    "SITE_ICON": {
        "light": lambda request: static("adminsite/logo.svg"),
        "dark": lambda request: static("adminsite/logo-dark.svg"),
    },
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("web/art/icon.svg")},
    ],
    "BORDER_RADIUS": "9px",
    "COLORS": {"base": _BASE, "primary": _PRIMARY, "font": _FONT},
    "STYLES": [
        lambda request: static("web/theme.css"),
        lambda request: static("adminsite/admin.css"),
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("web:language")},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": menu},
}
