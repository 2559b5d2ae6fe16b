"""A column of a table: a Polars series, or a plain list where a loop is over before a query would be planned.

Scoring is written once. It asks a column only for what both kinds answer alike, so that a million lines are counted in
columns and a till's dozen in a few milliseconds. Only the places that need a query have a second way beside it, and
the property tests run every rulebook both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import polars as pl

# Up to so many activities and lines are looked at one by one: a third of where a query becomes quicker.
FEW_ROWS = 400


class Column(Protocol):
    """What scoring asks of a column. Masks are columns of booleans without nulls."""

    def __and__(self, other: Any) -> Any: ...
    def __or__(self, other: Any) -> Any: ...
    def __invert__(self) -> Any: ...
    def __gt__(self, other: Any) -> Any: ...
    def __add__(self, other: Any) -> Any: ...
    def __mul__(self, other: Any) -> Any: ...
    def __len__(self) -> int: ...
    def __getitem__(self, place: int) -> Any: ...
    def all(self) -> Any: ...
    def any(self) -> Any: ...
    def cast(self, dtype: Any) -> Any: ...
    def clip(self, lower_bound: Any) -> Any: ...
    def filter(self, predicate: Any) -> Any: ...
    def is_empty(self) -> bool: ...
    def max(self) -> Any: ...
    def min(self) -> Any: ...
    def to_list(self) -> list[Any]: ...
    def zip_with(self, mask: Any, other: Any) -> Any: ...


class Few:
    """A column of few values. Operators take a column as long as itself, comparisons and sums also a single value."""

    __slots__ = ("values",)
    __hash__ = None  # type: ignore[assignment]  # it compares value by value, as a series does

    def __init__(self, values: list[Any]):
        self.values = values

    def __and__(self, other: Few) -> Few:
        return Few([one and two for one, two in zip(self.values, other.values, strict=True)])

    def __or__(self, other: Few) -> Few:
        return Few([one or two for one, two in zip(self.values, other.values, strict=True)])

    def __invert__(self) -> Few:
        return Few([not one for one in self.values])

    def __eq__(self, other: object) -> Few:  # type: ignore[override]
        if isinstance(other, Few):
            return Few([one == two for one, two in zip(self.values, other.values, strict=True)])
        return Few([one == other for one in self.values])

    def __ne__(self, other: object) -> Few:  # type: ignore[override]
        return ~(self == other)

    def __gt__(self, other: Any) -> Few:
        return Few([one > other for one in self.values])

    def __add__(self, other: Few) -> Few:
        return Few([one + two for one, two in zip(self.values, other.values, strict=True)])

    def __mul__(self, other: Few) -> Few:
        return Few([one * two for one, two in zip(self.values, other.values, strict=True)])

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: int) -> Any:
        return self.values[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def all(self) -> bool:
        return all(self.values)

    def any(self) -> bool:
        return any(self.values)

    def cast(self, dtype: Any) -> Few:
        """Truths to whole numbers, whatever their width: nothing else is asked of so few."""
        return Few([int(one) for one in self.values])

    def clip(self, lower_bound: int) -> Few:
        return Few([max(one, lower_bound) for one in self.values])

    def filter(self, predicate: Few) -> Few:
        return Few([one for one, wanted in zip(self.values, predicate.values, strict=True) if wanted])

    def is_empty(self) -> bool:
        return not self.values

    def max(self) -> Any:
        return max(self.values)

    def min(self) -> Any:
        return min(self.values)

    def to_list(self) -> list[Any]:
        return self.values

    def zip_with(self, mask: Few, other: Few) -> Few:
        return Few([one if own else two for one, own, two in zip(self.values, mask.values, other.values, strict=True)])


def gathered(values: Any, places: Any, unknown: Any = None) -> Any:
    """Of each place the value that stands there; `unknown` where a place is null."""
    if isinstance(values, Few):
        return Few([unknown if place is None else values.values[place] for place in places.values])
    # Polars gathers bytes in half the time of bits.
    found = values.cast(pl.UInt8).gather(places) == 1 if values.dtype == pl.Boolean else values.gather(places)
    return found if unknown is None else found.fill_null(unknown)


def repeated(value: bool | int, times: int, few: bool) -> Any:
    if few:
        return Few([value] * times)
    return pl.repeat(value, times, dtype=pl.Boolean if isinstance(value, bool) else pl.Int64, eager=True)
