"""What a row of the builder offers: facts by group, operators by type, and the values that exist.

Made from the catalogue of facts; the values come from the program's own products, stores and tiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from programs import queries as programs
from programs.models import Product, Program
from rules_engine.core import catalogue, formats
from rules_engine.core.catalogue import Fact
from rules_engine.core.vocabulary import Vocabulary
from values import texts

CHIPS = 14
"""A choice of up to so many values is shown whole; more are searched for."""
FOUND = 200
BRANCHES_KEPT = 60
"""Seconds."""


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    depth: int = 0
    note: str = ""


@dataclass(frozen=True)
class Group:
    label: str
    choices: tuple[Choice, ...]


def facts(language: str, attributes: Iterable[str] = ()) -> list[Group]:
    """Every declared fact by what it is about, after the attributes of the event that the rule is about."""
    labels = {
        "event": _("Event"),
        "line": _("Article"), "receipt": _("Receipt"), "store": _("Place"), "calendar": _("Time"),
        "member": _("Member"), "history": _("Before this"),
    }  # fmt: skip
    groups: dict[str, list[Choice]] = {}
    declared = [catalogue.find(f"event.{name}") for name in attributes]
    for fact in (*declared, *catalogue.FACTS.values()):
        groups.setdefault(fact.scope, []).append(Choice(fact.name, label_of(fact, language)))
    return [Group(str(labels.get(scope, scope)), tuple(found)) for scope, found in groups.items()]


def label_of(fact: Fact, language: str) -> str:
    """The fact's name as a heading; two that share a word say what parts them."""
    own = {
        "receipt.gross": _("Purchases before discounts"),
        "receipt.net": _("Purchases"),
        "line.gross": _("Price before discounts"),
        "line.net": _("Price paid"),
        "calendar.weekday": _("Weekday"),
        "calendar.hour": _("Hour at the store"),
    }
    if fact.type == "attribute":
        return capfirst(fact.label(language).replace("_", " "))
    return own.get(fact.name) or capfirst(fact.label(language))


def operators(fact: Fact, kind: str = "") -> list[Choice]:
    """What may be asked of a fact, the likeliest first. `kind`: the declared type of an event's attribute."""
    words = {
        "eq": _("is"), "ne": _("is not"), "in": _("is one of"), "not_in": _("is none of"),
        "starts_with": _("begins with"), "contains": _("contains"), "lt": _("is below"), "le": _("is at most"),
        "gt": _("is above"), "ge": _("is at least"), "between": _("is between"), "is_set": _("is known"),
        "is_unset": _("is not known"), "under": _("is under"),
    }  # fmt: skip
    if kind == "date":
        words.update(eq=_("is on"), ne=_("is not on"))
    if fact.type == "date":
        words.update(ge=_("is from"), le=_("is until"), eq=_("is on"))
    return [Choice(name, str(words[name])) for name in _operators_of(fact, kind)]


_OF_KIND = {
    "text": ("in", "not_in", "starts_with", "contains", "is_set", "is_unset"),
    "integer": ("ge", "le", "gt", "lt", "between", "eq", "ne", "is_set", "is_unset"),
    "number": ("ge", "le", "gt", "lt", "between", "eq", "ne", "is_set", "is_unset"),
    "boolean": ("eq", "is_set", "is_unset"),
    # days of attributes are texts to the rules: they are the same or not, and have no order
    "date": ("eq", "ne", "is_set", "is_unset"),
}


def _operators_of(fact: Fact, kind: str = "") -> tuple[str, ...]:
    if fact.type == "attribute" and kind in _OF_KIND:
        return _OF_KIND[kind]
    known = ("is_set", "is_unset") if fact.scope in ("line", "member", "event", "history", "receipt") else ()
    match fact.type:
        case "boolean":
            return ("eq",)
        case "date":
            return ("ge", "le", "between", "eq", "lt", "gt")
        case "number" | "money" | "quantity":
            return ("ge", "le", "gt", "lt", "between", "eq", "ne", *(known if fact.volatile else ()))
        case "attribute":
            return ("in", "not_in", "eq", "ge", "le", "starts_with", "contains", "is_set", "is_unset")
    if fact.name == "line.category":
        return ("under", "in", "not_in", *known)
    if fact.choices or fact.name in ("banner", "market", "member.tier", "store.kind", "receipt.channel"):
        return ("in", "not_in", *known)
    return ("in", "not_in", "starts_with", "contains", *known)


