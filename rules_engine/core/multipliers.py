"""Several multipliers on one line: which of them counts there, and for how much."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from rules_engine.core.columns import repeated
from rules_engine.core.matching import Matched, Matching
from rules_engine.core.rules import Rule


@dataclass(frozen=True)
class Region:
    """Lines a multiplier has to itself. `whole`: activities it has as wholes, when it is of receipt scope."""

    lines: Any | None
    activities: Any
    whole: Any | None


Weighted = list[tuple[Region, Fraction]]


def regions(
    multipliers: list[tuple[Rule, Matched]], policy: Literal["best", "sum", "product"], matching: Matching
) -> dict[str, Weighted]:
    """For each multiplier of one currency, where it counts and by which factor the base points there are added.

    best: the largest factor, but 0 beats all, then the first written; sum: 1 + the sum of (f - 1); product: the
    factors in the order written, each award being what its factor adds to the product of those before.
    """
    if policy == "sum" or len(multipliers) == 1:
        return {rule.code: [(_whole_region(rule, matched), _factor(rule) - 1)] for rule, matched in multipliers}
    if policy == "best":
        return _best(multipliers, matching)
    return _product(multipliers, matching)


def _best(multipliers: list[tuple[Rule, Matched]], matching: Matching) -> dict[str, Weighted]:
    # Sorting is stable: among equal factors the first written stays first.
    strongest_first = sorted(multipliers, key=lambda pair: (_factor(pair[0]) != 0, -_factor(pair[0])))
    free_lines, free_activities = _everything(matching)
    found: dict[str, Weighted] = {}
    for rule, matched in strongest_first:
        lines = matching.every_line(matched)
        whole = matched.activities if rule.scope == "receipt" else None
        won = Region(lines & free_lines, matched.activities, None if whole is None else whole & free_activities)
        found[rule.code] = [(won, _factor(rule) - 1)]
        free_lines = free_lines & ~lines
        if whole is not None:
            free_activities = free_activities & ~whole
    return found


def _product(multipliers: list[tuple[Rule, Matched]], matching: Matching) -> dict[str, Weighted]:
    # Lines (and whole activities) apart by the product of the factors so far.
    so_far = {Fraction(1): _everything(matching)}
    found: dict[str, Weighted] = {}
    for rule, matched in multipliers:
        lines = matching.every_line(matched)
        whole = matched.activities if rule.scope == "receipt" else None
        adds = _factor(rule) - 1
        found[rule.code] = [
            (Region(own & lines, matched.activities, None if whole is None else own_whole & whole), product * adds)
            for product, (own, own_whole) in so_far.items()
        ]
        so_far = _split(so_far.items(), lines, whole, _factor(rule))
    return found


def _split(
    classes: Iterable[tuple[Fraction, tuple[Any, Any]]],
    lines: Any,
    whole: Any | None,
    factor: Fraction,
) -> dict[Fraction, tuple[Any, Any]]:
    after: dict[Fraction, tuple[Any, Any]] = {}
    for product, (own, own_whole) in classes:
        touched = own_whole & whole if whole is not None else own_whole & ~own_whole
        for key, part in (
            (product * factor, (own & lines, touched)),
            (product, (own & ~lines, own_whole & ~touched)),
        ):
            if part[0].any() or part[1].any():
                before = after.get(key)
                after[key] = part if before is None else (before[0] | part[0], before[1] | part[1])
    return after


def _everything(matching: Matching) -> tuple[Any, Any]:
    """All lines, all activities."""
    tables = matching.tables
    return repeated(True, tables.lines.height, tables.few), repeated(True, tables.height, tables.few)


def _whole_region(rule: Rule, matched: Matched) -> Region:
    return Region(matched.lines, matched.activities, matched.activities if rule.scope == "receipt" else None)


def _factor(rule: Rule) -> Fraction:
    return Fraction(rule.earn.multiply or 0)
