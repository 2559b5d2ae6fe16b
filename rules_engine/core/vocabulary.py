"""The names that exist in a program, and the names in a rule that do not."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from rules_engine.core import catalogue, telling
from rules_engine.core.comparing import as_text, each
from rules_engine.core.conditions import All, AnyOf, Comparison, Condition, Lines, Not, branch_of
from rules_engine.core.findings import Finding, Severity, found
from rules_engine.core.ratios import PLAIN_NUMBER
from rules_engine.core.rules import Rule

Names = AbstractSet[str] | None


@dataclass(frozen=True)
class Vocabulary:
    """What a program knows; None for what nobody looked up, of which no name is called unknown.

    `events`: event code -> attribute -> its declared type (text, integer, decimal, boolean, date).
    `languages`: what the markets speak, such as ("fr", "en").
    """

    skus: Names = None
    categories: Names = None
    brands: Names = None
    tags: Names = None
    stores: Names = None
    store_kinds: Names = None
    banners: Names = None
    markets: Names = None
    tiers: Names = None
    segments: Names = None
    channels: Names = None
    line_attributes: Names = None
    events: Mapping[str, Mapping[str, str]] | None = None
    languages: tuple[str, ...] = ()

    def names_of(self, fact: str) -> Names:
        """The values a fact can have, None when they are not known."""
        return {
            "line.sku": self.skus, "line.category": self.categories, "line.brand": self.brands, "line.tag": self.tags,
            "store.code": self.stores, "store.kind": self.store_kinds, "member.home_store": self.stores,
            "banner": self.banners, "market": self.markets, "member.tier": self.tiers,
            "member.segment": self.segments, "receipt.channel": self.channels,
        }.get(fact)  # fmt: skip

    def languages_without(self, name: Mapping[str, str] | None) -> list[str]:
        """The languages spoken that a name has no text in; none when there is no name at all."""
        spoken = sorted({language.partition("-")[0] for language in self.languages})
        return [language for language in spoken if name and not name.get(language)]


# Articles come and go with the receipts; the rest is set up before any rule names it.
_LEARNT_FROM_RECEIPTS = {"line.sku", "line.category", "line.brand", "line.tag", "receipt.channel", "member.segment"}


def unknown_names(rule: Rule, at: str, known: Vocabulary) -> Iterator[Finding]:
    """Findings for each name in the rule that the program does not have."""
    event = rule.trigger.removeprefix("event:") if rule.trigger.startswith("event:") else None
    if event is not None and known.events is not None and event not in known.events:
        yield found(f"{at}.trigger", rule, "error", "unknown_event", value=event)
    if rule.when is None:
        return
    for path, comparison in _comparisons(rule.when, f"{at}.when"):
        fact = catalogue.find(comparison.fact)
        if telling.never_known(fact, rule.trigger):
            if comparison.operator != "is_set":
                yield found(f"{path}.fact", rule, "warning", "never_known", value=comparison.fact)
        elif fact.scope == "event":
            yield from _event_attribute(rule, path, comparison, known, event or "")
        elif fact.type == "attribute":
            yield from _line_attribute(rule, path, comparison, known)
        elif (names := known.names_of(comparison.fact)) is not None:
            yield from _values(rule, path, comparison, names)


def _comparisons(condition: Condition, path: str) -> Iterator[tuple[str, Comparison]]:
    match condition:
        case Comparison():
            yield path, condition
        case All(all=parts):
            for place, part in enumerate(parts):
                yield from _comparisons(part, f"{path}.all[{place}]")
        case AnyOf(any=(named, _)) if branch_of(condition) is not None:
            yield from _comparisons(named, f"{path}.any[0]")
        case AnyOf(any=parts):
            for place, part in enumerate(parts):
                yield from _comparisons(part, f"{path}.any[{place}]")
        case Not(not_=inner):
            yield from _comparisons(inner, f"{path}.not")
        case Lines(lines=test) if test.where is not None:
            yield from _comparisons(test.where, f"{path}.lines.where")


def _values(rule: Rule, path: str, comparison: Comparison, names: AbstractSet[str]) -> Iterator[Finding]:
    fact, operator = catalogue.find(comparison.fact), comparison.operator
    severity: Severity = "warning" if fact.name in _LEARNT_FROM_RECEIPTS else "error"
    label = (fact.en, fact.fr)
    if operator in ("eq", "ne", "in", "not_in"):
        for value in each(comparison.value):
            if value not in names:
                yield found(f"{path}.{operator}", rule, severity, "unknown_value", label=label, value=value)
    elif operator == "starts_with":
        if not any(name.startswith(comparison.value) for name in names):
            yield found(f"{path}.{operator}", rule, severity, "unknown_value", label=label, value=comparison.value)
    elif operator == "contains" and not any(comparison.value in name for name in names):
        yield found(f"{path}.{operator}", rule, severity, "unknown_part", label=label, value=comparison.value)


def _line_attribute(rule: Rule, path: str, comparison: Comparison, known: Vocabulary) -> Iterator[Finding]:
    name = comparison.fact.removeprefix("line.")
    if known.line_attributes is not None and name not in known.line_attributes:
        yield found(f"{path}.fact", rule, "warning", "unknown_line_attribute", value=name)


_TYPE_WORDS = {
    "integer": ("a whole number", "nombre entier"),
    "decimal": ("a number", "nombre"),
    "number": ("a number", "nombre"),
    "boolean": ("true or false", "vrai ou faux"),
    "date": ("a day", "jour"),
}


def _event_attribute(rule: Rule, path: str, comparison: Comparison, known: Vocabulary, event: str) -> Iterator[Finding]:
    if known.events is None or event not in known.events:
        return
    name = comparison.fact.removeprefix("event.")
    kind = known.events[event].get(name)
    if kind is None:
        yield found(f"{path}.fact", rule, "error", "unknown_attribute", value=name)
    elif comparison.operator != "is_set" and any(
        not _fits(one, kind, comparison.operator) for one in each(comparison.value)
    ):
        at = f"{path}.{comparison.operator}"
        yield found(at, rule, "error", "wrong_type", value=name, type=_TYPE_WORDS.get(kind, (kind, kind)))


def _fits(value: Any, kind: str, operator: str) -> bool:
    """Whether an attribute declared as that could meet a comparison with that value."""
    ordered = operator in ("lt", "le", "gt", "ge", "between")
    text = as_text(value)
    match kind:
        case "integer":
            # 4.5 is no value a whole number has, though it may well lie below or above it.
            return _is_number(text) and (ordered or "." not in text)
        case "decimal" | "number":
            return _is_number(text)
        case "boolean":
            return not ordered and text in ("true", "false")
    return True


def _is_number(text: str) -> bool:
    return bool(PLAIN_NUMBER.fullmatch(text))
