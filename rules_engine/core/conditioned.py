"""Conditions in words: "from €100 of purchases", "on Garden", "on Saturday and Sunday"; and what was found instead."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rules_engine.core import catalogue
from rules_engine.core.conditions import All, Comparison, Condition, Lines
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
    parts = []
    if rule.when is not None:
        alone = rule.when.all if isinstance(rule.when, All) else (rule.when,)
        parts = [said for part in alone if (said := of_condition(part, money, formats))]
    if rule.valid is not None and rule.valid.weekly is not None:
        parts.append(_hours(rule.valid.weekly, formats))
    return ", ".join(parts)


def of_condition(condition: Condition, money: str | None, formats: Formats) -> str:
    """A single comparison in words. What is nested deeper is left to the name marketing gives the rule."""
    words = _WORDS[formats.language]
    match condition:
        case Comparison():
            return _comparison(condition, money, formats)
        case Lines(lines=test) if test.ge is not None or test.gt is not None:
            on = of_condition(test.where, money, formats) if test.where is not None else ""
            key = "spent" if test.sum else "items"
            value = formats.money(test.value, money) if test.sum else formats.number(test.value)
            return " ".join(part for part in (str(words[key]).format(value=value), on) if part)
    return ""


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
