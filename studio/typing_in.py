"""What a form of the builder says: its fields as a sketch, and the acts of its buttons.

A field's name is the place of its part and what it is of it: `when.0.1:fact`. An act is "verb" or "verb:place"; it
changes the sketch and says which place wants the focus.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from rules_engine import sketches
from rules_engine.core import catalogue
from rules_engine.sketches import Sketch
from studio import offering

MOST_PARTS = 100
_LONGEST = 500
_LISTS = ("limits", "weekly")


def sketch_of(data: QueryDict, before: Sketch, kinds: Mapping[str, str] | None = None) -> Sketch:
    """The form as a sketch; what the form has no field for is kept from `before`.

    `kinds`: attribute -> its declared type, of the event the rule is about.
    """
    made = {**before}
    made["name"] = {
        **(before.get("name") or {}),
        **{key.partition(":")[2]: _short(data[key]).strip() for key in data if key.startswith("name:")},
    }
    for key in ("trigger", "event", "scope", "effect", "number", "every", "of", "step", "currency", "group",
                "rounding"):  # fmt: skip
        if key in data:
            made[key] = _short(data[key]).strip()
    made["stop"] = "stop" in data
    made["when"] = _part(data, "when", 0, kinds or {}) or {"kind": "all", "parts": []}
    made["limits"] = [
        {
            "max": data.get(f"limits.{n}:max", ""), "of": data.get(f"limits.{n}:of", "points"),
            "per": data.get(f"limits.{n}:per", "month"), "for": data.get(f"limits.{n}:for", "member"),
            "overflow": data.get(f"limits.{n}:overflow", "reduce"),
        }
        for n in _numbers(data, "limits")
    ]  # fmt: skip
    if "budget:points" in data:
        made["budget"] = {
            key: _short(data.get(f"budget:{key}", unsaid)).strip() for key, unsaid in sketches.NO_BUDGET.items()
        }
        made["rest"] = {key: value for key, value in (before.get("rest") or {}).items() if key != "budget"}
    made["valid"] = {
        "from": _short(data.get("valid:from", "")),
        "until": _short(data.get("valid:until", "")),
        "weekly": [
            {
                "days": [day for day in data.getlist(f"weekly.{n}:days") if day in catalogue.WEEKDAYS],
                "from": _short(data.get(f"weekly.{n}:from", "")),
                "to": _short(data.get(f"weekly.{n}:to", "")),
            }
            for n in _numbers(data, "weekly")
        ],
    }
    return made


def _part(data: QueryDict, place: str, depth: int, kinds: Mapping[str, str]) -> Sketch | None:
    if (raw := data.get(f"{place}:raw")) is not None:
        try:
            return {"kind": "raw", "document": json.loads(raw[:20_000])}
        except ValueError:
            return None
    if (kind := data.get(f"{place}:kind")) is None:
        if f"{place}:fact" not in data:
            return None
        return _comparison(data, place, kinds)
    parts = []
    if depth < sketches.DEEPEST:
        found = [_part(data, f"{place}.{n}", depth + 1, kinds) for n in _numbers(data, place)]
        parts = [part for part in found if part is not None]
    kind = kind if kind in sketches.GROUPS else "all"
    made: Sketch = {"kind": kind, "parts": parts}
    if kind in sketches.MEASURES:
        made["op"] = data.get(f"{place}:op", "ge")
        made["values"] = [_short(text) for text in data.getlist(f"{place}:value")][:2] or [""]
    return made


def _comparison(data: QueryDict, place: str, kinds: Mapping[str, str]) -> Sketch:
    """A row; values are forgotten when a fact of another type, or another kind of value, takes their place."""
    fact, was = _short(data.get(f"{place}:fact", "")), _short(data.get(f"{place}:was", ""))
    op = _short(data.get(f"{place}:op", ""))
    values = [_short(text) for text in data.getlist(f"{place}:value") if text.strip()][:MOST_PARTS]
    if fact != was:
        return sketches.row(fact, _likeliest(fact, kinds), [])
    return sketches.row(fact, op, values)


def _likeliest(fact: str, kinds: Mapping[str, str]) -> str:
    try:
        return offering.operators(catalogue.find(fact), kinds.get(fact.removeprefix("event."), ""))[0].value
    except catalogue.UnknownFact:
        return ""


def _numbers(data: QueryDict, place: str) -> list[int]:
    """The numbers of the parts directly below a place that the form has fields for, in order."""
    below = re.compile(rf"{re.escape(place)}\.(\d{{1,3}})[.:]")
    found = {int(match[1]) for key in data if (match := below.match(key))}
    return sorted(found)[:MOST_PARTS]


def shape(sketch: Sketch) -> Any:
    """What decides which fields the form has: it is drawn anew only when this changes."""

    def of(node: Sketch) -> Any:
        return (node.get("kind"), node.get("fact"), node.get("op"), [of(part) for part in node.get("parts") or ()])

    weekly = (sketch.get("valid") or {}).get("weekly") or ()
    about = sketch.get("effect"), sketch.get("trigger"), sketch.get("event")
    return *about, len(sketch.get("limits") or ()), len(weekly), of(sketch["when"])


def _short(text: Any) -> str:
    return str(text)[:_LONGEST]


# Acts


def act(sketch: Sketch, asked: str) -> str:
    """Do what a button says to the sketch; the place that wants the focus, "" when none does."""
    verb, _, place = asked.partition(":")
    if verb == "limit":
        sketch["limits"].append({"max": "", "of": "points", "per": "month", "for": "member", "overflow": "reduce"})
        return f"limits.{len(sketch['limits']) - 1}"
    if verb == "hours":
        sketch["valid"]["weekly"].append({"days": [], "from": "", "to": ""})
        return f"weekly.{len(sketch['valid']['weekly']) - 1}"
    if place.startswith(("limits.", "weekly.")) and verb == "drop":
        name, _, number = place.partition(".")
        rows = sketch["limits"] if name == "limits" else sketch["valid"]["weekly"]
        if number.isdecimal() and int(number) < len(rows):
            del rows[int(number)]
        return f"add-{name}"
    return _act_on_parts(sketch, verb, place)


def _act_on_parts(sketch: Sketch, verb: str, place: str) -> str:
    path = [int(step) for step in place.split(".")[1:] if step.isdecimal()]
    if verb in ("add", "group"):
        return _added(sketch, path, place, group=verb == "group")
    if not path:
        return ""
    above = _at(sketch, path[:-1])
    parts: list[Any] = above.get("parts", []) if above else []
    number = path[-1]
    if number >= len(parts):
        return ""
    stem = place.rpartition(".")[0]
    if verb == "after":
        if len(parts) < MOST_PARTS:
            parts.insert(number + 1, sketches.row())
        return f"{stem}.{number + 1}"
    if verb == "drop":
        del parts[number]
        return f"{stem}.{min(number, len(parts) - 1)}" if parts else f"add-{stem}"
    if verb in ("up", "down"):
        return _moved(sketch, path, up=verb == "up")
    return ""


def _added(sketch: Sketch, path: list[int], place: str, *, group: bool) -> str:
    node = _at(sketch, path)
    if node is None or "parts" not in node or len(node["parts"]) >= MOST_PARTS:
        return ""
    number = len(node["parts"])
    if group and len(path) < sketches.DEEPEST - 1:
        node["parts"].append({"kind": "any", "parts": [sketches.row()]})
        return f"{place}.{number}.0"
    node["parts"].append(sketches.row())
    return f"{place}.{number}"


def _moved(sketch: Sketch, path: list[int], *, up: bool) -> str:
    """One step up or down; past the end of a group it steps out, beside a group it steps in."""
    parts, number = _at(sketch, path[:-1])["parts"], path[-1]  # type: ignore[index]
    part, other = parts[number], number + (-1 if up else 1)
    if 0 <= other < len(parts):
        beside = parts[other]
        if "fact" in part and "parts" in beside and len(path) < sketches.DEEPEST:
            del parts[number]
            inside = beside["parts"]
            inside.insert(len(inside) if up else 0, part)
            group = other if up else number
            return _place([*path[:-1], group, len(inside) - 1 if up else 0])
        parts[number], parts[other] = beside, part
        return _place([*path[:-1], other])
    if len(path) == 1:
        return _place(path)
    above = _at(sketch, path[:-2])["parts"]  # type: ignore[index]
    del parts[number]
    target = path[-2] if up else path[-2] + 1
    above.insert(target, part)
    return _place([*path[:-2], target])


def _place(path: list[int]) -> str:
    return ".".join(["when", *map(str, path)])


def _at(sketch: Sketch, path: list[int]) -> Sketch | None:
    node = sketch["when"]
    for step in path:
        parts = node.get("parts") or []
        if step >= len(parts):
            return None
        node = parts[step]
    return node
