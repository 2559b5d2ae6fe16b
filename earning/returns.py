"""What is left of a purchase once goods came back: the same lines, smaller, or gone.

A line's amounts become amount x quantity left / quantity bought, rounded down to the minor unit; money given back
without goods (a return line of quantity 0) lowers the line's net first. What the return itself prints is kept, not
scored. A purchase is then scored again like any other, and the difference to what is posted is taken back, so that
several partial returns can never take more than was given, in whatever order they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from earning import frames

# One probe of an index for each purchase of the batch, and nothing else where nothing came back.
_BACK = """
SELECT r.purchase_activity_id, r.purchase_line, sum(r.quantity)::bigint,
       coalesce(sum(b.nets[r.line]) FILTER (WHERE r.quantity = 0), 0)::bigint
FROM return_link AS r
LEFT JOIN activity AS b
  ON r.quantity = 0 AND b.activity_id = r.return_activity_id AND b.occurred_on = r.return_occurred_on
WHERE r.purchase_activity_id IN (SELECT activity_id FROM work)
GROUP BY r.purchase_activity_id, r.purchase_line
"""
_BACK_SCHEMA: dict[str, Any] = {
    "activity_id": pl.Int64,
    "line": pl.Int64,
    "returned": pl.Int64,
    "refunded": pl.Int64,
}


@dataclass(frozen=True)
class Left:
    """`lines` as they are left; `emptied`: purchases none of whose lines is left, which then are no purchases."""

    lines: pl.DataFrame
    emptied: pl.Series


def what_is_left(cursor: Any, lines: pl.DataFrame) -> Left:
    """`lines` (of `batches.lines_of`) of the activity in the table `work`, less what came back from them."""
    back = frames.read(cursor, _BACK, _BACK_SCHEMA)
    if back.is_empty():
        return Left(lines, pl.Series("activity_id", [], dtype=pl.Int64))
    back = back.with_columns(pl.col("line").cast(lines.schema["line"]))
    touched = lines.join(back, on=["activity_id", "line"])
    columns = ("activity_id", "line", "quantity", "gross", "net", "returned", "refunded")
    rows = [(key, line, *of_line(*amounts)) for key, line, *amounts in touched.select(columns).iter_rows()]
    schema: dict[str, Any] = dict.fromkeys(("activity_id", "line"), pl.Int64)
    schema |= {"left": pl.Int64, "gross_left": pl.Int64, "net_left": pl.Int64, "gone": pl.Boolean}
    left = pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("line").cast(lines.schema["line"]))
    now = lines.join(left, on=["activity_id", "line"], how="left", maintain_order="left").filter(
        ~pl.col("gone").fill_null(value=False)
    )
    now = now.with_columns(
        pl.coalesce("left", "quantity").alias("quantity"),
        pl.coalesce("gross_left", "gross").alias("gross"),
        pl.coalesce("net_left", "net").alias("net"),
    ).select(lines.columns)
    touched_ids = touched["activity_id"].unique()
    return Left(now, touched_ids.filter(~touched_ids.is_in(now["activity_id"].unique().implode())))


def of_line(quantity: int, gross: int, net: int, returned: int, refunded: int) -> tuple[int, int, int, bool]:
    """(quantity, gross, net, gone) of a line of which `returned` came back and `refunded` was paid back without goods.

    Whole numbers of any size: thousandths and minor units.
    """
    net = max(net - refunded, min(net, 0))
    left = max(quantity - returned, 0)
    if not returned or not quantity:
        return quantity, gross, net, False
    return left, gross * left // quantity, net * left // quantity, left == 0
