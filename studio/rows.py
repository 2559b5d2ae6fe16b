"""The fields of the builder, ready for its templates: parts of a condition as a tree of rows and groups."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from rules_engine import sketches
from rules_engine.core import catalogue
from rules_engine.sketches import Sketch
from studio import offering
from studio.offering import Choice, Values

_NOTHING: tuple[str, ...] = ("is_set", "is_unset")


@dataclass(frozen=True)
class Part:
    """A row or a group. `widget` says how its value is typed: none, chips, bool, date, number, search or words."""

    place: str
    kind: str
    fact: str = ""
    fact_label: str = ""
    op: str = ""
    operators: tuple[Choice, ...] = ()
    widget: str = ""
    many: bool = False
    values: tuple[Choice, ...] = ()
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    raw: str = ""
    is_offered: bool = False
    parts: tuple[Part, ...] = field(default=())

    @property
    def key(self) -> str:
        return self.place.replace(".", "-")

    @property
    def is_root(self) -> bool:
        return self.place == "when"

    @property
    def may_nest(self) -> bool:
        return self.place.count(".") < sketches.DEEPEST - 1

    @property
    def number(self) -> str:
        """1, 2.1: how people call the part."""
        return ".".join(str(int(step) + 1) for step in self.place.split(".")[1:])

    @property
    def value(self) -> str:
        return self.values[0].value if self.values else ""

    @property
    def second(self) -> str:
        return self.values[1].value if len(self.values) > 1 else ""

    @property
    def is_measured(self) -> bool:
        return self.kind in sketches.MEASURES


def kinds() -> list[Choice]:
    """How the parts of a group are taken together."""
    return [
        Choice("all", _("All of these are true")),
        Choice("any", _("At least one is true")),
        Choice("none", _("None of these is true")),
        Choice("some", _("Some line of the receipt has all of these")),
        Choice("every", _("Every line of the receipt has all of these")),
        Choice("units", _("Number of articles with all of these")),
        Choice("lines", _("Number of lines with all of these")),
        Choice("net", _("Amount paid for articles with all of these")),
        Choice("gross", _("Amount before discounts of articles with all of these")),
    ]


class Rows:
    """Makes the tree of one sketch."""

    def __init__(self, values: Values, language: str, money: str) -> None:
        self._values, self._language, self._money = values, language, money
        self._kinds: dict[str, str] = {}

    def tree(self, sketch: Sketch) -> Part:
        if sketch.get("trigger") == "event":
            self._kinds = self._values.kinds_of(str(sketch.get("event") or ""))
        return self._part(sketch["when"], "when")

    @property
    def attributes(self) -> tuple[str, ...]:
        """Of the event that the rule is about."""
        return tuple(self._kinds)

    def _part(self, node: Sketch, place: str) -> Part:
        kind = str(node.get("kind") or "row")
        if kind == "row":
            return self._row(node, place)
        if kind == "raw":
            return Part(place, kind, raw=json.dumps(node.get("document")))
        parts = tuple(self._part(part, f"{place}.{n}") for n, part in enumerate(node.get("parts") or ()))
        if kind not in sketches.MEASURES:
            return Part(place, kind, parts=parts)
        texts = [*(node.get("values") or []), "", ""][:2]
        op = str(node.get("op") or "ge")
        return Part(
            place, kind, op=op, parts=parts, many=op == "between",
            operators=tuple(one for one in offering.operators(catalogue.find("line.quantity"))
                            if one.value in ("ge", "le", "gt", "lt", "eq", "between")),
            values=tuple(Choice(text, text) for text in texts),
            unit=self._money if kind in ("net", "gross") else "",
        )  # fmt: skip

    def _row(self, node: Sketch, place: str) -> Part:
        try:
            fact = catalogue.find(str(node.get("fact") or ""))
        except catalogue.UnknownFact:
            return Part(place, "row", fact=str(node.get("fact") or ""))
        kind = self._kinds.get(fact.name.removeprefix("event."), "") if fact.scope == "event" else ""
        operators = tuple(offering.operators(fact, kind))
        op = str(node.get("op") or "") or operators[0].value
        if op not in {one.value for one in operators}:
            # asked in a playbook in a way the builder does not offer: it stays
            operators = (*operators, *(one for one in _all_operators() if one.value == op))
        choices = tuple(self._values.choices(fact) or ())
        values = tuple(Choice(text, self._values.label(fact, text)) for text in node.get("values") or ())
        return Part(
            place, "row", fact=fact.name, fact_label=offering.label_of(fact, self._language), op=op,
            operators=operators, widget=_widget(fact, op, bool(choices), kind), many=op in sketches.MANY, values=values,
            choices=choices, unit=self._unit(fact),
            is_offered=fact.name in catalogue.FACTS or (fact.scope == "event" and bool(kind)),
        )  # fmt: skip

    def _unit(self, fact: catalogue.Fact) -> str:
        if fact.type == "money":
            return self._money
        return {
            "member.age": _("years"),
            "member.joined_days": _("days"),
            "history.days_since_visit": _("days"),
            "calendar.hour": _("o’clock, 0 to 23"),
        }.get(fact.name, "")


def _all_operators() -> list[Choice]:
    return offering.operators(catalogue.Fact("", "attribute", "line", "line", "", "", ""))


def _widget(fact: catalogue.Fact, op: str, few: bool, kind: str = "") -> str:
    if op in _NOTHING:
        return "none"
    if "boolean" in (fact.type, kind):
        return "bool"
    if "date" in (fact.type, kind) and op not in ("in", "not_in"):
        return "date"
    if fact.type in ("number", "money", "quantity") or (kind in ("integer", "number") and op not in ("in", "not_in")):
        return "number"
    if few and op in ("in", "not_in", "eq", "ne"):
        return "chips"
    if fact.name in ("line.category", "line.sku", "line.brand", "store.code", "member.home_store"):
        return "search"
    return "words"
