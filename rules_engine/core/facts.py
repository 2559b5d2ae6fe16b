"""The frames that come in, and the same frames laid out for counting.

Lines of one activity lie together, so a sum per activity is a running sum read at the ends of the runs.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from rules_engine.core.errors import InvalidFacts

PURCHASE, RETURN, VISIT, EVENT = 1, 2, 3, 4

# Of one line, in minor units or thousandths. A million such lines still add up within 64 bits.
LARGEST_AMOUNT = 10**12


@dataclass(frozen=True)
class Facts:
    """What happened, as columns. Rows of `products` and `stores` are addressed by their number.

    activities: activity_id i64 (unique), holder_id i64, kind u8 (1 purchase, 2 return, 3 visit, 4 event), event_type
        str?, occurred_at datetime[us, UTC], local_at datetime[us] (store's wall clock), local_date date, store u32?,
        channel str?, currency str? (of the money), gross and net i64 minor units. Volatile facts under their names
        ("receipt.first_of_day"), only those the rulebook reads. Optional: "tenders" list[str], "event.NAME",
        "week_start" u8 (1 Monday ... 7 Sunday, of the activity's market; the rulebook's when null).
    lines: activity_id i64, line i32, product u32, quantity i64 thousandths, gross i64, net i64; optional "line.NAME".
    products: sku str, category str?, brand str?, tags list[str]; optional "attr.NAME". Row = product number.
    stores: code, kind, banner, market. Row = store number.
    usage: holder_id i64, rule str, period_kind str, period_start date, points i64, times i64: what other activity
        already took under limits (awards above zero only). None when there was none.

    Attribute columns are text, whole numbers, decimals or booleans; numbers kept as text compare as numbers.
    """

    activities: pl.DataFrame
    lines: pl.DataFrame
    products: pl.DataFrame
    stores: pl.DataFrame
    usage: pl.DataFrame | None = None

    def of_one(self, activity_id: int) -> "Facts":
        """The same facts of that activity alone. Raises InvalidFacts when it is not there."""
        activities = self.activities.filter(pl.col("activity_id") == activity_id)
        if activities.height != 1:
            raise InvalidFacts(f"activity {activity_id} is not among the facts")
        return replace(self, activities=activities, lines=self.lines.filter(pl.col("activity_id") == activity_id))


@dataclass(frozen=True)
class Tables:
    """Facts laid out for one pass. `lines` has "row", the row number of its activity, in unbroken runs."""

    activities: pl.DataFrame
    lines: pl.DataFrame
    products: pl.DataFrame
    stores: pl.DataFrame

    @classmethod
    def of(cls, facts: Facts) -> "Tables":
        """Raises InvalidFacts when a line's activity is not there, or an amount is out of range."""
        lines = facts.lines
        if lines.height:
            _check_range(lines)
        starts = _starts(lines["activity_id"])
        if starts["activity_id"].n_unique() != starts.height:
            lines = lines.sort("activity_id", "line")
            starts = _starts(lines["activity_id"])
        numbered = facts.activities.select("activity_id", row=pl.int_range(pl.len(), dtype=pl.UInt32))
        rows = starts.join(numbered, on="activity_id", how="left", maintain_order="left")["row"]
        if rows.has_nulls():
            raise InvalidFacts("there are lines of activities that are not there")
        run = lines["activity_id"].rle_id()
        return cls(facts.activities, lines.with_columns(row=rows.gather(run)), facts.products, facts.stores)

    @property
    def height(self) -> int:
        return self.activities.height

    def without(self, taken_out: pl.Series) -> "Tables":
        """The same, with those lines gone."""
        return replace(self, lines=self.lines.filter(~taken_out))

    @cached_property
    def nothing(self) -> pl.Series:
        return pl.repeat(0, self.height, dtype=pl.Int64, eager=True)

    @cached_property
    def _totals(self) -> dict[str, pl.Series]:
        return {}

    def total(self, column: str) -> pl.Series:
        """Sum per activity over all its lines. Int64, 0 without lines."""
        if column not in self._totals:
            self._totals[column] = self._summed(self.lines["row"], self.lines[column])
        return self._totals[column]

    def summed(self, values: pl.Series, where: pl.Series | None) -> pl.Series:
        """Sum per activity of a value per line, over the lines where it is asked."""
        rows = self.lines["row"]
        if where is None:
            return self._summed(rows, values)
        return self._summed(rows.filter(where), values.filter(where))

    def counted(self, where: pl.Series | None) -> pl.Series:
        """How many lines per activity."""
        rows = self.lines["row"] if where is None else self.lines["row"].filter(where)
        return self._at_ends(rows, None)

    def _summed(self, rows: pl.Series, values: pl.Series) -> pl.Series:
        return self._at_ends(rows, values.cum_sum())

    def _at_ends(self, rows: pl.Series, running: pl.Series | None) -> pl.Series:
        if rows.is_empty():
            return self.nothing
        ends = (rows != rows.shift(-1)).fill_null(True).arg_true()
        reached = ends.cast(pl.Int64) + 1 if running is None else running.gather(ends)
        # `scatter` writes into the series it is called on, so it gets one of its own.
        sums = pl.repeat(0, self.height, dtype=pl.Int64, eager=True)
        return sums.scatter(rows.gather(ends), reached - reached.shift(1, fill_value=0))


def _starts(ids: pl.Series) -> pl.DataFrame:
    first = (ids != ids.shift(1)).fill_null(True)
    return pl.DataFrame({"activity_id": ids.filter(first)})


def _check_range(lines: pl.DataFrame) -> None:
    widest = lines.select(pl.max_horizontal(pl.col("quantity", "gross", "net").abs().max())).item()
    if widest > LARGEST_AMOUNT:
        raise InvalidFacts(f"an amount or quantity of a line is beyond {LARGEST_AMOUNT}")
