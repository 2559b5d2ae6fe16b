"""What every page knows without being told: its look, its formats, the choices of its reader."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.translation import get_language

from web import banners, formats

THEME_COOKIE = "theme"
THEMES = ("light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor; a view's own `formats` and `look` win over these."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    program = getattr(request, "program", None)
    return {
        "program": program,
        "look": banners.of_program(program),
        "theme": theme if theme in THEMES else "",
        "formats": formats_of(datetime.now(UTC)),
    }


def formats_of(now: datetime, *, market: str = "", zone: str = "UTC", currency: str = "") -> formats.Formats:
    """The formats of the language being spoken, in a market (its country code) and zone."""
    place = ZoneInfo(zone)
    locale = formats.locale_of(get_language() or "en", market)
    return formats.Formats(locale, place, now.astimezone(place).date(), currency)
