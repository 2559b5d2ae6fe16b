"""Every fact a condition may read, declared once.

The builder, the linter, the API's documentation and the wording of rules are made from this list. Attributes of
products, lines and events are data: `line.colour` and `event.stars` need no declaration here.
"""

from dataclasses import dataclass
from typing import Literal

FactType = Literal["text", "number", "money", "quantity", "boolean", "date", "attribute"]
Scope = Literal["line", "receipt", "store", "event", "calendar", "member", "history"]
# Where a fact is computed: the smaller the frame, the cheaper the comparison.
Level = Literal["product", "line", "store", "activity"]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Fact:
    """`money` is compared in major units of the activity's currency, `quantity` in units; both are integers.

    `volatile`: cannot be worked out from the activity alone, so the caller looks it up and keeps it with the awards.
    `many`: has several values and meets a comparison when one of them does.
    """

    name: str
    type: FactType
    scope: Scope
    level: Level
    en: str
    fr: str
    source: str
    at_quote: bool = True
    volatile: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()

    def label(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


_DECLARED = (
    Fact("line.sku", "text", "line", "product", "article", "article", "product"),
    Fact("line.category", "text", "line", "product", "department", "rayon", "product"),
    Fact("line.brand", "text", "line", "product", "brand", "marque", "product"),
    Fact("line.tag", "text", "line", "product", "label", "étiquette", "product", many=True),
    Fact("line.quantity", "quantity", "line", "line", "quantity", "quantité", "line"),
    Fact("line.gross", "money", "line", "line", "price", "prix", "line"),
    Fact("line.net", "money", "line", "line", "price after discounts", "prix remisé", "line"),
    Fact("receipt.gross", "money", "receipt", "activity", "purchases", "achats", "sum of the lines that count"),
    Fact("receipt.net", "money", "receipt", "activity", "purchases", "achats", "sum of the lines that count"),
    Fact("receipt.channel", "text", "receipt", "activity", "channel", "canal", "activity"),
    Fact(
        "receipt.tender", "text", "receipt", "activity", "payment", "paiement", "activity", at_quote=False, many=True
    ),
    Fact(
        "receipt.first_of_day", "boolean", "receipt", "activity", "first purchase of the day",
        "premier achat du jour", "activities of the member", volatile=True,
    ),
    Fact("store.code", "text", "store", "store", "store", "magasin", "store"),
    Fact("store.kind", "text", "store", "store", "kind of store", "type de magasin", "store"),
    Fact("banner", "text", "store", "store", "banner", "enseigne", "store"),
    Fact("market", "text", "store", "store", "country", "pays", "store"),
    Fact("calendar.date", "date", "calendar", "activity", "date", "date", "local moment"),
    Fact("calendar.weekday", "text", "calendar", "activity", "day", "jour", "local moment", choices=WEEKDAYS),
    Fact("calendar.hour", "number", "calendar", "activity", "hour", "heure", "local moment"),
    Fact("calendar.month", "number", "calendar", "activity", "month", "mois", "local moment"),
    Fact("calendar.day", "number", "calendar", "activity", "day of the month", "jour du mois", "local moment"),
    Fact("member.tier", "text", "member", "activity", "status", "statut", "standing", volatile=True),
    Fact("member.segment", "text", "member", "activity", "group", "groupe", "segments", volatile=True, many=True),
    Fact("member.age", "number", "member", "activity", "age", "âge", "birth date", volatile=True),
    Fact(
        "member.birthday_month", "boolean", "member", "activity", "birthday month", "mois d’anniversaire",
        "birth date", volatile=True,
    ),
    Fact(
        "member.joined_days", "number", "member", "activity", "days as a member", "jours d’adhésion",
        "membership", volatile=True,
    ),
    Fact(
        "member.home_store", "text", "member", "activity", "usual store", "magasin habituel", "membership",
        volatile=True,
    ),
    Fact("member.language", "text", "member", "activity", "language", "langue", "member", volatile=True),
    Fact(
        "history.receipts_today", "number", "history", "activity", "earlier receipts today",
        "tickets précédents du jour", "activities of the member", volatile=True,
    ),
    Fact(
        "history.receipts_month", "number", "history", "activity", "earlier receipts this month",
        "tickets précédents du mois", "activities of the member", volatile=True,
    ),
    Fact(
        "history.days_since_visit", "number", "history", "activity", "days since the last visit",
        "jours depuis la dernière visite", "activities of the member", volatile=True,
    ),
    Fact(
        "history.spend_lifetime", "money", "history", "activity", "purchases since joining",
        "achats depuis l’adhésion", "activities of the member", volatile=True,
    ),
    Fact(
        "history.visit_streak", "number", "history", "activity", "visits in a row", "visites d’affilée",
        "activities of the member", volatile=True,
    ),
)  # fmt: skip

FACTS: dict[str, Fact] = {fact.name: fact for fact in _DECLARED}

_LONGEST_NAME = 64

_EQUAL = ("eq", "ne", "in", "not_in", "is_set")
_ORDERED = ("eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "is_set")
_OPERATORS: dict[FactType, tuple[str, ...]] = {
    "text": (*_EQUAL[:-1], "starts_with", "contains", "is_set"),
    "number": _ORDERED, "money": _ORDERED, "quantity": _ORDERED, "date": _ORDERED,
    "boolean": ("eq", "is_set"),
    "attribute": (*_ORDERED[:-1], "starts_with", "contains", "is_set"),
}  # fmt: skip


def operators_of(fact: Fact) -> tuple[str, ...]:
    """The operators that make sense for a fact, for pickers and documentation, most used first."""
    return _EQUAL if fact.choices else _OPERATORS[fact.type]


class UnknownFact(ValueError):
    """No fact has that name."""


def find(name: str) -> Fact:
    """The declared fact, or the attribute of a line (its own, else its product's) or of an event.

    Raises UnknownFact.
    """
    if declared := FACTS.get(name):
        return declared
    scope, _, attribute = name.partition(".")
    if attribute.strip() and len(attribute) <= _LONGEST_NAME and attribute.isprintable():
        if scope == "line":
            return Fact(name, "attribute", "line", "line", attribute, attribute, "line, else product")
        if scope == "event":
            return Fact(name, "attribute", "event", "activity", attribute, attribute, "event")
    raise UnknownFact(f"no fact is called {name[:80]!r}")
