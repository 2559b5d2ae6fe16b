"""The values that conditions compare with: read as the type of their fact, or refused with the reason."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic_core import PydanticCustomError

from rules_engine.core.catalogue import FactType
from rules_engine.core.ratios import exact

Value = bool | Decimal | date | str
Operator = Literal[
    "eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "starts_with", "contains", "is_set"
]  # fmt: skip
OPERATORS: tuple[Operator, ...] = (
    "eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", "starts_with", "contains", "is_set",
)  # fmt: skip
_ORDERED = frozenset({"lt", "le", "gt", "ge", "between"})
_TEXTUAL = frozenset({"starts_with", "contains"})
_LONGEST_LIST = 10_000
_LONGEST_TEXT = 200
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def refused(message: str, *at: str | int) -> PydanticCustomError:
    """An error whose sentence is shown as it is, beside the path of its field: where it is raised, then `at`."""
    return PydanticCustomError("refused", "{message}", {"message": message, "at": at})


def one_value(value: object, kind: FactType, ordered: bool = False) -> Value:
    """A literal in the type of its fact: text is taken as written, numbers and days may come as text."""
    if isinstance(value, float):
        raise refused("a number must be written exactly, as a decimal")
    match kind:
        case "text":
            return _text(value)
        case "boolean":
            return _truth(value)
        case "date":
            return _day(value)
        case "attribute" if not ordered:
            return _as_it_looks(value)
        case _:
            try:
                return exact(value)
            except ValueError as wrong:
                raise refused(str(wrong)) from wrong


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise refused("must be text")
    if len(written := str(value)) > _LONGEST_TEXT:
        raise refused(f"is longer than {_LONGEST_TEXT} characters")
    return written


def _truth(value: object) -> bool:
    match value:
        case bool():
            return value
        case "true":
            return True
        case "false":
            return False
    raise refused("must be true or false")


def _day(value: object) -> date:
    if type(value) is date:
        return value
    try:
        if isinstance(value, str) and _ISO_DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise refused("must be a day such as 2026-01-31")


def _as_it_looks(value: object) -> Value:
    if isinstance(value, bool):
        return value
    try:
        return exact(value)
    except ValueError:
        return _text(value)


def literal(value: object, operator: str, kind: FactType, choices: tuple[str, ...] = ()) -> Any:
    """The value of `operator` for a fact of that kind, checked and brought to its type."""
    if operator in _ORDERED and kind in {"text", "boolean"}:
        raise refused("only numbers and dates have an order")
    if operator in _TEXTUAL:
        if kind not in {"text", "attribute"}:
            raise refused("only text can be searched")
        return _text(value)
    if operator not in {"between", "in", "not_in"}:
        return _chosen(one_value(value, kind, operator in _ORDERED), choices)
    if not isinstance(value, list | tuple) or not value:
        raise refused("must be a list with at least one value")
    if len(value) > _LONGEST_LIST:
        raise refused(f"has more than {_LONGEST_LIST} values")
    if operator == "between" and len(value) != 2:
        raise refused("needs two values, both ends included")
    return tuple(_chosen(one_value(item, kind, operator == "between"), choices) for item in value)


def _chosen(value: Value, choices: tuple[str, ...]) -> Value:
    if choices and value not in choices:
        raise refused(f"must be one of {', '.join(choices)}")
    return value


def typed_values(document: dict[str, Any], kind: FactType, choices: tuple[str, ...] = ()) -> dict[str, Any]:
    """The document of a comparison with the values of its operators brought to the type of the fact."""
    typed = dict(document)
    for operator in OPERATORS:
        if (value := document.get(operator)) is not None:
            try:
                typed[operator] = _truth(value) if operator == "is_set" else literal(value, operator, kind, choices)
            except PydanticCustomError as wrong:
                raise refused(wrong.message(), operator) from wrong
    return typed
