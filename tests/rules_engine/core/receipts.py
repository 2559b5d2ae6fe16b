"""Facts written by hand: a few receipts as plain values, laid out as the frames the core reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from rules_engine.core import Facts, Rulebook, columns, score

KINDS = {"purchase": 1, "return": 2, "visit": 3, "event": 4}
NOON = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
ACTIVITY_SCHEMA = {
    "activity_id": pl.Int64, "holder_id": pl.Int64, "kind": pl.UInt8, "event_type": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"), "local_at": pl.Datetime("us"), "local_date": pl.Date,
    "store": pl.UInt32, "channel": pl.String, "currency": pl.String, "gross": pl.Int64, "net": pl.Int64,
}  # fmt: skip
LINE_SCHEMA = {
    "activity_id": pl.Int64, "line": pl.Int32, "product": pl.UInt32, "quantity": pl.Int64,
    "gross": pl.Int64, "net": pl.Int64,
}  # fmt: skip
PRODUCT_SCHEMA = {"sku": pl.String, "category": pl.String, "brand": pl.String, "tags": pl.List(pl.String)}
STORE_SCHEMA = {"code": pl.String, "kind": pl.String, "banner": pl.String, "market": pl.String}
USAGE_SCHEMA = {
    "whose": pl.String, "key": pl.String, "rule": pl.String, "period_kind": pl.String, "period_start": pl.Date,
    "points": pl.Int64, "times": pl.Int64,
}  # fmt: skip

# Line A, B and D of receipt R152, whose three lines come to 152.00.
R152_PRODUCTS = [
    {"sku": "123", "tags": ["red"]},
    {"sku": "000", "tags": ["blue"]},
    {"sku": "0001", "tags": ["delivery"]},
]
R152 = {"lines": [(0, 1, 1200), (1, 1, 10000), (2, 1, 4000)]}


def frame(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """Rows with the columns of the schema, in its order, and whatever else they bring."""
    extra = sorted({key for row in rows for key in row} - set(schema))
    columns = {name: pl.Series(name, [row.get(name) for row in rows], dtype=kind) for name, kind in schema.items()}
    return pl.DataFrame(columns | {name: pl.Series(name, [row.get(name) for row in rows]) for name in extra})


def activity_rows(activities: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """`lines` of an activity: (product number, units, amount in minor units) or a mapping with more."""
    rows, lines = [], []
    for place, given in enumerate(activities):
        row: dict[str, Any] = {
            "activity_id": place + 1, "holder_id": 1, "kind": "purchase", "channel": "store", "currency": "EUR",
            "store": 0, "occurred_at": NOON + timedelta(minutes=place),
        } | given  # fmt: skip
        own = [_line(one) for one in row.pop("lines", [])]
        row["kind"] = KINDS[row["kind"]]
        row.setdefault("local_at", row["occurred_at"].replace(tzinfo=None) + timedelta(hours=1))
        row.setdefault("local_date", row["local_at"].date())
        row.setdefault("gross", sum(line["gross"] for line in own))
        row.setdefault("net", sum(line["net"] for line in own))
        rows.append(row)
        lines += [{"activity_id": row["activity_id"], "line": number} | line for number, line in enumerate(own, 1)]
    return rows, lines


def _line(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        return {"quantity": 1000, "gross": given["net"]} | given
    product, units, amount = given
    return {"product": product, "quantity": units * 1000, "gross": amount, "net": amount}


def facts(
    *activities: dict[str, Any],
    products: list[dict[str, Any]] | None = None,
    stores: list[dict[str, Any]] | None = None,
    usage: list[dict[str, Any]] | None = None,
) -> Facts:
    rows, lines = activity_rows(list(activities))
    default_store = {"code": "s1", "kind": "street", "banner": "b", "market": "FR"}
    return Facts(
        frame(rows, ACTIVITY_SCHEMA),
        frame(lines, LINE_SCHEMA),
        frame(R152_PRODUCTS if products is None else products, PRODUCT_SCHEMA),
        frame([default_store] if stores is None else stores, STORE_SCHEMA),
        None if usage is None else frame(usage, USAGE_SCHEMA),
    )


def rulebook(*rules: dict[str, Any], **others: Any) -> Rulebook:
    """Rules in the form of a playbook; trigger is purchase and the code counts up where they are not said."""
    written = [{"code": f"r{place}", "trigger": "purchase"} | rule for place, rule in enumerate(rules, 1)]
    return Rulebook.from_document({"currencies": [{"code": "points"}], "rules": written} | others)


def per_euro(points: int | str, **others: Any) -> dict[str, Any]:
    """A base rule that gives so many points per euro."""
    return {"earn": {"per_amount": {"points": points}}} | others


@contextmanager
def queries_only(wanted: bool) -> Iterator[None]:
    """Few rows take the way of many, as a year of receipts does."""
    before = columns.FEW_ROWS
    if wanted:
        columns.FEW_ROWS = -1
    try:
        yield
    finally:
        columns.FEW_ROWS = before


def given(book: Rulebook, of: Facts, column: str = "granted") -> dict[tuple[int, str], int]:
    """What each rule gave each activity; zeros are left out."""
    awards = score(book, of).awards
    return {
        (activity, rule): number
        for activity, rule, number in awards.select("activity_id", "rule", column).iter_rows()
        if number
    }


def total(book: Rulebook, of: Facts) -> int:
    return sum(given(book, of).values())
