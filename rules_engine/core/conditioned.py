"""Conditions in words: "from €100 of purchases", "on Garden", "on Saturday and Sunday"; and what was found instead."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rules_engine.core import catalogue
from rules_engine.core.conditions import All, AnyOf, Comparison, Condition, Lines, LinesTest, Not, branch_of
from rules_engine.core.formats import Formats, clock, listed, on_days, weekday
from rules_engine.core.rules import Rule, Weekly
from rules_engine.core.verdicts import Failed

_MINIMUM = ("ge", "gt")

_WORDS = {
    "en": {
        "purchases": "from {value} of purchases", "on": "on {value}", "tier": "for {value} members",
        "first": "for the first purchase of the day", "hours": "{days} from {start} to {end}",
        "general": "when {label} {operator} {value}", "not": "except {value}", "items": "from {value} such items",
        "spent": "from {value} of them", "birthday": "in your birthday month",
        "items_are": "when the number of such items {operator} {value}",
        "spent_is": "when the amount of such items {operator} {value}", "and": " and ", "or": " or ",
        "any_line": "with such an article", "every_line": "with such articles only",
        "counts": "Your receipt counts {value}.", "begins": "It begins on {value}.", "ended": "It ended on {value}.",
        "only": "Only {value}.", "found": "Here: {value}.", "unknown": "Not known for this receipt.",
        "none": "No such article on this receipt.", "count_found": "Your receipt has {value}.",
        "not_now": "Not this time.",
        "operators": {"eq": "is", "ne": "is not", "lt": "is below", "le": "is at most", "gt": "is above",
                      "ge": "is at least", "between": "is between", "in": "is", "not_in": "is not",
                      "starts_with": "begins with", "contains": "contains", "is_set": "is known"},
    },
    "fr": {
        "purchases": "dès {value} d’achats", "on": "sur {value}", "tier": "pour les membres {value}",
        "first": "pour le premier achat du jour", "hours": "{days} de {start} à {end}",
        "general": "si {label} {operator} {value}", "not": "sauf {value}", "items": "dès {value} de ces articles",
        "spent": "dès {value} parmi eux", "birthday": "le mois de votre anniversaire",
        "items_are": "si le nombre de ces articles {operator} {value}",
        "spent_is": "si le montant de ces articles {operator} {value}", "and": " et ", "or": " ou ",
        "any_line": "avec un tel article", "every_line": "avec seulement de tels articles",
        "counts": "Votre ticket compte {value}.", "begins": "À partir du {value}.", "ended": "Jusqu’au {value}.",
        "only": "Seulement {value}.", "found": "Ici{nbsp}: {value}.", "unknown": "Non connu pour ce ticket.",
        "none": "Aucun article concerné sur ce ticket.", "count_found": "Votre ticket en compte {value}.",
        "not_now": "Pas cette fois.",
        "operators": {"eq": "est", "ne": "n’est pas", "lt": "est inférieur à", "le": "est d’au plus",
                      "gt": "dépasse", "ge": "est d’au moins", "between": "est entre", "in": "est",
                      "not_in": "n’est pas", "starts_with": "commence par", "contains": "contient",
                      "is_set": "est connu"},
    },
}  # fmt: skip


def of_rule(rule: Rule, money: str | None, formats: Formats) -> str:
    """The condition and the hours of a rule; empty when it always applies."""
    return ", ".join(part for part in (of_when(rule, money, formats), hours_of(rule, formats)) if part)


def of_when(rule: Rule, money: str | None, formats: Formats) -> str:
    if rule.when is None:
        return ""
    alone = rule.when.all if isinstance(rule.when, All) else (rule.when,)
    return ", ".join(
        _bracketed(part, money, formats) if len(alone) > 1 else of_condition(part, money, formats) for part in alone
    )


def hours_of(rule: Rule, formats: Formats) -> str:
    return _hours(rule.valid.weekly, formats) if rule.valid is not None and rule.valid.weekly is not None else ""


def of_condition(condition: Condition, money: str | None, formats: Formats) -> str:
    """A condition in words; parts of parts in brackets, so that "and" and "or" cannot be misread."""
    words = _WORDS[formats.language]
    match condition:
        case Comparison():
            return _comparison(condition, money, formats)
        case AnyOf() if (branch := branch_of(condition)) is not None:
            return str(words["on"]).format(value=in_words(catalogue.find("line.category"), branch, money, formats))
        case All(all=parts):
            return str(words["and"]).join(_bracketed(part, money, formats) for part in parts)
        case AnyOf(any=parts):
            return str(words["or"]).join(_bracketed(part, money, formats) for part in parts)
        case Not(not_=inner):
            return str(words["not"]).format(value=_bracketed(inner, money, formats))
        case Lines(lines=test):
            on = of_condition(test.where, money, formats) if test.where is not None else ""
            return " ".join(part for part in (_lines(test, money, formats), on) if part)


def is_plain(condition: Condition) -> bool:
    """Whether its words say all of it: a comparison, a department with all below it, or a minimum over lines."""
    if isinstance(condition, Lines):
        return condition.lines.ge is not None or condition.lines.gt is not None
    return isinstance(condition, Comparison) or branch_of(condition) is not None


def _bracketed(condition: Condition, money: str | None, formats: Formats) -> str:
    said = of_condition(condition, money, formats)
    is_list = isinstance(condition, All | AnyOf) and len(_parts(condition)) > 1 and branch_of(condition) is None
    return f"({said})" if is_list else said


def _parts(condition: All | AnyOf) -> tuple[Condition, ...]:
    return condition.all if isinstance(condition, All) else condition.any


def _lines(test: LinesTest, money: str | None, formats: Formats) -> str:
    words = _WORDS[formats.language]
    if test.any or test.every:
        return str(words["any_line" if test.any else "every_line"])
    said = formats.money if test.sum else lambda value, _: formats.number(value)
    if test.operator in _MINIMUM:
        return str(words["spent" if test.sum else "items"]).format(value=said(test.value, money))
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    value = listed([said(one, money) for one in values], formats.language)
    operator = words["operators"][test.operator]  # type: ignore[index]
    return str(words["spent_is" if test.sum else "items_are"]).format(operator=operator, value=value)


def _comparison(condition: Comparison, money: str | None, formats: Formats) -> str:
    words, fact, operator = _WORDS[formats.language], catalogue.find(condition.fact), condition.operator
    value = in_words(fact, condition.value, money, formats)
    if fact.name in ("receipt.net", "receipt.gross") and operator in _MINIMUM:
        return str(words["purchases"]).format(value=value)
    if fact.name == "calendar.weekday" and operator in ("eq", "in"):
        days = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        return on_days(days, formats.language)
    if fact.name == "member.tier" and operator in ("eq", "in"):
        return str(words["tier"]).format(value=value)
    if condition.value is True:
        named = {"receipt.first_of_day": "first", "member.birthday_month": "birthday"}.get(fact.name)
        if named is not None:
            return str(words[named])
    if fact.scope == "line" and operator in ("eq", "in", "starts_with") and fact.type in ("text", "attribute"):
        return str(words["on"]).format(value=value)
    said = words["operators"][operator]  # type: ignore[index]
    text = str(words["general"]).format(label=fact.label(formats.language), operator=said, value=value)
    return text if operator != "is_set" else text.rsplit(" ", 1)[0]


def in_words(fact: catalogue.Fact, value: Any, money: str | None, formats: Formats) -> str:
    """A value of that fact as a member reads it: the end of a category's path, a day's name, money with its sign."""
    if isinstance(value, tuple):
        return listed([in_words(fact, one, money, formats) for one in value], formats.language)
    if fact.type == "money" and isinstance(value, Decimal):
        return formats.money(value, money)
    if isinstance(value, bool):
        return {"en": ("no", "yes"), "fr": ("non", "oui")}[formats.language][value]
    if isinstance(value, int | Decimal):
        return formats.number(value)
    if isinstance(value, date):
        return formats.day(value)
    if fact.name == "calendar.weekday":
        return weekday(value, formats.language)
    if fact.name == "line.category":
        value = str(value).rstrip("/").rsplit("/", 1)[-1]
    return str(value).capitalize() if fact.name in ("line.category", "member.tier") else str(value)


def is_money(failed: Failed) -> bool:
    if isinstance(failed.condition, Lines):
        return failed.condition.lines.sum is not None
    return failed.fact in catalogue.FACTS and catalogue.find(failed.fact).type == "money"


def of_failed(failed: Failed, money: str | None, formats: Formats) -> str:
    """What was found where something else was asked."""
    words = _WORDS[formats.language]
    if failed.fact == "valid":
        return _outside(failed, formats)
    if failed.fact == "lines":
        if not isinstance(failed.found, Decimal):
            return str(words["none"])
        found = formats.money(failed.found, money) if is_money(failed) else formats.number(failed.found)
        return str(words["count_found"]).format(value=found)
    fact = catalogue.find(failed.fact)
    if failed.negated:
        return str(words["not_now"])
    if fact.name in ("receipt.net", "receipt.gross") and isinstance(failed.found, Decimal):
        return str(words["counts"]).format(value=formats.money(failed.found, money))
    if fact.scope == "line" and fact.type == "text":
        return str(words["none"])
    if fact.scope == "member" or failed.found is None or failed.found == ():
        return _only(failed, money, formats)
    return str(words["found"]).format(value=in_words(fact, failed.found, money, formats), nbsp="\u00a0")


def _only(failed: Failed, money: str | None, formats: Formats) -> str:
    if isinstance(failed.condition, Comparison) and (said := of_condition(failed.condition, money, formats)):
        return str(_WORDS[formats.language]["only"]).format(value=said)
    return str(_WORDS[formats.language]["unknown"])


def _outside(failed: Failed, formats: Formats) -> str:
    words = _WORDS[formats.language]
    if failed.operator == "weekly":
        return str(words["only"]).format(value=_hours(failed.required, formats))
    day = failed.required.date() if isinstance(failed.required, datetime) else failed.required
    return str(words["begins" if failed.operator == "from" else "ended"]).format(value=formats.day(day))


def _hours(weekly: tuple[Weekly, ...], formats: Formats) -> str:
    words = _WORDS[formats.language]
    said = []
    for hours in weekly:
        days = on_days(hours.days, formats.language)
        if (hours.from_, hours.to) != ("00:00", "24:00"):
            start, end = clock(hours.from_, formats.language), clock(hours.to, formats.language)
            days = str(words["hours"]).format(days=days, start=start, end=end)
        said.append(days)
    return listed(said, formats.language)
