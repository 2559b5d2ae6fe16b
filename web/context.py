"""What every page knows without being told: its look, its formats, the choices of its reader."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.translation import get_language

from values import texts
from web import banners, formats

THEME_COOKIE = "theme"
THEMES = ("light", "dark")
BANNER_KEY = "banner"
"""Session key: [program, banner] of the member who was seen here last, where her banner has a look of its own."""


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor; a view's own `formats` and `look` win over these."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    program = getattr(request, "program", None)
    return {
        "program": program,
        "look": _look_of(request, program),
        "brand": texts.in_language(program.names, get_language() or "en", program.code) if program else "",
        "theme": theme if theme in THEMES else "",
        "formats": formats_of(datetime.now(UTC)),
    }


def remember_banner(request: HttpRequest, program: Any, banner_id: int | None) -> None:
    """Let pages that ask for no membership (sign-in, passkeys) wear what this member's own pages wear."""
    dressed = banners.of_member(program, banner_id) != banners.of_program(program)
    wanted = [program.pk, banner_id] if dressed else None
    if request.session.get(BANNER_KEY) != wanted:
        request.session[BANNER_KEY] = wanted


def _look_of(request: HttpRequest, program: Any) -> banners.Look:
    """Her banner's in the program she was seen in last, else the program's; the desk asks for its own."""
    session = getattr(request, "session", None)
    seen = session.get(BANNER_KEY) if session is not None and program is not None else None
    return banners.of_member(program, seen[1]) if seen and seen[0] == program.pk else banners.of_program(program)


def formats_of(now: datetime, *, market: str = "", zone: str = "UTC", currency: str = "") -> formats.Formats:
    """The formats of the language being spoken, in a market (its country code) and zone."""
    place = ZoneInfo(zone)
    locale = formats.locale_of(get_language() or "en", market)
    return formats.Formats(locale, place, now.astimezone(place).date(), currency)
