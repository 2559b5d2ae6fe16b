"""Limits decided award by award, in order of occurrence."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from rules_engine.core import small
from rules_engine.core.facts import ROW
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Limit, PeriodKind, Rule, Share, Whose

FOREVER = date(1970, 1, 1)
# (whose, their key, kind of period, its start)
Key = tuple[str, str, str, date]


def taken(usage: pl.DataFrame | None) -> dict[Key, list[int]]:
    """[points, times]: what other activity already took."""
    if usage is None:
        return {}
    columns = usage.select("whose", "key", "period_kind", "period_start", "points", "times")
    return {
        (whose, key, kind, start): [points, times] for whose, key, kind, start, points, times in columns.iter_rows()
    }


def in_order(
    rule: Rule,
    wanted: Sequence[int],
    keys: Mapping[Whose, Sequence[str]],
    starts: Mapping[PeriodKind, Sequence[date]],
    taken: dict[Key, list[int]],
) -> list[int]:
    """What is left of each wanted number, as they occurred. `keys` by whose, `starts` by kind of period, row by row."""
    decided = []
    for place, number in enumerate(wanted):
        used: dict[Share, list[int]] = {
            (whose, kind): taken.setdefault((whose, keys[whose][place], kind, starts[kind][place]), [0, 0])
            for whose, kind in rule.shares
        }
        for cap in rule.caps:
            number = _within(cap, number, used.get((cap.for_, cap.per), [0, 0]))
        if number > 0:
            for so_far in used.values():
                so_far[0] += number
                so_far[1] += 1
        decided.append(number)
    return decided


def _within(cap: Limit, number: int, used: list[int]) -> int:
    if cap.of == "times":
        return number if used[1] < cap.max else 0
    room = max(0, cap.max - used[0])
    if number <= room:
        return number
    return room if cap.overflow == "reduce" else 0


def of_few(
    rulebook: Rulebook, awards: pl.DataFrame, activities: pl.DataFrame, stores: pl.DataFrame, usage: pl.DataFrame | None
) -> pl.DataFrame:
    """`awards` with what is left of `granted` after every limit, when there are few: no query is planned."""
    granted, rules, rows = (awards[name].to_list() for name in ("granted", "rule", ROW))
    gave = set(rules)
    seen = None
    for rule in rulebook.earning:
        if not rule.caps or rule.code not in gave:
            continue
        seen = seen or [activities.row(place, named=True) for place in range(activities.height)]
        own = [place for place, code in enumerate(rules) if code == rule.code and granted[place] > 0]
        own.sort(key=lambda place: (seen[rows[place]]["occurred_at"], seen[rows[place]]["activity_id"]))
        happened = [seen[rows[place]] for place in own]
        used = taken(None if usage is None else usage.filter(pl.col("rule") == rule.code))
        decided = in_order(
            rule,
            [granted[place] for place in own],
            {whose: [_key(whose, stores)(one) for one in happened] for whose, _ in rule.shares},
            {kind: [_start(rulebook, rule, kind, one) for one in happened] for _, kind in rule.shares},
            used,
        )
        for place, number in zip(own, decided, strict=True):
            granted[place] = number
    return awards.with_columns(pl.Series("granted", granted, dtype=pl.Int64))


def _key(whose: Whose, stores: pl.DataFrame) -> Callable[[Mapping[str, Any]], str]:
    match whose:
        case "household":
            return lambda activity: str(activity["holder_id"])
        case "banner":
            return lambda activity: _banner(activity["store"], stores)
        case "program":
            return lambda activity: ""
    return lambda activity: str(activity.get("membership_id", activity["holder_id"]))


def _banner(store: int | None, stores: pl.DataFrame) -> str:
    if store is None:
        return ""
    return stores["banner"][store] or "" if stores.height else str(store)


def _start(rulebook: Rulebook, rule: Rule, kind: PeriodKind, activity: Mapping[str, Any]) -> date:
    begins = rule.valid.from_ if rule.valid is not None else None
    week_start = activity.get("week_start")
    return small.period_start(
        kind,
        activity["local_date"],
        rulebook.week_start_number if week_start is None else week_start,
        begins or FOREVER,
    )
