"""What is left of a purchase once goods came back: the same lines, smaller, or gone.

A line's amounts become amount x quantity left / quantity bought, rounded down to the minor unit; money given back
without goods (a return line of quantity 0) lowers the line's net first. What the return itself prints is kept, not
scored. A purchase is then scored again like any other, and the difference to what is posted is taken back, so that
several partial returns can never take more than was given, in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl

from earning import frames
from earning.batches import RETURN
from earning.kin import JOIN, Kin

# One probe of an index for each activity of the batch (OFFSET 0: whatever the statistics say), and none at all as long
# as nothing ever came back. An activity of two programs stands in the table twice, and is answered twice.
_BACK = """
SELECT r.purchase_activity_id, r.purchase_line, sum(r.quantity)::bigint,
       coalesce(sum(b.nets[r.line]) FILTER (WHERE r.quantity = 0), 0)::bigint
FROM work
CROSS JOIN LATERAL (SELECT * FROM return_link WHERE purchase_activity_id = work.activity_id OFFSET 0) AS r
LEFT JOIN activity AS b
  ON r.quantity = 0 AND b.activity_id = r.return_activity_id AND b.occurred_on = r.return_occurred_on
WHERE EXISTS (SELECT FROM return_link)
GROUP BY work.holder_id, r.purchase_activity_id, r.purchase_line
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
    back = back.unique().with_columns(pl.col("line").cast(lines.schema["line"]))
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


_GOODS = """
SELECT work.activity_id, l.line, l.quantity, l.gross, l.net,
       coalesce((SELECT sum(r.quantity) FROM return_link AS r
                 WHERE r.purchase_activity_id = work.activity_id AND r.purchase_line = l.line), 0)::bigint
FROM (SELECT DISTINCT w.activity_id, w.occurred_on FROM work AS w
      WHERE EXISTS (SELECT FROM return_link AS r WHERE r.purchase_activity_id = w.activity_id)) AS work
JOIN activity AS a ON a.activity_id = work.activity_id AND a.occurred_on = work.occurred_on
CROSS JOIN LATERAL unnest(a.quantities, a.grosses, a.nets) WITH ORDINALITY AS l (quantity, gross, net, line)
ORDER BY work.activity_id, l.line
"""


def shares(cursor: Any) -> dict[int, Fraction]:
    """How much of its goods came back, of each purchase in the table `work` that gave some back: 0 to 1.

    Goods count by what was paid for them; where nothing was paid, by their price; where they had none, by quantity.
    """
    cursor.execute(_GOODS)
    whole: dict[int, list[int]] = {}
    back: dict[int, list[Fraction]] = {}
    for activity_id, _, quantity, gross, net, returned in cursor.fetchall():
        total = whole.setdefault(activity_id, [0, 0, 0])
        taken = back.setdefault(activity_id, [Fraction(0)] * 3)
        part = Fraction(min(returned, quantity), quantity) if quantity else Fraction(0)
        for place, amount in enumerate((net, gross, quantity)):
            total[place] += amount
            taken[place] += amount * part
    found = {}
    for activity_id, totals in whole.items():
        measure = next((place for place, total in enumerate(totals) if total > 0), None)
        found[activity_id] = Fraction(0) if measure is None else back[activity_id][measure] / totals[measure]
    return found


_CAME_BACK = """
SELECT {whose}, p.activity_id, p.occurred_on, (extract(epoch FROM p.occurred_at) * 1000000)::bigint,
       cardinality(p.quantities), r.purchase_line, p.quantities[r.purchase_line], p.nets[r.purchase_line],
       r.return_activity_id, (extract(epoch FROM b.occurred_at) * 1000000)::bigint, r.quantity,
       CASE WHEN r.quantity = 0 THEN b.nets[r.line] ELSE 0 END
FROM attribution AS t
JOIN return_link AS r ON r.purchase_activity_id = t.activity_id
JOIN activity AS p ON p.activity_id = r.purchase_activity_id AND p.occurred_on = r.purchase_occurred_on
JOIN activity AS b ON b.activity_id = r.return_activity_id AND b.occurred_on = r.return_occurred_on {joined}
WHERE t.holder_id = ANY(%s) AND t.ended_at IS NULL
ORDER BY p.activity_id, b.occurred_at, r.return_activity_id
"""
_EVENT: dict[str, Any] = {
    "holder_id": pl.Int64,
    "activity_id": pl.Int64,
    "kind": pl.UInt8,
    "occurred_us": pl.Int64,
    "local_date": pl.Date,
    "net": pl.Int64,
    "gone": pl.Int64,
}


def came_back(cursor: Any, holder_ids: list[int], family: Kin | None = None) -> pl.DataFrame:
    """What came back from the purchases of these holders, in columns of `history`'s timeline; of `family`, by member.

    One row per return and purchase, at the moment of the return and under the day of the purchase: net (minus what
    the purchase lost by it) and gone (1 when nothing of it is left).
    """
    events = [event for _, event in _came_back(cursor, holder_ids, family)]
    return pl.DataFrame(events, schema=_EVENT, orient="row")


def lost_by_returns(cursor: Any, holder_ids: list[int]) -> list[tuple[int, int, datetime, int]]:
    """(holder, purchase, moment of the return, what the purchase's net lost by it), one per return and purchase."""
    return [
        (holder, bought, datetime.fromtimestamp(0, UTC) + timedelta(microseconds=event[3]), -event[5])
        for (holder, bought, _), event in _came_back(cursor, holder_ids)
    ]


def _came_back(
    cursor: Any, holder_ids: list[int], family: Kin | None = None
) -> Iterable[tuple[tuple[int, int, int], list[Any]]]:
    """(holder, purchase, return) with the return's row of `_EVENT`."""
    if family:
        cursor.execute(_CAME_BACK.format(whose="whose.own", joined=JOIN), [*family.joined, holder_ids])
    else:
        cursor.execute(_CAME_BACK.format(whose="t.holder_id", joined=""), [holder_ids])
    events: dict[tuple[int, int, int], list[Any]] = {}
    taken: dict[tuple[int, int, int], tuple[int, int]] = {}
    lines_gone: dict[tuple[int, int], int] = {}
    for holder, bought, day, bought_us, count, line, quantity, net, back, back_us, *now in cursor.fetchall():
        returned, refunded = taken.get((holder, bought, line), (0, 0))
        before = of_line(quantity, 0, net, returned, refunded)
        returned, refunded = taken[holder, bought, line] = (returned + now[0], refunded + now[1])
        after = of_line(quantity, 0, net, returned, refunded)
        new = [holder, back, RETURN, max(back_us, bought_us), day, 0, 0]
        event = events.setdefault((holder, bought, back), new)
        event[5] += after[2] - before[2]
        if after[3] and not before[3]:
            lines_gone[holder, bought] = lines_gone.get((holder, bought), 0) + 1
            event[6] = int(lines_gone[holder, bought] == count)
    return events.items()


def of_line(quantity: int, gross: int, net: int, returned: int, refunded: int) -> tuple[int, int, int, bool]:
    """(quantity, gross, net, gone) of a line of which `returned` came back and `refunded` was paid back without goods.

    Whole numbers of any size: thousandths and minor units.
    """
    net = max(net - refunded, min(net, 0))
    left = max(quantity - returned, 0)
    if not returned or not quantity:
        return quantity, gross, net, False
    return left, gross * left // quantity, net * left // quantity, left == 0
