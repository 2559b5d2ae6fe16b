"""The language of conditions, as frozen models: what a rule asks of an activity before it gives anything.

A comparison whose fact is not known is false, so its `not` is true; only `is_set` asks whether it is known.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Strict, Tag, field_validator, model_validator
from pydantic_core import PydanticCustomError

from rules_engine.core import catalogue
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


class Strictly(BaseModel):
    """What documents are made of: nothing is guessed, nothing unknown is kept, nothing changes."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", validate_by_name=False, validate_by_alias=True
    )  # fmt: skip


def refused(message: str) -> PydanticCustomError:
    """An error whose sentence is shown as it is, beside the path of its field."""
    return PydanticCustomError("refused", "{message}", {"message": message})


def one_value(value: object, kind: catalogue.FactType, ordered: bool = False) -> Value:
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


class Compared(Strictly):
    """One comparison: exactly one operator and its value."""

    eq: Value | None = None
    ne: Value | None = None
    lt: Value | None = None
    le: Value | None = None
    gt: Value | None = None
    ge: Value | None = None
    between: Annotated[tuple[Value, Value], Strict(False)] | None = None
    in_: Annotated[tuple[Value, ...], Strict(False)] | None = Field(default=None, alias="in")
    not_in: Annotated[tuple[Value, ...], Strict(False)] | None = None

    @property
    def operator(self) -> Operator:
        return next(name for name in OPERATORS if getattr(self, _field(name), None) is not None)

    @property
    def value(self) -> Any:
        return getattr(self, _field(self.operator))

    @model_validator(mode="after")
    def _one_operator(self) -> "Compared":
        asked = [name for name in OPERATORS if getattr(self, _field(name), None) is not None]
        if len(asked) != 1:
            raise refused(f"a comparison needs exactly one of {', '.join(OPERATORS)}")
        return self


def _field(name: str) -> str:
    return "in_" if name == "in" else name


def literal(value: object, operator: str, kind: catalogue.FactType, choices: tuple[str, ...] = ()) -> Any:
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


class Comparison(Compared):
    """`{fact: NAME, OP: VALUE}`."""

    fact: str
    starts_with: str | None = None
    contains: str | None = None
    is_set: bool | None = None

    @field_validator("fact")
    @classmethod
    def _is_declared(cls, name: str) -> str:
        try:
            catalogue.find(name)
        except catalogue.UnknownFact as unknown:
            raise refused(str(unknown)) from unknown
        return name

    @model_validator(mode="wrap")
    @classmethod
    def _typed(cls, document: Any, build: Any) -> "Comparison":
        # The type of the value is the fact's, so the fact is looked at before the fields are.
        if not isinstance(document, dict) or not isinstance(name := document.get("fact"), str):
            return build(document)
        try:
            fact = catalogue.find(name)
        except catalogue.UnknownFact:
            return build(document)
        typed = {
            key: _truth(value) if key == "is_set" else literal(value, key, fact.type, fact.choices)
            if key in OPERATORS and value is not None else value
            for key, value in document.items()
        }  # fmt: skip
        return build(typed)


class LinesTest(Compared):
    """What the lines left on the receipt must add up to: how many, for how much, any, or every one of them."""

    where: "Condition | None" = None
    count: Literal["lines", "units"] | None = None
    sum: Literal["net", "gross"] | None = None
    any: Literal[True] | None = None
    every: Literal[True] | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _typed(cls, document: Any, build: Any) -> "LinesTest":
        if not isinstance(document, dict):
            return build(document)
        typed = {
            key: literal(value, key, "number") if key in OPERATORS and value is not None else value
            for key, value in document.items()
        }
        return build(typed)

    @model_validator(mode="after")
    def _one_operator(self) -> "LinesTest":
        measures = [name for name in ("count", "sum", "any", "every") if getattr(self, name) is not None]
        operators = [name for name in OPERATORS if getattr(self, _field(name), None) is not None]
        if len(measures) != 1:
            raise refused("`lines` needs exactly one of count, sum, any, every")
        if len(operators) != (1 if measures[0] in {"count", "sum"} else 0):
            raise refused("count and sum need exactly one comparison; any and every need none")
        if self.where is not None and any(isinstance(part, Lines) for part in walk(self.where)):
            raise refused("`lines` cannot stand inside `lines`")
        return self


class Lines(Strictly):
    lines: LinesTest


class All(Strictly):
    all: Annotated[tuple["Condition", ...], Strict(False), Field(min_length=1)]


class AnyOf(Strictly):
    any: Annotated[tuple["Condition", ...], Strict(False), Field(min_length=1)]


class Not(Strictly):
    not_: "Condition" = Field(alias="not")


def _kind(document: Any) -> str:
    if isinstance(document, dict):
        return next((f"?{key}" for key in ("all", "any", "not", "lines") if key in document), "?fact")
    kinds: dict[type, str] = {All: "?all", AnyOf: "?any", Not: "?not", Lines: "?lines"}
    return kinds.get(type(document), "?fact")


# The tags begin with a question mark so that they can be told from the fields in the path of an error.
Condition = Annotated[
    Annotated[All, Tag("?all")]
    | Annotated[AnyOf, Tag("?any")]
    | Annotated[Not, Tag("?not")]
    | Annotated[Lines, Tag("?lines")]
    | Annotated[Comparison, Tag("?fact")],
    Discriminator(_kind),
]

for _model in (LinesTest, Lines, All, AnyOf, Not):
    _model.model_rebuild()


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and everything inside it, `where` of lines included."""
    yield condition
    match condition:
        case All(all=parts) | AnyOf(any=parts):
            for part in parts:
                yield from walk(part)
        case Not(not_=inner):
            yield from walk(inner)
        case Lines(lines=test) if test.where is not None:
            yield from walk(test.where)


def facts_read(condition: Condition) -> frozenset[str]:
    return frozenset(part.fact for part in walk(condition) if isinstance(part, Comparison))


def facts_of_single_lines(condition: Condition) -> frozenset[str]:
    """The `line.*` facts read outside `lines`: they make sense only for a rule that looks at lines one by one."""
    match condition:
        case All(all=parts) | AnyOf(any=parts):
            return frozenset().union(*(facts_of_single_lines(part) for part in parts))
        case Not(not_=inner):
            return facts_of_single_lines(inner)
        case Comparison(fact=name) if catalogue.find(name).scope == "line":
            return frozenset({name})
    return frozenset()
