"""The rule a sketch comes to: its document as far as it is whole, what is missing, and where each field stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules_engine import sketches
from rules_engine.core import catalogue
from rules_engine.sketches import Scale, Sketch

_NUMERIC = ("number", "money", "quantity")
_ORDERED = ("lt", "le", "gt", "ge", "between")
_PLACES = {
    "code": "code", "name": "name", "trigger": "trigger", "scope": "scope", "when": "when", "earn": "then",
    "earn.currency": "currency", "phase": "then", "valid": "valid", "limits": "limits", "combine": "combine",
    "rounding": "rounding", "budget": "budget",
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """`document` leaves out what is unfinished; `unfinished` are (place, what is missing); `places` finds the field
    of a path in the document."""

    document: dict[str, Any]
    unfinished: tuple[tuple[str, str], ...]
    places: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, path: str) -> str:
        """The nearest field of a path such as `when.all[0].starts_with`; "" when there is none."""
        while path:
            if path in self.places:
                return self.places[path]
            path = re.sub(r"(\.[^.\[]+|\[\d+\]|^[^.\[]+)$", "", path)
        return ""


class _Writing:
    def __init__(self) -> None:
        self.unfinished: list[tuple[str, str]] = []
        self.places: dict[str, str] = {}

    def misses(self, place: str, what: str) -> None:
        self.unfinished.append((place, what))


def document_of(sketch: Sketch, scale: Scale) -> Written:
    """What the sketch says so far."""
    writing = _Writing()
    document: dict[str, Any] = {"code": sketch.get("code", "")}
    if names := {code: text for code, text in (sketch.get("name") or {}).items() if text}:
        document["name"] = names
    else:
        writing.misses("name", "name")
    document["trigger"] = _trigger(sketch, writing)
    if sketch.get("scope"):
        document["scope"] = sketch["scope"]
    when = _condition(sketch.get("when") or {}, "when", "when", writing)
    if when is not None:
        document["when"] = when
    document["earn"] = _earn(sketch, scale(sketch.get("currency") or ""), writing)
    if valid := _valid(sketch.get("valid") or {}, writing):
        document["valid"] = valid
    if limits := _limits(sketch, scale(sketch.get("currency") or ""), writing):
        document["limits"] = limits
    if budget := _budget(sketch.get("budget") or {}, scale(sketch.get("currency") or "")):
        document["budget"] = budget
    if sketch.get("group") or sketch.get("stop"):
        document["combine"] = {"stop": bool(sketch.get("stop"))}
        if sketch.get("group"):
            document["combine"]["group"] = sketch["group"]
    if sketch.get("rounding"):
        document["rounding"] = sketch["rounding"]
    document |= sketch.get("rest") or {}
    for path, place in _PLACES.items():
        writing.places.setdefault(path, place)
    return Written(document, tuple(writing.unfinished), writing.places)


def _trigger(sketch: Sketch, writing: _Writing) -> str:
    trigger = str(sketch.get("trigger") or "purchase")
    if trigger != "event":
        return trigger
    if not sketch.get("event"):
        writing.misses("event", "event")
    return f"event:{sketch.get('event', '')}"


def _condition(node: Sketch, place: str, path: str, writing: _Writing) -> Any:
    """The document of a part; None when nothing of it is whole."""
    writing.places[path] = place
    kind = node.get("kind")
    if kind is None:
        return _comparison(node, place, path, writing)
    if kind == "raw":
        return node.get("document")
    test = {"none": ".not.any", "all": ".all", "any": ".any"}.get(kind, ".lines.where.all")
    written: list[Any] = []
    for number, part in enumerate(node.get("parts") or ()):
        # the place a path will have counts only what is whole
        document = _condition(part, f"{place}.{number}", f"{path}{test}[{len(written)}]", writing)
        if document is not None:
            written.append(document)
    if kind in ("all", "any", "none"):
        return _grouped(kind, written, place, path, writing)
    return _lines(node, kind, written, place, path, writing)


def _grouped(kind: str, written: list[Any], place: str, path: str, writing: _Writing) -> Any:
    if not written:
        if place != "when":
            writing.misses(place, "group")
        return None
    if len(written) == 1:
        test = {"none": ".not.any", "all": ".all", "any": ".any"}[kind]
        writing.places[f"{path}.not" if kind == "none" else path] = writing.places[f"{path}{test}[0]"]
        return {"not": written[0]} if kind == "none" else written[0]
    return {"not": {"any": written}} if kind == "none" else {kind: written}


def _lines(node: Sketch, kind: str, written: list[Any], place: str, path: str, writing: _Writing) -> Any:
    test: dict[str, Any] = {}
    if written:
        test["where"] = written[0] if len(written) == 1 else {"all": written}
    if kind in ("some", "every"):
        if not written:
            writing.misses(place, "group")
            return None
        return {"lines": {**test, {"some": "any", "every": "every"}[kind]: True}}
    op, values = str(node.get("op") or "ge"), [_plain(text) for text in node.get("values") or () if text.strip()]
    if not values or (op == "between" and len(values) != 2):
        writing.misses(place, "value")
        return None
    measure = {"count": kind} if kind in ("lines", "units") else {"sum": kind}
    return {"lines": {**test, **measure, op: values if op in sketches.MANY else values[0]}}


def _comparison(node: Sketch, place: str, path: str, writing: _Writing) -> Any:
    name, op = str(node.get("fact") or ""), str(node.get("op") or "")
    if not name:
        writing.misses(place, "fact")
        return None
    try:
        kind = catalogue.find(name).type
    except catalogue.UnknownFact:
        writing.misses(place, "fact")
        return None
    if op in ("is_set", sketches.IS_UNKNOWN):
        return {"fact": name, "is_set": op == "is_set"}
    values: list[Any] = [text.strip() for text in node.get("values") or () if text.strip()]
    if not op or not values or (op == "between" and len(values) != 2):
        writing.misses(place, "value" if op else "operator")
        return None
    if op == sketches.IS_UNDER:
        return _under(name, values[0].strip("/"), place, writing)
    if kind in _NUMERIC or (kind == "attribute" and op in _ORDERED):
        values = [_plain(text) for text in values]
    elif kind == "boolean":
        values = [text == "true" for text in values]
    return {"fact": name, op: values if op in sketches.MANY else values[0]}


def _under(name: str, branch: str, place: str, writing: _Writing) -> Any:
    """A department and all below it: a path ends at a slash, which plain text would not see."""
    if not branch:
        writing.misses(place, "value")
        return None
    return {"any": [{"fact": name, "eq": branch}, {"fact": name, "starts_with": f"{branch}/"}]}


def _earn(sketch: Sketch, scale: int, writing: _Writing) -> dict[str, Any]:
    effect, number = str(sketch.get("effect") or ""), str(sketch.get("number") or "").strip()
    if effect == "raw":
        return dict(sketch.get("earn") or {})
    if not effect:
        writing.misses("then", "effect")
        return {}
    if effect == "exclude":
        return {"exclude": True}
    if not number:
        writing.misses("then", "number")
        return {}
    value: Any = _smallest(number, scale) if effect in ("fixed", "per_unit", "per_amount") else _plain(number)
    if effect == "per_amount":
        value = {"points": value, "every": _plain(str(sketch.get("every") or "1"))}
        value |= {key: sketch[key] for key in ("of", "step") if sketch.get(key)}
    earn: dict[str, Any] = {effect: value}
    if sketch.get("currency"):
        earn["currency"] = sketch["currency"]
    return earn


def _limits(sketch: Sketch, scale: int, writing: _Writing) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    for number, limit in enumerate(sketch.get("limits") or ()):
        writing.places[f"limits[{len(written)}]"] = f"limits.{number}"
        most = str(limit.get("max") or "").strip()
        if not most:
            writing.misses(f"limits.{number}", "number")
            continue
        of = limit.get("of") or "points"
        largest = _smallest(most, scale) if of == "points" else _plain(most)
        written.append(
            {
                "max": largest,
                "of": of,
                "per": limit.get("per") or "activity",
                "for": limit.get("for") or "member",
                "overflow": limit.get("overflow") or "reduce",
            }  # fmt: skip
        )
    return written


def _budget(budget: Sketch, scale: int) -> dict[str, Any]:
    points, times = str(budget.get("points") or "").strip(), str(budget.get("times") or "").strip()
    written: dict[str, Any] = {}
    if points:
        written["points"] = _smallest(points, scale)
    if times:
        written["times"] = _plain(times)
    return {**written, "overflow": budget.get("overflow") or "reduce"} if written else {}


def _valid(valid: Sketch, writing: _Writing) -> dict[str, Any]:
    written: dict[str, Any] = {key: valid[key] for key in ("from", "until") if valid.get(key)}
    weekly: list[dict[str, Any]] = []
    for number, hours in enumerate(valid.get("weekly") or ()):
        writing.places[f"valid.weekly[{len(weekly)}]"] = f"weekly.{number}"
        if not hours.get("days"):
            writing.misses(f"weekly.{number}", "days")
            continue
        to = hours.get("to") or "24:00"
        # a browser's clock ends at 23:59 and begins again at 00:00: both mean the end of the day
        weekly.append({"days": hours["days"], "from": hours.get("from") or "00:00", "to": _midnight(to)})
    if weekly:
        written["weekly"] = weekly
    return written


def _midnight(time: str) -> str:
    return "24:00" if time in ("00:00", "23:59") else time


def _plain(text: str) -> Any:
    """The number as JSON keeps it exactly, or the text as typed, which is then refused with a sentence."""
    found = sketches.number(text)
    if found is None:
        return text.strip()
    return int(found) if found == found.to_integral_value() else str(found)


def _smallest(text: str, scale: int) -> Any:
    found = sketches.number(text)
    return text.strip() if found is None else _plain(format(found.scaleb(scale), "f"))
