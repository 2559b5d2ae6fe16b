"""The language of conditions, as frozen models: what a rule asks of an activity before it gives anything.

A comparison whose fact is not known is false, so its `not` is true; only `is_set` asks whether it is known.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Strict, Tag, model_validator

from rules_engine.core import catalogue
from rules_engine.core.literals import OPERATORS, Operator, Value, refused, typed_values


class Strictly(BaseModel):
    """What documents are made of: nothing is guessed, nothing unknown is kept, nothing changes."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", validate_by_name=False, validate_by_alias=True
    )  # fmt: skip


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


class Comparison(Compared):
    """`{fact: NAME, OP: VALUE}`."""

    fact: str
    starts_with: str | None = None
    contains: str | None = None
    is_set: bool | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _typed(cls, document: Any, build: Any) -> "Comparison":
        # The type of the value is the fact's, so the fact is looked at before the fields are.
        if not isinstance(document, dict) or not isinstance(name := document.get("fact"), str):
            return build(document)
        try:
            fact = catalogue.find(name)
        except catalogue.UnknownFact as unknown:
            raise refused(str(unknown), "fact") from unknown
        return build(typed_values(document, fact.type, fact.choices))


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
        return build(typed_values(document, "number") if isinstance(document, dict) else document)

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


def branch_of(condition: Condition) -> str | None:
    """The department that is asked for with all below it, None when something else is asked.

    `{any: [{fact: line.category, eq: Garden}, {fact: line.category, starts_with: Garden/}]}`: plain text would take
    Gardening for a part of Garden.
    """
    match condition:
        case AnyOf(any=(Comparison(fact="line.category", eq=str(branch)), Comparison(fact="line.category") as below)):
            return branch if below.starts_with == f"{branch}/" else None
    return None


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
