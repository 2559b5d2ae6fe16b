"""The Complete Journey year as frames of facts, and the rulebooks the scoring bench runs over it."""

from __future__ import annotations

from typing import Any

import polars as pl

from loyalty.demo import journey_data
from rules_engine.core import Facts, Rulebook

DEPARTMENTS = (
    "GROCERY", "DRUG GM", "PRODUCE", "MEAT", "MEAT-PCKGD", "DELI", "PASTRY", "NUTRITION", "COSMETICS", "FLORAL",
    "SEAFOOD", "SEAFOOD-PCKGD", "SALAD BAR", "SPIRITS", "FUEL", "GARDEN CENTER", "MISCELLANEOUS", "CHEF SHOPPE",
)  # fmt: skip


def year() -> Facts:
    """Every line of the year: amounts in cents (of the data's decimals, rounded once), quantities in thousandths."""
    rows = journey_data.transactions().select(
        pl.col("basket_id").cast(pl.Int64),
        pl.col("household_id").cast(pl.Int64),
        pl.col("store_id").cast(pl.String),
        pl.col("product_id").cast(pl.String),
        (pl.col("quantity").cast(pl.Int64) * 1000).alias("quantity"),
        (pl.col("sales_value") * 100).round().cast(pl.Int64).alias("net"),
        ((pl.col("sales_value") + pl.col("retail_disc") + pl.col("coupon_disc")) * 100)
        .round().cast(pl.Int64).alias("gross"),
        pl.col("transaction_timestamp").dt.replace_time_zone(None).cast(pl.Datetime("us")).alias("local_at"),
    ).sort("basket_id", maintain_order=True).collect()  # fmt: skip
    products = _products()
    stores = rows.select(code=pl.col("store_id").unique().sort()).with_row_index("store")
    activities = _activities(rows, stores)
    numbered = products.select("sku").with_row_index("product")
    lines = rows.join(numbered, left_on="product_id", right_on="sku", how="left", maintain_order="left").select(
        pl.col("basket_id").alias("activity_id"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("basket_id").alias("line"),
        "product", "quantity", "gross", "net",
    )  # fmt: skip
    kinds = stores.select("code", kind=pl.lit(None, dtype=pl.String), banner=pl.lit("b"), market=pl.lit("US"))
    return Facts(activities, lines, products, kinds)


def _activities(rows: pl.DataFrame, stores: pl.DataFrame) -> pl.DataFrame:
    heads = rows.group_by("basket_id", maintain_order=True).agg(
        pl.col("household_id", "store_id", "local_at").first(), pl.col("gross", "net").sum()
    )
    return heads.join(stores, left_on="store_id", right_on="code", how="left", maintain_order="left").select(
        pl.col("basket_id").alias("activity_id"),
        pl.col("household_id").alias("holder_id"),
        pl.lit(1, dtype=pl.UInt8).alias("kind"),
        pl.lit(None, dtype=pl.String).alias("event_type"),
        pl.col("local_at").dt.replace_time_zone("UTC").alias("occurred_at"),
        "local_at",
        pl.col("local_at").dt.date().alias("local_date"),
        pl.col("store").cast(pl.UInt32),
        pl.lit("store").alias("channel"),
        pl.lit("USD").alias("currency"),
        "gross", "net",
    )  # fmt: skip


def _products() -> pl.DataFrame:
    known = pl.read_parquet(journey_data.folder() / "products.parquet")
    sold = journey_data.transactions().select(sku=pl.col("product_id").cast(pl.String)).unique().collect()
    described = known.select(
        sku=pl.col("product_id").cast(pl.String),
        category=pl.concat_str("department", pl.lit("/"), "product_category"),
        brand=pl.col("brand").cast(pl.String),
    )
    return sold.join(described, on="sku", how="left").sort("sku").with_columns(
        pl.Series("tags", [[]] * sold.height, dtype=pl.List(pl.String))
    )  # fmt: skip


def comparable(count: int = 20) -> list[dict[str, Any]]:
    """Rules any engine can express: conditions over facts of one line; points per dollar or per unit, a line at a time.

    Each is `{code, when: [[fact, operator, value], ...] (all of them), per_dollar or per_unit}`.
    """
    rules: list[dict[str, Any]] = [{"code": "base", "when": [], "per_dollar": 1}]
    for place in range(count - 1):
        department = DEPARTMENTS[place % len(DEPARTMENTS)]
        match place % 5:
            case 0:
                when: list[list[Any]] = [["category", "starts_with", f"{department}/"]]
            case 1:
                when = [["brand", "eq", "Private"], ["net", "ge", 200 + 25 * place]]
            case 2:
                when = [["category", "starts_with", f"{department}/"], ["quantity", "ge", 2]]
            case 3:
                when = [["net", "ge", 500], ["net", "lt", 1500 + 100 * place], ["brand", "eq", "National"]]
            case _:
                when = [["category", "starts_with", f"{department}/"], ["net", "gt", 300], ["brand", "ne", "Private"]]
        given = {"per_unit": 1 + place % 3} if place % 5 == 2 else {"per_dollar": 1 + place % 4}
        rules.append({"code": f"r{place}", "when": when, **given})
    return rules


def rulebook_of(rules: list[dict[str, Any]]) -> Rulebook:
    """The same rules as a rulebook whose currency rounds each line."""
    return Rulebook.from_document(
        {"currencies": [{"code": "points", "round_per": "line"}], "rules": [_rule(rule) for rule in rules]}
    )


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    parts = [
        {"fact": f"line.{fact}", operator: _money(value) if fact == "net" else value}
        for fact, operator, value in rule["when"]
    ]
    earn = {"per_unit": rule["per_unit"]} if "per_unit" in rule else {"per_amount": {"points": rule["per_dollar"]}}
    written: dict[str, Any] = {"code": rule["code"], "trigger": "purchase", "scope": "line", "earn": earn}
    return written | ({"when": {"all": parts}} if parts else {})


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def of_a_retailer(count: int) -> Rulebook:
    """What a chain writes: a base, exclusions, multipliers by department and day, brand and threshold bonuses, caps."""
    rules: list[dict[str, Any]] = [
        {"code": "base", "trigger": "purchase", "scope": "line", "earn": {"per_amount": {"points": 1}}},
        {"code": "no-fuel", "trigger": "purchase", "scope": "line", "earn": {"exclude": True},
         "when": {"fact": "line.category", "starts_with": "FUEL/"}},
    ]  # fmt: skip
    makers = (_multiplier, _brand_bonus, _threshold, _basket_of, _weekend, _status)
    for place in range(count - len(rules)):
        rules.append({"code": f"r{place}", "trigger": "purchase"} | makers[place % len(makers)](place))
    currencies = [{"code": "points"}, {"code": "status", "kind": "status"}]
    return Rulebook.from_document({"currencies": currencies, "rules": rules})


def _department(place: int) -> dict[str, Any]:
    return {"fact": "line.category", "starts_with": f"{DEPARTMENTS[place % len(DEPARTMENTS)]}/"}


def _multiplier(place: int) -> dict[str, Any]:
    return {
        "scope": "line", "when": _department(place), "earn": {"multiply": 2 + place % 3},
        "limits": [{"max": 300, "per": "month"}],
    }  # fmt: skip


def _brand_bonus(place: int) -> dict[str, Any]:
    when = [{"fact": "line.brand", "eq": "Private"}, {"fact": "line.net", "ge": 2 + place % 7}]
    return {"scope": "line", "when": {"all": when}, "earn": {"per_unit": 1}, "phase": "bonus"}


def _threshold(place: int) -> dict[str, Any]:
    return {
        "scope": "receipt", "when": {"fact": "receipt.net", "ge": 40 + 5 * (place % 20)}, "earn": {"fixed": 25},
        "combine": {"group": "threshold"},
    }  # fmt: skip


def _basket_of(place: int) -> dict[str, Any]:
    lines = {"where": _department(place), "count": "units", "ge": 2 + place % 3}
    return {"scope": "receipt", "when": {"lines": lines}, "earn": {"fixed": 10}}


def _weekend(place: int) -> dict[str, Any]:
    hours = {"days": ["sat", "sun"], "from": f"{8 + place % 4:02d}:00", "to": "20:00"}
    return {
        "scope": "line", "when": _department(place), "valid": {"weekly": [hours]},
        "earn": {"per_amount": {"points": 1, "every": 2}},
    }  # fmt: skip


def _status(place: int) -> dict[str, Any]:
    return {
        "scope": "line", "when": {"not": _department(place)},
        "earn": {"per_amount": {"points": 1, "every": 10, "step": "whole"}, "currency": "status"},
    }  # fmt: skip
