"""What every document of ours goes through: a limit on its size, paths a person can follow, and plain values back."""

from datetime import date
from decimal import Decimal
from typing import Any

from rules_engine.core.errors import InvalidRulebook, Problem
from rules_engine.core.ratios import as_written

DEEPEST = 40
MOST_PARTS = 200_000


def check_size(document: Any) -> None:
    """Raises InvalidRulebook before anything recursive runs: for what is too deep, too large, or contains itself."""
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(document, ())]
    seen = 0
    while waiting:
        part, path = waiting.pop()
        seen += 1
        if seen > MOST_PARTS:
            raise InvalidRulebook((Problem("", f"the document has more than {MOST_PARTS} parts"),))
        if len(path) > DEEPEST:
            raise InvalidRulebook((Problem(path_of(path[:8]), f"is nested deeper than {DEEPEST} levels"),))
        if isinstance(part, dict):
            if odd := next((key for key in part if not isinstance(key, str)), None):
                raise InvalidRulebook((Problem(path_of(path), f"the key {str(odd)[:40]!r} is not text"),))
            waiting.extend((inner, (*path, key)) for key, inner in part.items())
        elif isinstance(part, list | tuple):
            waiting.extend((inner, (*path, place)) for place, inner in enumerate(part))


def path_of(location: tuple[str | int, ...]) -> str:
    """`rules[2].earn.fixed`. Parts that begin with a question mark only say which alternative was tried."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("?"):
            path += f".{part}" if path else part
    return path[:400]


def plain(value: Any) -> Any:
    """Models dumped to what JSON knows: whole numbers as numbers, other decimals and days as text."""
    match value:
        case Decimal():
            return as_written(value)
        case date():
            return value.isoformat()
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value
