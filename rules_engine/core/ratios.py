"""Exact numbers: decimals of a document, ratios of effects, and the one place where a ratio becomes whole points."""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, lcm
from typing import Any, Literal

import polars as pl

from rules_engine.core.columns import Column, Few
from rules_engine.core.errors import InvalidFacts

Rounding = Literal["down", "nearest", "up"]

PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?", re.ASCII)
LARGEST = Decimal(10) ** 15

# Below this a sum of products cannot leave Int64, whatever is added by the rounding itself.
_SAFE_IN_64 = 2**61
_SAFE_RESULT = 2**63
_SAFE_IN_128 = 2**125


def exact(value: object) -> Decimal:
    """A number of a document as a Decimal: an int, a Decimal, or text such as "1.50".

    Raises ValueError for floats (they have already lost what was written), booleans, more than six decimals,
    and numbers of 10^15 or more.
    """
    match value:
        case bool() | float():
            raise ValueError("a number must be written exactly, as a decimal")
        case int() if abs(value) < LARGEST:
            return Decimal(value)
        case Decimal() if value.is_finite() and abs(value) < LARGEST:
            number = value
        case str() if PLAIN_NUMBER.fullmatch(value):
            number = Decimal(value)
        case _:
            raise ValueError("must be a plain number below 10^15, such as 12 or 1.50")
    if int(number.as_tuple().exponent) < -6 and number != round(number, 6):
        raise ValueError("has more than six decimals")
    return number


def as_written(number: Decimal) -> int | str:
    """The shortest form that JSON keeps exactly: a whole number, else text."""
    return int(number) if number == number.to_integral_value() else format(number.normalize(), "f")


def round_fraction(value: Fraction, rounding: Rounding) -> int:
    """Down is towards minus infinity, so that taking away leaves no more than the exact number; nearest is half up."""
    match rounding:
        case "down":
            return floor(value)
        case "nearest":
            return floor(value + Fraction(1, 2))
        case "up":
            return ceil(value)


def rounded_sum(terms: Sequence[tuple[Any, Fraction]], rounding: Rounding) -> Any:
    """The sum of `column * ratio` over the terms, row by row, rounded once. Int64 in, Int64 out, exact in between.

    Raises InvalidFacts when the exact number would not fit in 128 bits, or the rounded one in 64.
    """
    if len(terms) == 1 and terms[0][1] == 1:
        return terms[0][0]
    denominator = lcm(*(ratio.denominator for _, ratio in terms))
    factors = [int(ratio * denominator) for _, ratio in terms]
    bound = 2 * denominator + 2 * sum(
        _largest(column) * abs(factor) for (column, _), factor in zip(terms, factors, strict=True)
    )
    if bound >= _SAFE_IN_128:
        raise InvalidFacts("amounts and factors are too large to be multiplied exactly")
    if isinstance(terms[0][0], Few):
        return _few_rounded([column.values for column, _ in terms], factors, denominator, rounding)
    wide: type[pl.DataType] = pl.Int64 if bound < _SAFE_IN_64 else pl.Int128
    frame = pl.DataFrame([series.alias(str(place)) for place, (series, _) in enumerate(terms)])
    total = _literal(0, wide)
    for place, factor in enumerate(factors):
        total = total + pl.col(str(place)).cast(wide) * _literal(factor, wide)
    try:
        return frame.select(_divided(total, denominator, rounding, wide).cast(pl.Int64).alias("n")).to_series()
    except pl.exceptions.InvalidOperationError as too_large:
        raise InvalidFacts("a rule gives more points than 64 bits hold") from too_large


def _few_rounded(terms: list[list[int]], factors: list[int], denominator: int, rounding: Rounding) -> Few:
    """The same for a few rows, one by one."""
    sums = [sum(value * factor for value, factor in zip(row, factors, strict=True)) for row in zip(*terms, strict=True)]
    match rounding:
        case "down":
            found = [number // denominator for number in sums]
        case "nearest":
            found = [(2 * number + denominator) // (2 * denominator) for number in sums]
        case "up":
            found = [-(-number // denominator) for number in sums]
    if any(abs(number) >= _SAFE_RESULT for number in found):
        raise InvalidFacts("a rule gives more points than 64 bits hold")
    return Few(found)


def _divided(total: pl.Expr, denominator: int, rounding: Rounding, wide: type[pl.DataType]) -> pl.Expr:
    # Polars' integer division rounds towards minus infinity, as Python's.
    if denominator == 1:
        return total
    match rounding:
        case "down":
            return total // _literal(denominator, wide)
        case "nearest":
            return (total * _literal(2, wide) + _literal(denominator, wide)) // _literal(2 * denominator, wide)
        case "up":
            return -((-total) // _literal(denominator, wide))


def _literal(value: int, wide: type[pl.DataType]) -> pl.Expr:
    return pl.lit(value, dtype=wide)


def _largest(column: Column) -> int:
    return 0 if column.is_empty() else max(abs(int(column.min())), abs(int(column.max())))
