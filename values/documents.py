"""What the fields of documents accept: exact numbers, days, codes and texts, from JSON or as written in a text file.

A value may come as text ("1.50", "true", "2026-01-31") or as what JSON makes of it; a float is refused, because it
has already lost what was written.
"""

from __future__ import annotations

import contextlib
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Strictly(BaseModel):
    """What documents are made of: nothing is guessed, nothing unknown is kept, nothing changes."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", validate_by_name=False, validate_by_alias=True)


def refused(message: str) -> PydanticCustomError:
    """An error whose sentence is shown as it is, beside its field."""
    return PydanticCustomError("refused", "{message}", {"message": message})


def text(value: object) -> str:
    """Text as written. Raises PydanticCustomError."""
    if not isinstance(value, str):
        raise refused("must be text")
    return str(value)


def whole(value: object) -> int:
    """A whole number."""
    match value:
        case bool() | float():
            pass
        case int() if abs(value) < 10**18:
            return value
        case str() if _WHOLE.fullmatch(value):
            return int(value)
        case Decimal() if value == value.to_integral_value() and abs(value) < 10**18:
            return int(value)
    raise refused("must be a whole number, such as 12")


def amount(value: object) -> Decimal:
    """A plain decimal with at most six places."""
    match value:
        case bool() | float():
            pass
        case int() if abs(value) < 10**15:
            return Decimal(value)
        case str() if _AMOUNT.fullmatch(value):
            return Decimal(value)
        case Decimal() if value.is_finite() and abs(value) < 10**15 and value == round(value, 6):
            return value
    raise refused("must be a plain number, such as 12 or 1.50")


def truth(value: object) -> bool:
    """Yes or no, written true or false."""
    match value:
        case bool():
            return value
        case "true":
            return True
        case "false":
            return False
    raise refused("must be true or false")


def day(value: object) -> date:
    """A calendar day, written 2026-01-31, of the years in which every zone has a midnight."""
    written: date | None = None
    if type(value) is date:
        written = value
    elif isinstance(value, str) and _DAY.fullmatch(value):
        with contextlib.suppress(ValueError):
            written = date.fromisoformat(value)
    if written is None:
        raise refused("must be a day, such as 2026-01-31")
    if not _FIRST_YEAR <= written.year <= _LAST_YEAR:
        raise refused(f"must be between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return written


def scalar(value: object) -> str | int | bool:
    """An attribute's value for JSON: a word, true or false, or a whole number; other numbers stay text."""
    plain = getattr(value, "plain", True)
    match value:
        case bool():
            return value
        case "true" | "false" if plain:
            return value == "true"
        case int() if abs(value) < 2**53:
            return value
        case str() if plain and _WHOLE.fullmatch(value) and len(value) <= 15:
            return int(value)
        case str() if len(value) <= 200:
            return str(value)
    raise refused("must be a word of at most 200 characters, a number, or true or false")


def _matching(pattern: str, message: str) -> Any:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise refused(message)
        return str(value)

    return BeforeValidator(check)


def _between(low: int, high: int) -> Any:
    def check(value: object) -> int:
        number = whole(value)
        if not low <= number <= high:
            raise refused(f"must be between {low} and {high}")
        return number

    return BeforeValidator(check)


def _positive(value: object) -> Decimal:
    if (number := amount(value)) <= 0:
        raise refused("must be more than zero")
    return number


Text = Annotated[str, BeforeValidator(text), Field(min_length=1, max_length=200)]
Truth = Annotated[bool, BeforeValidator(truth)]
Day = Annotated[date, BeforeValidator(day)]
Amount = Annotated[Decimal, BeforeValidator(_positive)]
Count = Annotated[int, _between(0, 10**12)]
Positive = Annotated[int, _between(1, 10**12)]
Scale = Annotated[int, _between(0, 6)]
Days = Annotated[int, _between(0, 36_500)]
Months = Annotated[int, _between(0, 1_200)]
Years = Annotated[int, _between(0, 100)]
Age = Annotated[int, _between(0, 120)]
Slug = Annotated[str, _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "must be a code: up to 40 letters, digits, - or _")]
Code = Annotated[str, _matching(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", "must be a code: up to 40 of a-z 0-9 . - _")]
MarketCode = Annotated[str, _matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,9}", "must be a market's code, such as FR")]
Language = Annotated[str, _matching(r"[a-z]{2,3}(-[A-Z]{2})?", "must be a language, such as fr or pt-BR")]
Money = Annotated[str, _matching(r"[A-Z]{3}", "must be a money, such as EUR")]
DayOfYear = Annotated[
    str, _matching(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", 'must be a day of the year, such as "03-01"')
]
Scalar = Annotated[str | int | bool, BeforeValidator(scalar)]
Names = dict[Language, Text]
