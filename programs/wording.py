"""What a currency promises, in words for the people who run the program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def expiry(policy: Mapping[str, Any] | None) -> str:
    """When points die."""
    match policy:
        case None:
            return _("Never expires")
        case {"days": days}:
            return ngettext("Expires %(n)d day after earning", "Expires %(n)d days after earning", days) % {"n": days}
        case {"months": months}:
            text = ngettext("Expires %(n)d month after earning", "Expires %(n)d months after earning", months)
            return text % {"n": months}
        case {"end_of": period}:
            return _end_of(period, policy.get("plus_months", 0))
        case {"table": rows}:
            return "; ".join(_row(row) for row in rows)
    return _("Never expires")


def pending(policy: Mapping[str, Any]) -> str:
    """From when points can be spent."""
    days = policy.get("days", 0)
    if not days:
        return _("Can be spent at once")
    text = ngettext("Can be spent the next day", "Can be spent %(n)d days later", days)
    return text % {"n": days} if "%" in text else text


def _end_of(period: str, months: int) -> str:
    ends = {
        "month": _("Expires at the end of the month of earning"),
        "quarter": _("Expires at the end of the quarter of earning"),
        "year": _("Expires at the end of the year of earning"),
    }
    if not months:
        return ends[period]
    later = ngettext("and %(n)d month", "and %(n)d months", months) % {"n": months}
    return f"{ends[period]} {later}"


def _row(row: Mapping[str, Any]) -> str:
    years = row.get("years_later", 0)
    when = {0: _("the same year"), 1: _("the next year")}.get(years) or _("%(n)d years later") % {"n": years}
    return _("Earned %(first)s to %(last)s: gone on %(day)s, %(when)s") % {
        "first": _day(row["earned_from"]),
        "last": _day(row["earned_to"]),
        "day": _day(row["dies_on"]),
        "when": when,
    }


def _day(day: str) -> str:
    month, number = map(int, day.split("-"))
    return date_format(date(2024, month, number), "MONTH_DAY_FORMAT")
