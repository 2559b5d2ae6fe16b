"""The frames that come in, and the same frames laid out for counting.

Lines of one activity lie together, so a sum per activity is a running sum read at the ends of the runs.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from rules_engine.core import small
from rules_engine.core.errors import InvalidFacts

PURCHASE, RETURN, VISIT, EVENT = 1, 2, 3, 4

# The row of an activity among all that are scored together, a column while awards are made.
ROW = "row of the activity"

# Of one line, in minor units or thousandths. A million such lines still add up within 64 bits.
LARGEST_AMOUNT = 10**12


@dataclass(frozen=True)
class Facts:
    """What happened, as columns. Rows of `products` and `stores` are addressed by their number.

    activities: activity_id i64 (unique), holder_id i64, kind u8 (1 purchase, 2 return, 3 visit, 4 event), event_type
        str?, occurred_at datetime[us, UTC], local_at datetime[us] (store's wall clock), local_date date, store u32?,
        channel str?, currency str? (of the money), gross and net i64 minor units. Volatile facts under their names
        ("receipt.first_of_day"), only those the rulebook reads. Optional: "tenders" list[str], "event.NAME",
        "membership_id" i64 (whose limits `for: member` count; the holder's own when it is not there),
        "week_start" u8 (1 Monday ... 7 Sunday, of the activity's market; the rulebook's when null).
    lines: activity_id i64, line i32, product u32, quantity i64 thousandths, gross i64, net i64; optional "line.NAME".
    products: sku str, category str?, brand str?, tags list[str]; optional "attr.NAME". Row = product number.
    stores: code, kind, banner, market. Row = store number.
    usage: whose str (member, household, banner, program), key str (number of the membership or holder, code of the
        banner, "" of the program), rule str, period_kind str, period_start date, points i64, times i64: what other
        activity already took under limits (awards above zero only). None when there was none.

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
        run = lines["activity_id"].rle_id().alias("row")
        if starts["activity_id"].equals(facts.activities["activity_id"]):
            # Lines as the activities came, none without: the number of the run is the row.
            return cls(facts.activities, lines.with_columns(run), facts.products, facts.stores)
        numbered = facts.activities.select("activity_id", row=pl.int_range(pl.len(), dtype=pl.UInt32))
        rows = starts.join(numbered, on="activity_id", how="left", maintain_order="left")["row"]
        if rows.len() != starts.height:
            raise InvalidFacts("an activity is there twice")
        if rows.has_nulls():
            raise InvalidFacts("there are lines of activities that are not there")
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

    def total(self, column: str, where: pl.Series | None = None) -> pl.Series:
        """Sum per activity over its lines, or those asked for. Int64, 0 without lines."""
        if where is not None:
            return self.summed(self.lines[column], where)
        if column not in self._totals:
            self._totals[column] = self.summed(self.lines[column], None)
        return self._totals[column]

    def summed(self, values: pl.Series, where: pl.Series | None) -> pl.Series:
        """Sum per activity of a value per line, over the lines where it is asked."""
        rows = self.lines["row"]
        return self.added(rows, values) if where is None else self.added(rows.filter(where), values.filter(where))

    def counted(self, where: pl.Series | None) -> pl.Series:
        """How many lines per activity."""
        rows = self.lines["row"] if where is None else self.lines["row"].filter(where)
        return self.added(rows, None)

    def added(self, rows: pl.Series, values: pl.Series | None) -> pl.Series:
        """Values (or ones) by activity: running sums read where the run of its lines ends, less those before."""
        if rows.is_empty():
            return self.nothing
        if rows.len() <= small.ROWS and self.height <= small.ROWS:
            return self._few_added(rows.to_list(), [1] * rows.len() if values is None else values.to_list())
        last = pl.col("row").ne_missing(pl.col("row").shift(-1))
        if values is None:
            reached, frame = last.arg_true().cast(pl.Int64) + 1, rows.to_frame()
        else:
            reached, frame = pl.col("value").cum_sum().filter(last), pl.DataFrame([rows, values.alias("value")])
        ends = frame.select(pl.col("row").filter(last), sum=reached - reached.shift(1, fill_value=0))
        # `scatter` writes into the series it is called on, so it gets one of its own.
        return self.nothing.clone().scatter(ends["row"], ends["sum"])

    def _few_added(self, rows: list[int], values: list[int]) -> pl.Series:
        sums = [0] * self.height
        for row, value in zip(rows, values, strict=True):
            sums[row] += value
        return pl.Series("", sums, dtype=pl.Int64)


def of_trigger(trigger: str) -> pl.Expr:
    """Whether an activity is of the kind that sets a rule off."""
    kinds = pl.col("kind") == {"purchase": PURCHASE, "visit": VISIT}.get(trigger, EVENT)
    if trigger.startswith("event:"):
        kinds = kinds & (pl.col("event_type") == trigger.removeprefix("event:"))
    return kinds.fill_null(False)


def _starts(ids: pl.Series) -> pl.DataFrame:
    first = (ids != ids.shift(1)).fill_null(True)
    return pl.DataFrame({"activity_id": ids.filter(first)})


def _check_range(lines: pl.DataFrame) -> None:
    widest = lines.select(pl.max_horizontal(pl.col("quantity", "gross", "net").abs().max())).item()
    if widest > LARGEST_AMOUNT:
        raise InvalidFacts(f"an amount or quantity of a line is beyond {LARGEST_AMOUNT}")
