"""The short lists of the builder's form: effects, periods, languages, and the rows of limits and hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from babel import dates
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rules_engine import draft_contents, sketches
from rules_engine.core import catalogue, formats
from rules_engine.models import RulebookDraft
from rules_engine.sketches import Sketch
from studio.doors import Studio
from studio.offering import Choice, Values


def of_form(sketch: Sketch, draft: RulebookDraft, studio: Studio) -> dict[str, Any]:
    """Everything around the condition."""
    has_lines = sketch.get("trigger") == "purchase"
    return {
        "effects": _effects(has_lines=has_lines, kind=_kind(sketch, draft), raw=sketch.get("effect") == "raw"),
        "triggers": [
            Choice("purchase", _("a purchase")), Choice("visit", _("a visit")), Choice("event", _("an event")),
        ],
        "currencies": _currencies(draft),
        "limits": list(enumerate(sketch.get("limits") or [])),
        "limit_of": [Choice("points", _("points")), Choice("times", _("times"))],
        "limit_per": [
            Choice("activity", _("receipt")), Choice("day", _("day")), Choice("week", _("week")),
            Choice("month", _("month")), Choice("year", _("year")), Choice("campaign", _("time it is valid")),
        ],
        "limit_for": [
            Choice("member", _("each member")), Choice("household", _("each household")),
            Choice("banner", _("each banner")), Choice("program", _("everyone together")),
        ],
        "budget": sketch.get("budget") or sketches.budget_of(
            (sketch.get("rest") or {}).get("budget") or {}, draft_contents.scale_of(draft)(sketch.get("currency") or "")
        ),
        "overflows": [Choice("reduce", _("give what is left")), Choice("reject", _("give nothing"))],
        "weekly": list(enumerate((sketch.get("valid") or {}).get("weekly") or [])),
        "weekdays": [
            Choice(code, capfirst(formats.weekday(code, studio.language))[:3]) for code in catalogue.WEEKDAYS
        ],
        "names": [
            (code, label, (sketch.get("name") or {}).get(code, "")) for code, label in _languages(studio, sketch)
        ],
        "scopes": [
            Choice("", _("what the conditions say")), Choice("line", _("line by line")),
            Choice("receipt", _("the receipt as a whole")),
        ],
        "roundings": [
            Choice("", _("as the currency says")), Choice("down", _("down")), Choice("nearest", _("to the nearest")),
            Choice("up", _("up")),
        ],
    }  # fmt: skip


def events(values: Values, sketch: Sketch) -> list[Choice]:
    """The events of the program's playbook, and the one the rule names if it is none of them."""
    codes = dict.fromkeys([*values.events, *([str(sketch["event"])] if sketch.get("event") else [])])
    return [Choice(code, code) for code in codes] if values.events else []


def _effects(*, has_lines: bool, kind: str, raw: bool) -> list[Choice]:
    every = [
        Choice("multiply", _("Multiply base points by")),
        Choice("per_amount", _("Points for every amount spent")),
        Choice("per_unit", _("Points per article")),
        Choice("fixed", _("A fixed number of points")),
        Choice("percent", _("A share of the amount, in the cash pot")),
        Choice("exclude", _("No points at all")),
    ]
    kept = [one for one in every if has_lines or one.value in ("fixed", "multiply")]
    return [*kept, Choice("raw", _("As written in the playbook"))] if raw else kept


def _kind(sketch: Sketch, draft: RulebookDraft) -> str:
    currencies = draft.frame.get("currencies") or [{}]
    found = next((one for one in currencies if one.get("code") == sketch.get("currency")), currencies[0])
    return str(found.get("kind") or "redeemable")


def _currencies(draft: RulebookDraft) -> list[Choice]:
    from programs import queries as programs
    from studio.doors import language
    from values import texts

    named = {one.code: texts.in_language(one.names, language()) for one in programs.currencies_of(draft.program_id)}
    codes = [str(one.get("code")) for one in draft.frame.get("currencies") or []]
    return [Choice(code, named.get(code) or code) for code in codes]


def _languages(studio: Studio, sketch: Sketch) -> Iterable[tuple[str, str]]:
    """The languages of the markets first, then those of the house and those a name has already."""
    labels = {code: str(label) for code, label in settings.LANGUAGES}
    spoken = [code.partition("-")[0] for market in studio.markets for code in market.languages]
    codes = dict.fromkeys([*spoken, *labels, *(sketch.get("name") or {})])
    return [(code, labels.get(code, code.upper())) for code in codes]


def sign(money: str, studio: Studio) -> str:
    """€ of EUR, as the market writes it."""
    from babel.numbers import get_currency_symbol

    return str(get_currency_symbol(money, locale=studio.formats().locale))


def periods(first: date, last: date) -> list[tuple[str, date, date]]:
    """(words, first day, last day): whole months that saw activity, the latest first, and longer stretches."""
    locale = _locale()
    months: list[tuple[str, date, date]] = []
    begins = last.replace(day=1)
    # the month that is running is tried when it is all there is
    if (last - begins).days < 27 and begins > first:
        begins = (begins - timedelta(days=1)).replace(day=1)
    while begins >= first.replace(day=1) and len(months) < 12:
        ends = (begins + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        months.append((capfirst(dates.format_skeleton("yMMMM", begins, locale=locale)), begins, ends))
        begins = (begins - timedelta(days=1)).replace(day=1)
    end = months[0][2] if months else last
    longer = [
        (_("Three months"), (end.replace(day=1) - timedelta(days=45)).replace(day=1), end),
        (_("Twelve months"), (end.replace(day=1) - timedelta(days=320)).replace(day=1), end),
        (_("Everything there is"), first, last),
    ]
    return [*months[:1], *longer, *months[1:]]


def _locale() -> str:
    return "fr" if (get_language() or "en").startswith("fr") else "en"
