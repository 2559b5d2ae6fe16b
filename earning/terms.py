"""The terms under which a program's activity is judged: its stores, currencies, and the rulebook of each moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from members import models as members
from programs import queries as programs
from rules_engine import queries as rulebooks
from rules_engine.core.rulebook import Rulebook

_NONE_IN_FORCE = -1


@dataclass(frozen=True)
class Judged:
    """Activity that one version of the rules judges, with the rules that were stopped by then left out."""

    version: rulebooks.Version
    rulebook: Rulebook
    activities: pl.DataFrame


class Terms:
    """Read once a batch; small tables only."""

    def __init__(self, program_id: int) -> None:
        self.program_id = program_id
        self.settings = programs.settings_of(program_id)
        self.markets = {market.code: market for market in programs.markets_of(program_id)}
        self.currencies = {currency.id: currency for currency in programs.currencies_of(program_id)}
        self.currency_ids = {currency.code: currency.id for currency in self.currencies.values()}
        self.versions = rulebooks.rulebooks_for(program_id)
        self.rule_ids = rulebooks.rule_ids(program_id)
        rows = [
            (store.id, store.code, store.kind or None, store.banner, store.market_code, store.timezone)
            for store in programs.stores_of(program_id)
        ]
        columns = ["store_id", "code", "kind", "banner", "market", "zone"]
        types = [pl.Int64, *[pl.String] * 5]
        self.stores = pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")

    @property
    def late_lives_days(self) -> int:
        return int(self.settings.get("late_lives_days", 0))

    def home_markets(self, membership_ids: pl.Series) -> pl.DataFrame:
        """Each membership's home market and its zone, for activity without a store of the program."""
        found = members.Membership.objects.filter(pk__in=membership_ids.unique().to_list())
        first = next(iter(self.markets.values()))
        rows = [
            (key, home.code, home.timezone)
            for key, code in found.values_list("pk", "market_code")
            for home in [self.markets.get(code, first)]
        ]
        schema = {"membership_id": pl.Int64, "home_market": pl.String, "home_zone": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def eligible(self, activities: pl.DataFrame) -> pl.DataFrame:
        """Without what a membership did before it joined, where the program says that this does not earn."""
        if self.settings.get("earn_before_joining", True) or activities.is_empty():
            return activities
        ids = activities["membership_id"].unique().to_list()
        rows = list(members.Membership.objects.filter(pk__in=ids).values_list("pk", "joined_at"))
        schema: dict[str, Any] = {"membership_id": pl.Int64, "joined_at": pl.Datetime("us", "UTC")}
        joined = pl.DataFrame(rows, schema=schema, orient="row")
        return (
            activities.join(joined, on="membership_id", how="left", maintain_order="left")
            .filter(pl.col("occurred_at") >= pl.col("joined_at"))
            .drop("joined_at")
        )

    def judge(self, activities: pl.DataFrame) -> Iterator[Judged]:
        """Split activity (with occurred_at and market) by the version in force and the rules stopped by then.

        Activity of a moment no version holds for is judged by none and left out.
        """
        version = pl.lit(_NONE_IN_FORCE)
        everyones_first = sorted(self.versions, key=lambda one: one.market_code is not None)
        for one in everyones_first:
            version = pl.when(_holds(one)).then(one.id).otherwise(version)
        split = activities.with_columns(version.alias("version"))
        for one in self.versions:
            own = split.filter(pl.col("version") == one.id).drop("version")
            if own.height:
                yield from _without_stopped(one, own)


def _holds(version: rulebooks.Version) -> pl.Expr:
    holds = pl.lit(True)
    if version.begins_at is not None:
        holds = holds & (pl.col("occurred_at") >= version.begins_at)
    if version.ends_at is not None:
        holds = holds & (pl.col("occurred_at") < version.ends_at)
    if version.market_code is not None:
        holds = holds & (pl.col("market") == version.market_code).fill_null(value=False)
    return holds


def _without_stopped(version: rulebooks.Version, activities: pl.DataFrame) -> Iterator[Judged]:
    stops = sorted(version.stops.items())
    if not stops:
        yield Judged(version, _rulebook(version.id, version.digest, (), version), activities)
        return
    bits = [_during(times).cast(pl.Int64) * (1 << place) for place, (_, times) in enumerate(stops)]
    parts = activities.with_columns(pl.sum_horizontal(bits).alias("stopped")).partition_by("stopped", as_dict=True)
    for (stopped,), part in sorted(parts.items()):
        codes = tuple(code for place, (code, _) in enumerate(stops) if stopped >> place & 1)
        yield Judged(version, _rulebook(version.id, version.digest, codes, version), part.drop("stopped"))


def _during(stops: tuple[rulebooks.Stop, ...]) -> pl.Expr:
    """Whether an activity happened while a rule was stopped; when it is scored plays no part."""
    return pl.any_horizontal(
        (pl.col("occurred_at") >= stop.begins_at)
        if stop.ends_at is None
        else pl.col("occurred_at").is_between(stop.begins_at, stop.ends_at, closed="left")
        for stop in stops
    )


def rulebook_of(terms: Terms, version_id: int) -> Rulebook | None:
    """The whole of a version that is in force at some time; None when it is not (or no longer)."""
    version = next((one for one in terms.versions if one.id == version_id), None)
    return None if version is None else _rulebook(version.id, version.digest, (), version)


_cache: dict[tuple[int, str, tuple[str, ...]], Rulebook] = {}


def _rulebook(version_id: int, digest: str, stopped: tuple[str, ...], version: rulebooks.Version) -> Rulebook:
    """Parsed once a process: a version never changes, and its digest tells scratch databases apart."""
    key = (version_id, digest, stopped)
    if key not in _cache:
        if len(_cache) > 200:
            _cache.clear()
        document = dict(version.document)
        document["rules"] = [rule for rule in document.get("rules", ()) if rule["code"] not in stopped]
        _cache[key] = Rulebook.from_document(document)
    return _cache[key]
