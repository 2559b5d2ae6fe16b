"""Whether one found value meets a comparison: the plain reading, for one value at a time."""

from decimal import Decimal
from typing import Any

from rules_engine.core.catalogue import Fact
from rules_engine.core.conditions import Comparison
from rules_engine.core.ratios import PLAIN_NUMBER, as_written


def each(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(as_written(value)) if isinstance(value, Decimal) else str(value)


def meets(comparison: Comparison, found: Any, fact: Fact) -> bool:
    """Whether one found value (None: unknown) meets a comparison."""
    if comparison.operator == "is_set":
        return (found is not None) == comparison.value
    if found is None:
        return False
    if fact.type == "attribute":
        return _attribute_meets(comparison.operator, as_text(found), comparison.value)
    return compared(comparison.operator, found, comparison.value)


def _attribute_meets(operator: str, text: str, value: Any) -> bool:
    number = Decimal(text) if PLAIN_NUMBER.fullmatch(text) else None
    if operator in ("lt", "le", "gt", "ge", "between"):
        return number is not None and compared(operator, number, value)
    if operator in ("starts_with", "contains"):
        return compared(operator, text, value)
    same = any(number == one if isinstance(one, Decimal) else text == as_text(one) for one in each(value))
    return same == (operator in ("eq", "in"))


def compared(operator: str, found: Any, value: Any) -> bool:
    match operator:
        case "eq" | "in":
            return found in each(value)
        case "ne" | "not_in":
            return found not in each(value)
        case "lt":
            return bool(found < value)
        case "le":
            return bool(found <= value)
        case "gt":
            return bool(found > value)
        case "ge":
            return bool(found >= value)
        case "between":
            return bool(value[0] <= found <= value[1])
        case "starts_with":
            return bool(found.startswith(value))
    return bool(value in found)
