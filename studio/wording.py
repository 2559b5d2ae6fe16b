"""What the rule format refuses, in the language and the words of the person who types. The core says it in English."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils.text import capfirst
from django.utils.translation import gettext as _

Words = Callable[[re.Match[str]], str]


def refusal(message: str) -> str:
    """The sentence for a message of `rules_engine.core`; one that is not known here is told as it is, in brackets."""
    for pattern, words in _KNOWN:
        if found := re.fullmatch(pattern, message):
            return words(found)
    return _("This cannot be read as part of a rule (%(why)s).") % {"why": capfirst(message.rstrip("."))}


def is_known(message: str) -> bool:
    return any(re.fullmatch(pattern, message) for pattern, _words in _KNOWN)


def _a(pattern: str, words: Words) -> tuple[str, Words]:
    return pattern, words


_KNOWN: list[tuple[str, Words]] = [
    _a(r"must be a plain number below 10\^15, such as 12 or 1\.50",
       lambda _m: _("This is not a number. Type one such as 12 or 1.50.")),
    _a(r"a number must be written exactly, as a decimal", lambda _m: _("Write the number out, such as 1.50.")),
    _a(r"has more than six decimals", lambda _m: _("A number has six decimals at most.")),
    _a(r"must be more than zero", lambda _m: _("The number must be more than zero.")),
    _a(r"must be between 0 and 1000", lambda _m: _("A factor lies between 0 and 1000.")),
    _a(r"must be a whole number", lambda _m: _("This must be a whole number.")),
    _a(r"must be a time such as 09:00", lambda _m: _("Type an hour such as 09:00.")),
    _a(r"must be a day such as 2026-01-31", lambda _m: _("Choose a day.")),
    _a(r"must be text", lambda _m: _("Type words here.")),
    _a(r"is longer than (\d+) characters", lambda m: _("At most %(n)s characters fit here.") % {"n": m[1]}),
    _a(r"must be true or false", lambda _m: _("Choose yes or no.")),
    _a(r"only numbers and dates have an order",
       lambda _m: _("Only numbers and days are above or below another: choose another comparison.")),
    _a(r"only text can be searched",
       lambda _m: _("Only words begin with or contain others: choose another comparison.")),
    _a(r"must be a list with at least one value", lambda _m: _("Choose at least one value.")),
    _a(r"has more than (\d+) values", lambda m: _("At most %(n)s values fit here.") % {"n": m[1]}),
    _a(r"needs two values, both ends included", lambda _m: _("Type both ends: they count too.")),
    _a(r"must be one of (.+)", lambda m: _("Choose one of: %(values)s.") % {"values": m[1]}),
    _a(r"a comparison needs exactly one of .+", lambda _m: _("Choose how to compare.")),
    _a(r"no fact is called (.+)", lambda m: _("Nothing that can be asked is called %(name)s.") % {"name": m[1]}),
    _a(r"`lines` needs exactly one of count, sum, any, every", lambda _m: _("Choose what is counted in these lines.")),
    _a(r"count and sum need exactly one comparison; any and every need none",
       lambda _m: _("Say how many, or for how much.")),
    _a(r"`lines` cannot stand inside `lines`",
       lambda _m: _("A group of lines cannot hold another one: take it out of the group.")),
    _a(r"(\S+) is a fact of one line: `scope: line`, or put it inside `lines`",
       lambda _m: _("This asks about single articles: count line by line, or put it into a group about lines.")),
    _a(r"needs exactly one of per_amount, .+", lambda _m: _("Choose what members earn.")),
    _a(r"an exclusion is for every currency and names none",
       lambda _m: _("A rule that takes points away from articles does so in every currency.")),
    _a(r"an exclusion gives nothing: it has no limits, rounding or combination",
       lambda _m: _("A rule that gives no points has no limits, budget, group or rounding: remove them.")),
    _a(r"a percentage is earned in a cash currency only",
       lambda _m: _("A share of the amount is given in a cash pot: choose such a currency.")),
    _a(r"no currency is called (.+)", lambda m: _("The program has no currency %(name)s.") % {"name": m[1]}),
    _a(r"a cash currency needs the money it is counted in, such as EUR",
       lambda _m: _("The cash pot does not say in which money it is counted.")),
    _a(r"the code (.+) is used twice", lambda m: _("Two rules have the code %(code)s.") % {"code": m[1]}),
    _a(r"needs days, and two different times of which the first is before 24:00",
       lambda _m: _("Choose days, and an end that is not the beginning.")),
    _a(r"is before `from`", lambda _m: _("The last day is before the first.")),
    _a(r"a budget needs points or times", lambda _m: _("Say how many points, or how many times.")),
    _a(r"must be purchase, visit, or event:<code>",
       lambda _m: _("The code of an event is letters, figures, dots, dashes.")),
    _a(r"\S+ belongs in the phase \S+|\S+ cannot stand in the phase exclusion",
       lambda _m: _("This effect works in another phase than the playbook wrote.")),
    _a(r"(\S+) has no lines: only fixed and multiply, at receipt scope, can be earned on it",
       lambda _m: _("A visit or an event has no articles: give a fixed number, or multiply, for the whole.")),
    _a(r"(\S+) has no lines to compare",
       lambda _m: _("A visit or an event has no articles to ask about: remove these conditions.")),
    _a(r"String should have at most (\d+) characters?",
       lambda m: _("At most %(n)s characters fit here.") % {"n": m[1]}),
    _a(r"(Tuple|List) should have at most (\d+) items? .*", lambda m: _("At most %(n)s fit here.") % {"n": m[2]}),
]  # fmt: skip
