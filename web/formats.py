"""Numbers, money and dates as a market writes them, in the member's language.

A `Formats` is made once for a page (`web.pages`) and handed to the templates; the tags of `web.templatetags.ui` use
it. French thousands are parted by U+202F, a minus is U+2212, what belongs together is held by U+00A0.
"""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers

from values import money

NO_BREAK = "\u00a0"
MINUS = "\u2212"


def locale_of(language: str, market: str = "") -> Locale:
    """The locale of a language in a market; a pair CLDR does not know falls back to the language alone."""
    tongue = language.split("-")[0].lower() or "en"
    for name in (f"{tongue}_{market.upper()}", tongue):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")


@dataclass(frozen=True)
class Formats:
    """How one page writes values. `today_on` is the day from which a year goes without saying."""

    locale: Locale
    zone: ZoneInfo
    today_on: date
    money_code: str = ""
    french: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "french", self.locale.language == "fr")

    # Figures

    def number(self, value: int | Decimal) -> str:
        return _typeset(numbers.format_decimal(value, locale=self.locale))

    def signed(self, value: int) -> str:
        """+169 or −18: points that come in or go out."""
        return f"+{self.number(value)}" if value > 0 else self.number(value)

    def money(self, minor: int, currency: str = "", *, signed: bool = False, short: bool = False) -> str:
        """An amount in minor units of a currency, `8,60 €`; `short` drops the cents of a round amount, `5 €`."""
        code = currency or self.money_code or "EUR"
        digits = money.minor_exponent(code)
        if short and minor % 10**digits == 0:
            pattern = re.sub(r"0\.0+", "0", self.locale.currency_formats["standard"].pattern)
            text = numbers.format_currency(
                Decimal(minor).scaleb(-digits), code, pattern, locale=self.locale, currency_digits=False
            )
        else:
            text = numbers.format_currency(Decimal(minor).scaleb(-digits), code, locale=self.locale)
        return f"+{_typeset(text)}" if signed and minor > 0 else _typeset(text)

    def quantity(self, thousandths: int) -> str:
        """`2`, or `1,25`: what was bought of an article."""
        return self.number(Decimal(thousandths).scaleb(-3).normalize() + 0)

    def percent(self, part: int, whole: int) -> str:
        share = Decimal(part) / Decimal(whole) if whole else Decimal(0)
        return _typeset(numbers.format_percent(share, "#,##0 %" if self.french else None, locale=self.locale))

    # Days and hours, in the market's zone

    def local(self, moment: date | datetime) -> date | datetime:
        return moment.astimezone(self.zone) if isinstance(moment, datetime) else moment

    def day(self, moment: date | datetime) -> str:
        """`21 novembre`, with the year when it is another one."""
        local = self.local(moment)
        if local.year != self.today_on.year:
            return self.full_day(moment)
        return _held(dates.format_skeleton("MMMMd", _date_of(local), locale=self.locale))

    def coming(self, moment: date | datetime) -> str:
        """A day of the months to come, `31 janvier`: the year only where it could be mistaken."""
        day = _date_of(self.local(moment))
        if 0 <= (day - self.today_on).days < 330:
            return _held(dates.format_skeleton("MMMMd", day, locale=self.locale))
        return self.full_day(moment)

    def weekday(self, moment: date | datetime) -> str:
        """`samedi 21 novembre`."""
        name, day = dates.format_date(_date_of(self.local(moment)), "EEEE", locale=self.locale), self.day(moment)
        return f"{name}{', ' if day[0].isalpha() else ' '}{day}"

    def short_weekday(self, moment: date | datetime) -> str:
        """`sam. 21 nov.`"""
        return self._skeleton("MMMEd", "yMMMEd", moment)

    def short_day(self, moment: date | datetime) -> str:
        """`21 nov.`"""
        return self._skeleton("MMMd", "yMMMd", moment)

    def full_day(self, moment: date | datetime) -> str:
        """`12 mars 2021`, the year always."""
        return _held(dates.format_date(_date_of(self.local(moment)), "long", locale=self.locale))

    def month(self, moment: date | datetime) -> str:
        """`novembre 2026`."""
        return self._skeleton("yMMMM", "yMMMM", moment)

    def hour(self, moment: datetime) -> str:
        """`10 h 42` in French, as the market tells the time elsewhere."""
        local = moment.astimezone(self.zone)
        if self.french:
            return f"{local.hour}{NO_BREAK}h{NO_BREAK}{local.minute:02}"
        return _typeset(dates.format_time(local, "short", tzinfo=self.zone, locale=self.locale))

    def second(self, moment: datetime) -> str:
        """`10:42:50`, for what lasts a minute."""
        clock = dates.format_time(moment.astimezone(self.zone), "medium", tzinfo=self.zone, locale=self.locale)
        return _typeset(clock)

    def moment(self, moment: datetime) -> str:
        """`21 nov. 10:42`, for ledgers."""
        clock = dates.format_time(moment.astimezone(self.zone), "short", tzinfo=self.zone, locale=self.locale)
        return f"{self.short_day(moment)}{NO_BREAK}{_typeset(clock)}"

    def _skeleton(self, this_year: str, other_year: str, moment: date | datetime) -> str:
        local = self.local(moment)
        skeleton = this_year if local.year == self.today_on.year else other_year
        return _held(dates.format_skeleton(skeleton, _date_of(local), locale=self.locale))


def card_number(number: str) -> str:
    """A number in groups one can read aloud, by four; a last digit alone joins the group before."""
    if not number.isdigit() or len(number) < 8:
        return number
    groups = [number[at : at + 4] for at in range(0, len(number), 4)]
    if len(groups[-1]) == 1:
        groups[-2:] = ["".join(groups[-2:])]
    return " ".join(groups)


def _date_of(local: date | datetime) -> date:
    return local.date() if isinstance(local, datetime) else local


def _typeset(text: str) -> str:
    return text.replace("-", MINUS)


def _held(text: str) -> str:
    """A day stays with its month: the space beside its figure does not break."""
    return re.sub(r"(?<=\d) | (?=\d{1,2}\b)", NO_BREAK, text)
