"""A rule as it is being typed: a tree of plain texts that is kept however unfinished it is.

`of_document` makes a sketch from a rule; `rules_engine.fair_copies` makes a rule of a sketch. A part of a condition is
one of

    {"fact": name, "op": operator, "values": [text, ...]}       a row; two more operators are written in other words:
                                                                is_unset (is not known), under (a department and below)
    {"kind": "all" | "any" | "none" | "some" | "every", "parts": [...]}
    {"kind": "lines" | "units" | "net" | "gross", "op", "values", "parts"}   how many, how much of the lines with...
    {"kind": "raw", "document": {...}}                          what the builder has no row for, kept as it is

Places are addresses of fields in the form: "when.0.1" is the second part of the first part. Numbers of points are
typed in whole units and written in the smallest ones of their currency.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from rules_engine.core import catalogue
from rules_engine.core.rules import EFFECTS

GROUPS = ("all", "any", "none", "some", "every", "lines", "units", "net", "gross")
MEASURES = ("lines", "units", "net", "gross")
IS_UNKNOWN = "is_unset"
IS_UNDER = "under"
OPERATORS = ("eq", "ne", "in", "not_in", "starts_with", "contains", "lt", "le", "gt", "ge", "between", "is_set")
DEEPEST = 6
MANY = ("in", "not_in", "between")
_PHASES = {"exclude": "exclusion", "multiply": "multiplier", "fixed": "bonus"}
_OWN_KEYS = frozenset(
    {"code", "name", "trigger", "scope", "when", "earn", "valid", "limits", "budget", "combine", "rounding"}
)

NO_BUDGET = {"points": "", "times": "", "overflow": "reduce"}

Sketch = dict[str, Any]
Scale = Callable[[str], int]
"""The decimals in which points of a currency (its code, "" the first) are shown."""


def empty(code: str, currency: str = "") -> Sketch:
    """A rule of which nothing is known yet but that it begins with one empty row."""
    return {
        "code": code, "name": {}, "trigger": "purchase", "event": "", "scope": "",
        "when": {"kind": "all", "parts": [row()]},
        "effect": "", "number": "", "every": "1", "of": "", "step": "", "currency": currency,
        "limits": [], "budget": dict(NO_BUDGET), "valid": {"from": "", "until": "", "weekly": []},
        "group": "", "stop": False, "rounding": "", "rest": {},
    }  # fmt: skip


def row(fact: str = "", op: str = "", values: list[str] | None = None) -> Sketch:
    return {"fact": fact, "op": op, "values": values or []}


# From a rule to its sketch


def of_document(document: Mapping[str, Any], scale: Scale) -> Sketch:
    """The sketch of a rule that is whole."""
    earn = dict(document.get("earn") or {})
    currency = str(earn.get("currency") or "")
    made = empty(str(document.get("code", "")), currency)
    trigger = str(document.get("trigger", "purchase"))
    made["trigger"], _, made["event"] = trigger.partition(":")
    made["name"] = dict(document.get("name") or {})
    if document.get("scope") != ("line" if _names_a_line(document.get("when")) else "receipt"):
        made["scope"] = str(document.get("scope") or "")
    made["when"] = _root(document.get("when"))
    made.update(_effect_of(earn, scale(currency)))
    made["limits"] = [_limit_of(limit, scale(currency)) for limit in document.get("limits") or ()]
    made["budget"] = budget_of(document.get("budget") or {}, scale(currency))
    made["valid"] = _valid_of(document.get("valid") or {})
    combine = document.get("combine") or {}
    made["group"], made["stop"] = str(combine.get("group") or ""), bool(combine.get("stop"))
    made["rounding"] = str(document.get("rounding") or "")
    made["rest"] = {key: value for key, value in document.items() if key not in _OWN_KEYS}
    if document.get("phase") == _PHASES.get(made["effect"], "base"):
        del made["rest"]["phase"]  # it follows from the effect, also from the next one
    return made


def _names_a_line(when: Any) -> bool:
    match when:
        case {"fact": str(name)}:
            return name.startswith("line.")
        case {"all": parts} | {"any": parts}:
            return any(_names_a_line(part) for part in parts)
        case {"not": inner}:
            return _names_a_line(inner)
    return False


def _root(when: Any) -> Sketch:
    if when is None:
        return {"kind": "all", "parts": []}
    node = _node(when)
    return node if node.get("kind") in ("all", "any", "none") else {"kind": "all", "parts": [node]}


def _node(when: Any) -> Sketch:
    match when:
        case {"any": [{"fact": "line.category", "eq": str(path)}, {"fact": "line.category", "starts_with": below}]} if (
            below == f"{path}/"
        ):
            return row("line.category", IS_UNDER, [path])
        case {"all": list() | tuple() as parts}:
            return {"kind": "all", "parts": [_node(part) for part in parts]}
        case {"any": list() | tuple() as parts}:
            return {"kind": "any", "parts": [_node(part) for part in parts]}
        case {"not": {"any": list() | tuple() as parts}}:
            return {"kind": "none", "parts": [_node(part) for part in parts]}
        case {"not": inner}:
            return {"kind": "none", "parts": [_node(inner)]}
        case {"lines": dict() as test}:
            return _lines_node(test) or {"kind": "raw", "document": dict(when)}
        case {"fact": str(name)}:
            return _row_of(name, when) or {"kind": "raw", "document": dict(when)}
    return {"kind": "raw", "document": when}


def _row_of(name: str, when: Mapping[str, Any]) -> Sketch | None:
    asked = [key for key in when if key != "fact"]
    if len(asked) != 1 or asked[0] not in OPERATORS:
        return None
    value = when[asked[0]]
    if asked[0] == "is_set":
        return row(name, "is_set" if value in (True, "true") else IS_UNKNOWN)
    return row(name, asked[0], [_text(one) for one in (value if isinstance(value, list | tuple) else [value])])


def _lines_node(test: Mapping[str, Any]) -> Sketch | None:
    where = test.get("where")
    inner = _node(where) if where is not None else None
    parts = [] if inner is None else inner["parts"] if inner.get("kind") == "all" else [inner]
    if test.get("any"):
        return {"kind": "some", "parts": parts}
    if test.get("every"):
        return {"kind": "every", "parts": parts}
    kind = test.get("count") or test.get("sum")
    asked = [key for key in test if key in OPERATORS]
    if kind not in MEASURES or len(asked) != 1:
        return None
    value = test[asked[0]]
    values = [_text(one) for one in (value if isinstance(value, list | tuple) else [value])]
    return {"kind": kind, "op": asked[0], "values": values, "parts": parts}


def _effect_of(earn: Mapping[str, Any], scale: int) -> Sketch:
    name = next((one for one in EFFECTS if one in earn), "")
    value = earn.get(name)
    made: Sketch = {"effect": name}
    if not name:
        # an effect without points, or of a later playbook: it is kept as it stands
        return {"effect": "raw", "earn": dict(earn)} if earn else made
    if name == "per_amount" and isinstance(value, Mapping):
        made["number"], made["every"] = _shown(value.get("points"), scale), _text(value.get("every", "1"))
        made["of"], made["step"] = str(value.get("of") or ""), str(value.get("step") or "")
    elif name in ("fixed", "per_unit"):
        made["number"] = _shown(value, scale)
    elif name != "exclude":
        made["number"] = _text(value)
    return made


def _limit_of(limit: Mapping[str, Any], scale: int) -> Sketch:
    of = str(limit.get("of") or "points")
    shown = _shown(limit.get("max"), scale) if of == "points" else _text(limit.get("max"))
    return {
        "max": shown, "of": of, "per": str(limit.get("per") or "activity"), "for": str(limit.get("for") or "member"),
        "overflow": str(limit.get("overflow") or "reduce"),
    }  # fmt: skip


def budget_of(budget: Mapping[str, Any], scale: int) -> Sketch:
    """What a budget says, as it is typed."""
    points, times = budget.get("points"), budget.get("times")
    return {
        "points": "" if points is None else _shown(points, scale),
        "times": _text(times),
        "overflow": str(budget.get("overflow") or "reduce"),
    }


def phase_of(sketch: Sketch) -> str:
    """The phase its rule works in, also while it is half-written."""
    return str((sketch.get("rest") or {}).get("phase") or _PHASES.get(str(sketch.get("effect") or ""), "base"))


def _valid_of(valid: Mapping[str, Any]) -> Sketch:
    weekly = [
        {
            "days": list(hours.get("days") or catalogue.WEEKDAYS),
            "from": str(hours.get("from") or ""),
            "to": str(hours.get("to") or ""),
        }
        for hours in valid.get("weekly") or ()
    ]
    return {"from": str(valid.get("from") or ""), "until": str(valid.get("until") or ""), "weekly": weekly}


# Texts and numbers


def number(text: str) -> Decimal | None:
    typed = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
    try:
        number = Decimal(typed)
    except InvalidOperation:
        return None
    return number if number.is_finite() and len(typed) <= 30 else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _shown(value: Any, scale: int) -> str:
    """Smallest units as whole ones: 500 of a cash pot in cents is 5.00."""
    found = number(_text(value))
    if found is None:
        return _text(value)
    return format(found.scaleb(-scale), "f") if scale else _text(value)
