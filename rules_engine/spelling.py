"""A condition spelled out in full for the people who run the program, however deep it is nested."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from rules_engine.core import catalogue, conditioned
from rules_engine.core.conditions import All, AnyOf, Comparison, Condition, Lines, LinesTest, Not, branch_of
from rules_engine.core.formats import PlainFormats
from rules_engine.core.rules import Rule


def left_unsaid(rule: Rule, money: str | None, language: str) -> str:
    """The whole condition of a rule, exactly, when its sentence may be read in two ways; empty when it cannot."""
    if rule.when is None:
        return ""
    parts = rule.when.all if isinstance(rule.when, All) else (rule.when,)
    if all(conditioned.is_plain(part) for part in parts):
        return ""
    return condition(rule.when, money, language)


def condition(asked: Condition, money: str | None, language: str) -> str:
    """`any of: department begins with “FUEL/”; department begins with “COUPON/”`."""
    match asked:
        case All(all=parts):
            return _joined(_("all of: %(parts)s"), parts, money, language)
        case AnyOf() if (branch := branch_of(asked)) is not None:
            return _("%(fact)s is under %(value)s") % {
                "fact": catalogue.find("line.category").label(language), "value": _value(branch),
            }  # fmt: skip
        case AnyOf(any=parts):
            return _joined(_("any of: %(parts)s"), parts, money, language)
        case Not(not_=inner):
            return _("not: %(part)s") % {"part": condition(inner, money, language)}
        case Lines(lines=test):
            return _lines(test, money, language)
        case Comparison():
            return _comparison(asked.fact, asked.operator, asked.value, money, language)


def _joined(text: str, parts: tuple[Condition, ...], money: str | None, language: str) -> str:
    if len(parts) == 1:
        return condition(parts[0], money, language)
    told = [f"({said})" if _is_list(part) else said for part in parts for said in [condition(part, money, language)]]
    return text % {"parts": "; ".join(told)}


def _is_list(part: Condition) -> bool:
    if branch_of(part) is not None:
        return False
    return isinstance(part, AnyOf | All) or (isinstance(part, Lines) and isinstance(part.lines.where, AnyOf | All))


def _lines(test: LinesTest, money: str | None, language: str) -> str:
    where = condition(test.where, money, language) if test.where is not None else _("any article")
    if test.any:
        return _("some line with %(where)s") % {"where": where}
    if test.every:
        return _("every line with %(where)s") % {"where": where}
    measure = {"lines": _("number of lines"), "units": _("number of articles"), None: _("sum of lines")}[test.count]
    compared = f"{_operators()[test.operator]} {_value(test.value)}"
    return _("%(measure)s with %(where)s %(compared)s") % {"measure": measure, "where": where, "compared": compared}


def _comparison(name: str, operator: str, value: Any, money: str | None, language: str) -> str:
    fact = catalogue.find(name)
    if operator == "is_set":
        known = _("is known") if value else _("is not known")
        return f"{fact.label(language)} {known}"
    said = conditioned.in_words(fact, value, money, PlainFormats(language)) if fact.type == "money" else _value(value)
    return f"{fact.label(language)} {_operators()[operator]} {said}"


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _("“%(text)s”") % {"text": value} if isinstance(value, str) else str(value)


def _operators() -> dict[str, str]:
    return {
        "eq": _("is"),
        "ne": _("is not"),
        "lt": _("is below"),
        "le": _("is at most"),
        "gt": _("is above"),
        "ge": _("is at least"),
        "between": _("is between"),
        "in": _("is one of"),
        "not_in": _("is none of"),
        "starts_with": _("begins with"),
        "contains": _("contains"),
    }
