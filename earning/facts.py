"""The facts of a batch, laid out for the scoring core."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import polars as pl

from earning import batches, history, returns
from earning.terms import Terms
from rules_engine.core.facts import Facts
from rules_engine.core.rulebook import Rulebook


def local_moments(activities: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Add occurred_at, the wall clock of the store (else of the member's home market), its zone, market and row."""
    stores = terms.stores.with_row_index("store").select("store_id", "store", "zone", "market")
    placed = activities.join(stores, on="store_id", how="left", maintain_order="left")
    if placed["zone"].has_nulls():
        homes = terms.home_markets(placed.filter(pl.col("zone").is_null())["membership_id"])
        placed = placed.join(homes, on="membership_id", how="left", maintain_order="left").with_columns(
            pl.coalesce("zone", "home_zone").alias("zone"), pl.coalesce("market", "home_market").alias("market")
        )
    occurred = pl.from_epoch("occurred_us", time_unit="us").dt.replace_time_zone("UTC")
    placed = placed.with_columns(occurred.alias("occurred_at"))
    zones = [zone for zone in placed["zone"].unique().to_list() if zone is not None]
    local = pl.col("occurred_at").dt.replace_time_zone(None)
    for zone in zones:
        there = pl.col("occurred_at").dt.convert_time_zone(zone).dt.replace_time_zone(None)
        local = pl.when(pl.col("zone") == zone).then(there).otherwise(local)
    return placed.with_columns(local.alias("local_at"))


def assemble(
    cursor: Any, activities: pl.DataFrame, rulebook: Rulebook, terms: Terms, products: batches.Products
) -> Facts:
    """Join everything the rulebook reads to these activities (rows of one program, with local moments).

    Lines are what is left of them after returns; a purchase of which nothing is left is left out.
    """
    activities = history.facts(cursor, activities, rulebook.volatile_facts())
    left = returns.what_is_left(cursor, batches.lines_of(activities))
    lines = left.lines
    if len(left.emptied):
        activities = activities.filter(~pl.col("activity_id").is_in(left.emptied.implode()))
    states = products.of(cursor, lines["state"])
    numbered = states.select("state").with_row_index("product")
    lines = lines.join(numbered, on="state", how="left", maintain_order="left").drop("state")
    read = rulebook.attributes()
    return Facts(
        activities=with_attributes(activities, read),
        lines=_with_line_attributes(lines, activities, names(read, "line.")),
        products=with_product_attributes(states, names(read, "line.")),
        stores=terms.stores.select("code", "kind", "banner", "market"),
    )


def names(read: Iterable[str], prefix: str) -> list[str]:
    return sorted(name.removeprefix(prefix) for name in read if name.startswith(prefix))


def _attribute(column: str, name: str) -> pl.Expr:
    """One value of a jsonb object kept as text; a name with odd characters is quoted in the path."""
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    return pl.col(column).str.json_path_match(f"$['{quoted}']")


def with_attributes(activities: pl.DataFrame, read: frozenset[str]) -> pl.DataFrame:
    added = [_attribute("attributes", name).alias(f"event.{name}") for name in names(read, "event.")]
    if "receipt.tender" in read:
        kinds = pl.col("tenders").str.json_decode(pl.List(pl.Struct({"kind": pl.String})))
        added.append(kinds.list.eval(pl.element().struct.field("kind")).alias("tenders"))
    return activities.with_columns(added) if added else activities


def with_product_attributes(states: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return states.with_columns(_attribute("attributes", name).alias(f"attr.{name}") for name in names).drop("state")


def _with_line_attributes(lines: pl.DataFrame, activities: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Attributes of lines are kept as {"colour": ["red", null]}, one value a line, only where there are any."""
    if not names:
        return lines
    some = activities.filter(pl.col("line_attributes").is_not_null()).select("activity_id", "line_attributes")
    held = {key: json.loads(text) for key, text in some.iter_rows()}
    if not held:
        return lines.with_columns(pl.lit(None, dtype=pl.String).alias(f"line.{name}") for name in names)
    places = list(lines.select("activity_id", "line").iter_rows())
    return lines.with_columns(
        pl.Series(f"line.{name}", [_of_line(held.get(key), name, line) for key, line in places], dtype=pl.String)
        for name in names
    )


def _of_line(attributes: dict[str, list[Any]] | None, name: str, line: int) -> str | None:
    values = attributes.get(name) if attributes else None
    value = values[line - 1] if values else None
    return None if value is None else str(value)


def with_usage(facts: Facts, usage: pl.DataFrame | None) -> Facts:
    """The same facts, knowing what other activity already took under the limits."""
    return replace(facts, usage=usage)


def as_kept(facts: Facts, standing: pl.DataFrame, rulebook: Rulebook) -> Facts:
    """The changing facts as they were kept with the awards of activity that was scored before."""
    names = sorted(rulebook.volatile_facts())
    kept = standing.filter(pl.col("facts").is_not_null()).unique("activity_id").select("activity_id", "facts")
    if not names or kept.is_empty():
        return facts
    remembered = {key: json.loads(text) for key, text in kept.iter_rows()}
    columns = []
    for name in names:
        now_known = facts.activities[name]
        values = [  # a fact that the version of then did not read is read now
            remembered.get(key, {}).get(name, value)
            for key, value in zip(facts.activities["activity_id"], now_known, strict=True)
        ]
        columns.append(pl.Series(name, values, dtype=now_known.dtype))
    return replace(facts, activities=facts.activities.with_columns(columns))


def to_keep(activities: pl.DataFrame, rulebook: Rulebook) -> pl.DataFrame:
    """activity_id, occurred_on, and the changing facts its rules read, as JSON text (null when they read none)."""
    names = sorted(rulebook.volatile_facts())
    kept = pl.struct(names).struct.json_encode() if names else pl.lit(None, dtype=pl.String)
    return activities.select("activity_id", pl.col("local_date").alias("occurred_on"), kept.alias("facts"))
