"""Work on several rules at once where there are many rows: Polars lets go of Python's lock while it counts."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl

MANY_ROWS = 100_000

_One = TypeVar("_One")
_Other = TypeVar("_Other")


def each(function: Callable[[_One], _Other], things: Iterable[_One], rows: int) -> list[_Other]:
    """The function of each thing, in their order. As many at once as Polars has threads, for `rows` rows."""
    if rows < MANY_ROWS or pl.thread_pool_size() < 2:
        return [function(thing) for thing in things]
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        return list(threads.map(function, things))
