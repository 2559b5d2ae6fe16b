"""Comparisons become Polars expressions. Each answers true or false, never null: what is not known meets nothing."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import polars as pl

from rules_engine.core.catalogue import Fact
from rules_engine.core.conditions import Compared, Comparison
from rules_engine.core.errors import InvalidFacts
from rules_engine.core.ratios import PLAIN_NUMBER

_DECIMAL = pl.Decimal(38, 6)
_THOUSANDTHS = 1000


def meets(column: pl.Expr, dtype: pl.DataType, fact: Fact, comparison: Comparison, minor: int) -> pl.Expr:
    """Whether the column meets the comparison. `minor`: minor units in one unit of the activities' money."""
    if isinstance(dtype, pl.List):
        if comparison.operator == "is_set":
            return (column.list.drop_nulls().list.len() > 0).fill_null(False) == comparison.value
        inner = _meets_one(pl.element(), dtype.inner, fact, comparison, minor)  # type: ignore[arg-type]
        return column.list.eval(inner).list.any().fill_null(False)
    if comparison.operator == "is_set":
        return column.is_not_null() == comparison.value
    return _meets_one(column, dtype, fact, comparison, minor)


def _meets_one(column: pl.Expr, dtype: pl.DataType, fact: Fact, comparison: Comparison, minor: int) -> pl.Expr:
    operator, value = comparison.operator, comparison.value
    match fact.type:
        case "money":
            found = compare_whole(column, operator, _scaled(value, minor))
        case "quantity":
            found = compare_whole(column, operator, _scaled(value, _THOUSANDTHS))
        case "number":
            found = compare_whole(column, operator, _scaled(value, 1))
        case "attribute":
            found = _compare_attribute(column, dtype, operator, value)
        case _:
            found = _compare(column, operator, value)
    return found.fill_null(False)


def meets_sum(column: pl.Expr, test: Compared, unit: int) -> pl.Expr:
    """Whether a whole number per activity, in `unit`-ths, meets what `lines` asks."""
    return compare_whole(column, test.operator, _scaled(test.value, unit)).fill_null(False)


def _scaled(value: Any, unit: int) -> Any:
    if isinstance(value, tuple):
        return tuple(Fraction(one) * unit for one in value)
    return Fraction(value) * unit


def compare_whole(column: pl.Expr, operator: str, value: Any) -> pl.Expr:
    """A column of whole numbers against exact numbers that need not be whole themselves."""
    match operator:
        case "lt":
            return column < _whole(ceil(value))
        case "ge":
            return column >= _whole(ceil(value))
        case "le":
            return column <= _whole(floor(value))
        case "gt":
            return column > _whole(floor(value))
        case "between":
            return (column >= _whole(ceil(value[0]))) & (column <= _whole(floor(value[1])))
        case "eq" | "in":
            return _is_one_of(column, value)
        case _:
            return ~_is_one_of(column, value)


def _is_one_of(column: pl.Expr, value: Any) -> pl.Expr:
    values = value if isinstance(value, tuple) else (value,)
    whole = [int(one) for one in values if one.denominator == 1 and abs(one) < 2**62]
    return pl.when(column.is_not_null()).then(column.cast(pl.Int64).is_in(whole)) if len(whole) != 1 else (
        column == _whole(whole[0])
    )  # fmt: skip


def _whole(value: int) -> pl.Expr:
    # A bound beyond 62 bits is beyond every amount that is let in, on the same side.
    return pl.lit(max(-(2**62), min(2**62, value)), dtype=pl.Int64)


def _compare(column: pl.Expr, operator: str, value: Any) -> pl.Expr:
    match operator:
        case "eq":
            return column == _literal(value)
        case "ne":
            return column != _literal(value)
        case "lt":
            return column < _literal(value)
        case "le":
            return column <= _literal(value)
        case "gt":
            return column > _literal(value)
        case "ge":
            return column >= _literal(value)
        case "between":
            return (column >= _literal(value[0])) & (column <= _literal(value[1]))
        case "in":
            return column.is_in(list(value))
        case "not_in":
            return ~column.is_in(list(value))
        case "starts_with":
            return column.str.starts_with(value)
        case "contains":
            return column.str.contains(value, literal=True)
    raise AssertionError(f"no operator is called {operator}")


def _literal(value: bool | date | str | Decimal) -> pl.Expr:
    return pl.lit(value, dtype=_DECIMAL) if isinstance(value, Decimal) else pl.lit(value)


def _compare_attribute(column: pl.Expr, dtype: pl.DataType, operator: str, value: Any) -> pl.Expr:
    """An attribute has the type its sender gave it: numbers and truths may have come as text."""
    if dtype.is_float():
        raise InvalidFacts("an attribute came as a float; bring text or whole numbers")
    match operator:
        case "lt" | "le" | "gt" | "ge" | "between":
            return _compare(_as_number(column, dtype), operator, value)
        case "eq" | "in":
            return _equals_any(column, dtype, value)
        case "ne" | "not_in":
            return ~_equals_any(column, dtype, value)
    return _compare(_as_text(column, dtype), operator, value)


def _equals_any(column: pl.Expr, dtype: pl.DataType, value: Any) -> pl.Expr:
    values = value if isinstance(value, tuple) else (value,)
    numbers = [one for one in values if isinstance(one, Decimal)]
    texts = [str(one).lower() if isinstance(one, bool) else one for one in values if not isinstance(one, Decimal)]
    found = _as_text(column, dtype).is_in(texts)
    for number in numbers:
        found = found | _compare(_as_number(column, dtype), "eq", number).fill_null(False)
    return pl.when(column.is_not_null()).then(found)


def _as_number(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.String:
        looks_like_one = column.str.contains(f"^(?:{PLAIN_NUMBER.pattern})$")
        return pl.when(looks_like_one).then(column).cast(_DECIMAL, strict=False)
    if dtype.is_numeric():
        return column.cast(_DECIMAL, strict=False)
    return pl.lit(None, dtype=_DECIMAL)


def _as_text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return column if dtype == pl.String else column.cast(pl.String)
