"""Numbers, money and days in words of a language. Exact and small; a door may bring a finer one of the same shape."""

from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from rules_engine.core.catalogue import WEEKDAYS
from values.money import minor_exponent

NBSP = "\u00a0"
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_UNITS = {
    "EUR": {"en": "euro", "fr": "euro"},
    "USD": {"en": "dollar", "fr": "dollar"},
    "GBP": {"en": "pound", "fr": "livre"},
}
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
}  # fmt: skip
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}


class Formats(Protocol):
    """What sentences need of a locale. Amounts are in major units."""

    language: str

    def number(self, value: Decimal | int) -> str: ...
    def money(self, value: Decimal, currency: str | None) -> str: ...
    def day(self, value: date) -> str: ...


class PlainFormats:
    """English and French, without a library: 1,240 and €5.50, or 1 240 and 5,50 € with spaces that do not break."""

    def __init__(self, language: str):
        self.language = "fr" if language == "fr" else "en"

    def number(self, value: Decimal | int) -> str:
        written = format(Decimal(value).normalize(), ",f")
        return written.translate({44: "\u202f", 46: ","}) if self.language == "fr" else written

    def money(self, value: Decimal, currency: str | None) -> str:
        exponent = minor_exponent(currency)
        decimals = 0 if value == value.to_integral_value() else max(exponent, -int(value.as_tuple().exponent))
        written = format(value, f",.{decimals}f")
        sign = _SIGNS.get(currency or "", currency or "")
        if self.language == "fr":
            return written.translate({44: "\u202f", 46: ","}) + (NBSP + sign if sign else "")
        return f"{sign}{written}" if len(sign) < 2 else f"{sign}{NBSP}{written}"

    def day(self, value: date) -> str:
        month = _MONTHS[self.language][value.month - 1]
        if self.language == "fr":
            return f"{'1er' if value.day == 1 else value.day}{NBSP}{month}"
        return f"{value.day}{NBSP}{month}"


def unit_of_money(currency: str | None, language: str) -> str:
    """ "euro" for EUR, else the three letters."""
    return _UNITS.get(currency or "", {}).get(language) or currency or ""


def on_days(codes: tuple[str, ...], language: str) -> str:
    """ "on Saturday and Sunday", "le samedi et le dimanche"."""
    article = "le " if language == "fr" else ""
    names = [article + _DAYS[language][WEEKDAYS.index(code)] for code in WEEKDAYS if code in codes]
    return listed(names, language) if language == "fr" else f"on {listed(names, language)}"


def weekday(code: str, language: str) -> str:
    return dict(zip(WEEKDAYS, _DAYS[language], strict=True)).get(code, code)  # type: ignore[call-overload]


def clock(time: str, language: str) -> str:
    """ "9:30" or "9 h 30" of "09:30"."""
    hour, minute = int(time[:2]), time[3:]
    if language == "fr":
        return f"{hour}{NBSP}h" + (f"{NBSP}{minute}" if minute != "00" else "")
    return f"{hour}:{minute}"


def listed(parts: list[str], language: str) -> str:
    """ "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {'et' if language == 'fr' else 'and'} {parts[-1]}"


def one_or_many(value: Any, one: str, many: str, language: str) -> str:
    """French counts 0 and 1.5 as one, English only 1."""
    single = abs(value) < 2 if language == "fr" else abs(value) == 1
    return one if single else many
