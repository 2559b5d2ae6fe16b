"""How two ways of scoring the same activity differ: by rule, by member, by receipt. Frames of awards in, values out.

Awards are frames of the scoring core; numbers are smallest units of a currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from rules_engine.core.facts import Facts

BINS = 8
SHOWN = 5


@dataclass(frozen=True)
class Bin:
    """Members with `low` to `high` points (None: and more), counted by the rules in force and by the draft."""

    low: int
    high: int | None
    before: int
    after: int


@dataclass(frozen=True)
class Moved:
    """A holder whose points differ."""

    holder_id: int
    before: int
    after: int

    @property
    def more(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class Sample:
    """A receipt whose points differ much. `net` in minor units of `money`."""

    activity_id: int
    on: date
    store: str
    net: int
    money: str
    before: int
    after: int

    @property
    def more(self) -> int:
        return self.after - self.before


def by_rule(old: pl.DataFrame, new: pl.DataFrame) -> list[tuple[str, str, int, int]]:
    """(rule, currency, before, after) of every rule that gives anything either way."""
    rows = _beside(old, new, ["rule", "currency"])
    return [(row[0], row[1], row[2], row[3]) for row in rows.iter_rows()]


def moved(old: pl.DataFrame, new: pl.DataFrame, currency: str) -> pl.DataFrame:
    """holder_id, before, after, more: every holder with points of the currency either way."""
    mine = pl.col("currency") == currency
    rows = _beside(old.filter(mine), new.filter(mine), ["holder_id"])
    return rows.with_columns(more=pl.col("after") - pl.col("before"))


def most(moved: pl.DataFrame, *, winners: bool) -> tuple[Moved, ...]:
    """The few who gain, or lose, the most."""
    rows = moved.filter(pl.col("more") > 0 if winners else pl.col("more") < 0)
    rows = rows.sort("more", "holder_id", descending=[winners, False]).head(SHOWN)
    return tuple(Moved(row[0], row[1], row[2]) for row in rows.iter_rows())


def of_members(old: pl.DataFrame, new: pl.DataFrame, currency: str, changed: Iterable[str]) -> tuple[Bin, ...]:
    """Members by points of the rules that changed (all rules when none did), in steps of a round number."""
    codes = list(changed)
    mine = pl.col("currency") == currency
    if codes:
        mine = mine & pl.col("rule").is_in(codes)
    rows = _beside(old.filter(mine), new.filter(mine), ["holder_id"])
    both = pl.concat([rows["before"], rows["after"]])
    both = both.filter(both > 0)
    if both.is_empty():
        return ()
    top = int(both.quantile(0.97, "higher") or 1)
    step = _round(max(1, -(-top // (BINS - 1))))
    bins = []
    for number in range(BINS):
        low, high = number * step + 1, (number + 1) * step if number < BINS - 1 else None
        counts = [
            int(((column >= low) & (column <= high) if high else column >= low).sum())
            for column in (rows["before"], rows["after"])
        ]
        bins.append(Bin(low, high, counts[0], counts[1]))
    while len(bins) > 2 and not (bins[-1].before or bins[-1].after):
        bins.pop()
    return tuple(bins)


def samples(old: pl.DataFrame, new: pl.DataFrame, currency: str, known: Facts) -> tuple[Sample, ...]:
    """Receipts whose points differ, the largest difference of each of a few holders."""
    mine = pl.col("currency") == currency
    rows = _beside(old.filter(mine), new.filter(mine), ["activity_id", "holder_id"])
    rows = rows.with_columns(more=(pl.col("after") - pl.col("before")).abs()).filter(pl.col("more") > 0)
    if rows.is_empty():
        return ()
    # neither the largest, which are freaks, nor the smallest: what most changed receipts look like
    middle = int(rows["more"].quantile(0.9, "higher") or 1)
    rows = rows.with_columns(off=(pl.col("more") - middle).abs()).sort("off", "activity_id")
    rows = rows.unique("holder_id", keep="first", maintain_order=True).head(SHOWN)
    stores = known.stores["code"]
    seen = known.activities.select("activity_id", "local_date", "store", "net", "currency")
    joined = rows.join(seen, on="activity_id", how="left", maintain_order="left", suffix="_money")
    return tuple(
        Sample(
            row["activity_id"], row["local_date"], stores[row["store"]] if row["store"] is not None else "",
            row["net"] or 0, row["currency"] or "", row["before"], row["after"],
        )
        for row in joined.iter_rows(named=True)
    )  # fmt: skip


def _beside(old: pl.DataFrame, new: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    sides = [
        frame.group_by(keys, maintain_order=True).agg(pl.col("granted").sum().alias(name))
        for frame, name in ((old, "before"), (new, "after"))
    ]
    rows = sides[0].join(sides[1], on=keys, how="full", coalesce=True, maintain_order="left_right")
    return rows.with_columns(pl.col("before").fill_null(0), pl.col("after").fill_null(0)).select(
        *keys, "before", "after"
    )


def _round(number: int) -> int:
    """1, 2, 5, 10, 20, 25, 50, 100 ...: the next number one likes to read."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if step * scale >= number:
                return step * scale
        if 25 * scale >= number > 20 * scale:
            return 25 * scale
        scale *= 10