class Values:
    """The values that a program's facts can take, read when they are asked for."""

    def __init__(self, program: Program, language: str) -> None:
        self._program, self._language = program, language

    def choices(self, fact: Fact) -> list[Choice] | None:
        """All of them when they are few, None when they are to be searched or typed."""
        ways: dict[str, Callable[[], list[Choice]]] = {
            "calendar.weekday": self._weekdays, "banner": self._banners, "market": self._markets,
            "member.tier": self._tiers, "store.kind": self._kinds, "store.code": self._stores,
            "member.home_store": self._stores, "member.language": self._languages,
            "receipt.channel": self._channels,
        }  # fmt: skip
        found = ways[fact.name]() if fact.name in ways else []
        return found if 0 < len(found) <= CHIPS else None

    def search(self, fact: Fact, asked: str) -> list[Choice]:
        """Those that go with the words asked for, at most FOUND; all beginnings when nothing is asked."""
        asked = asked.strip()[:100]
        match fact.name:
            case "line.category":
                return self._categories(asked)
            case "line.sku":
                rows = self._products().filter(Q(sku__icontains=asked) | Q(current__name__icontains=asked))
                found = rows.order_by("sku").values_list("sku", "current__name")[:30]
                return [Choice(sku, name or sku, note=sku if name else "") for sku, name in found]
            case "line.brand":
                rows = self._products().filter(current__brand__icontains=asked).exclude(current__brand="")
                counted = rows.values("current__brand").annotate(n=Count("pk")).order_by("-n")[:30]
                return [Choice(row["current__brand"], row["current__brand"], note=str(row["n"])) for row in counted]
            case "store.code" | "member.home_store":
                return [one for one in self._stores() if asked.lower() in f"{one.label} {one.value}".lower()][:FOUND]
        return []

    def label(self, fact: Fact, value: str) -> str:
        """A value as people call it."""
        known = {one.value: one.label for one in self._few(fact)}
        if fact.name == "line.category":
            return value.rstrip("/").replace("/", " › ")
        return known.get(value, value)

    @cached_property
    def events(self) -> dict[str, dict[str, str]]:
        """The events of the program's playbook: code -> attribute -> declared type."""
        declared = programs.settings_of(self._program.pk).get("event_types") or {}
        return {str(code): dict(sorted((attributes or {}).items())) for code, attributes in declared.items()}

    def kinds_of(self, event: str) -> dict[str, str]:
        """The attributes of one event with their types; none for an event nobody declared."""
        return self.events.get(event, {})

    def vocabulary(self) -> Vocabulary:
        """What is set up in the program, so that lint can call a name unknown."""
        markets = programs.markets_of(self._program.pk)
        tiers = {one.value for one in self._tiers()}
        return Vocabulary(
            stores={one.code for one in self._every_store},
            store_kinds={one.kind for one in self._every_store if one.kind},
            banners={one.value for one in self._banners()},
            markets={market.code for market in markets},
            tiers=tiers or None,
            categories=self._branches or None,
            events=self.events or None,
            languages=tuple(dict.fromkeys(code for market in markets for code in market.languages)),
        )

    @property
    def _branches(self) -> set[str]:
        return set(self._category_counts)

    def _few(self, fact: Fact) -> Iterable[Choice]:
        return self.choices(fact) or []

    def _categories(self, asked: str) -> list[Choice]:
        """The tree of departments, every branch that holds the words and what hangs below it."""
        words = asked.lower()
        found: list[Choice] = []
        for path, count in sorted(self._category_counts.items(), key=lambda item: _likeness(item[0], words)):
            if words in path.lower():
                name = path.rsplit("/", 1)[-1]
                depth = path.count("/")
                above = path.rsplit("/", 1)[0].replace("/", " › ") if words and depth else ""
                found.append(Choice(path, name, 0 if words else depth, above or str(count)))
        return found[:FOUND]

    @cached_property
    def _category_counts(self) -> dict[str, int]:
        """Articles below each branch, kept a while: products change by the day, people type by the second."""
        key = f"studio-branches-{self._program.population_id}"
        kept: dict[str, int] | None = cache.get(key)
        if kept is None:
            kept = self._counted()
            cache.set(key, kept, BRANCHES_KEPT)
        return kept

    def _counted(self) -> dict[str, int]:
        rows = self._products().exclude(current__category="").values_list("current__category")
        counts: dict[str, int] = {}
        for path, number in rows.annotate(n=Count("pk")):
            steps = [step for step in path.split("/") if step]
            for end in range(1, len(steps) + 1):
                branch = "/".join(steps[:end])
                counts[branch] = counts.get(branch, 0) + number
        return counts

    def _products(self) -> QuerySet[Product]:
        return Product.objects.filter(catalogue=self._program.population)

    def _weekdays(self) -> list[Choice]:
        return [Choice(code, capfirst(formats.weekday(code, self._language))) for code in catalogue.WEEKDAYS]

    def _banners(self) -> list[Choice]:
        return [Choice(one.code, self._named(one.names, one.code)) for one in self._program.banners.order_by("code")]

    def _markets(self) -> list[Choice]:
        return [Choice(one.code, one.code) for one in programs.markets_of(self._program.pk)]

    @cached_property
    def _every_store(self) -> list[programs.Store]:
        return programs.stores_of(self._program.pk)

    def _stores(self) -> list[Choice]:
        return [Choice(one.code, self._named(one.names, one.code)) for one in self._every_store]

    def _kinds(self) -> list[Choice]:
        return [Choice(kind, capfirst(kind)) for kind in sorted({one.kind for one in self._every_store if one.kind})]

    def _languages(self) -> list[Choice]:
        spoken = {code for market in programs.markets_of(self._program.pk) for code in market.languages}
        return [Choice(code, code) for code in sorted(spoken)]

    def _channels(self) -> list[Choice]:
        words = {"store": _("In a store"), "web": _("Web shop"), "app": _("App"), "drive": _("Drive"),
                 "phone": _("Phone")}  # fmt: skip
        return [Choice(code, str(label)) for code, label in words.items()]

    def _tiers(self) -> list[Choice]:
        return [Choice(code, self._named(names, code)) for code, names in tiers_of(self._program)]

    def _named(self, names: Any, code: str) -> str:
        return texts.in_language(names, self._language, capfirst(code))


def _likeness(path: str, words: str) -> tuple[bool, bool, int, str]:
    """What bears just that name first, then what begins with it; in the order of the tree when nothing is asked."""
    if not words:
        return (False, False, 0, path)
    name = path.lower().rsplit("/", 1)[-1]
    return (name != words, not name.startswith(words), path.count("/"), path)


def tiers_of(program: Program) -> list[tuple[str, Any]]:
    """(code, names) of the steps of the program's ladder, lowest first; none when it has no ladder."""
    from tiers import ladders

    document = ladders.document_of(program) or {}
    steps = document.get("steps") or document.get("tiers") or []
    return [(str(step.get("code")), step.get("name") or {}) for step in steps if step.get("code")]
