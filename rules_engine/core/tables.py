"""The frames laid out for counting.

Lines of one activity lie together, so a sum per activity is a running sum read at the ends of the runs.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from rules_engine.core import columns
from rules_engine.core.columns import Column, Few, repeated
from rules_engine.core.errors import InvalidFacts
from rules_engine.core.facts import Facts

# Of one line, in minor units or thousandths. A million such lines still add up within 64 bits.
LARGEST_AMOUNT = 10**12


@dataclass(frozen=True)
class Tables:
    """Facts laid out for one pass. `lines` has "row", the row number of its activity, in unbroken runs.

    `few`: columns are plain lists, and only the products and stores that are named are left.
    """

    activities: pl.DataFrame
    lines: pl.DataFrame
    products: pl.DataFrame
    stores: pl.DataFrame
    few: bool = False

    @classmethod
    def of(cls, facts: Facts) -> "Tables":
        """Raises InvalidFacts when a line's activity is not there, or an amount is out of range."""
        lines = facts.lines
        if max(lines.height, facts.activities.height) <= columns.FEW_ROWS:
            return _few_tables(facts)
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

    def without(self, taken_out: Any) -> "Tables":
        """The same, with those lines gone."""
        kept = pl.Series([not out for out in taken_out.values], dtype=pl.Boolean) if self.few else ~taken_out
        return replace(self, lines=self.lines.filter(kept))

    def activity(self, name: str) -> Any:
        """A column of the activities."""
        return self._column("activity", self.activities, name)

    def line(self, name: str) -> Any:
        """A column of the lines."""
        return self._column("line", self.lines, name)

    def _column(self, of: str, frame: pl.DataFrame, name: str) -> Any:
        if not self.few:
            return frame[name]
        if (of, name) not in self._lists:
            self._lists[of, name] = Few(frame[name].to_list())
        return self._lists[of, name]

    @cached_property
    def _lists(self) -> dict[tuple[str, str], Few]:
        return {}

    @cached_property
    def nothing(self) -> Any:
        return repeated(0, self.height, self.few)

    @cached_property
    def _totals(self) -> dict[str, Any]:
        return {}

    def total(self, column: str, where: Column | None = None) -> Any:
        """Sum per activity over its lines, or those asked for. Int64, 0 without lines."""
        if where is not None:
            return self.summed(column, where)
        if column not in self._totals:
            self._totals[column] = self.summed(column, None)
        return self._totals[column]

    def summed(self, column: str, where: Column | None) -> Any:
        """Sum per activity of a column of the lines, over the lines where it is asked."""
        rows, values = self.line("row"), self.line(column)
        return self.added(rows, values) if where is None else self.added(rows.filter(where), values.filter(where))

    def counted(self, where: Column | None) -> Any:
        """How many lines per activity."""
        rows = self.line("row") if where is None else self.line("row").filter(where)
        return self.added(rows, None)

    def added(self, rows: Any, values: Any) -> Any:
        """Values (or ones) by activity: running sums read where the run of its lines ends, less those before."""
        if rows.is_empty():
            return self.nothing
        if self.few:
            return self._few_added(rows.values, [1] * len(rows) if values is None else values.values)
        last = pl.col("row").ne_missing(pl.col("row").shift(-1))
        if values is None:
            reached, frame = last.arg_true().cast(pl.Int64) + 1, rows.to_frame()
        else:
            reached, frame = pl.col("value").cum_sum().filter(last), pl.DataFrame([rows, values.alias("value")])
        ends = frame.select(pl.col("row").filter(last), sum=reached - reached.shift(1, fill_value=0))
        # `scatter` writes into the series it is called on, so it gets one of its own.
        return self.nothing.clone().scatter(ends["row"], ends["sum"])

    def _few_added(self, rows: list[int], values: list[int]) -> Few:
        sums = [0] * self.height
        for row, value in zip(rows, values, strict=True):
            sums[row] += value
        return Few(sums)


def _few_tables(facts: Facts) -> Tables:
    """The same for few rows, with the products and stores that they name and no others."""
    activities, lines = facts.activities, facts.lines
    if lines.height:
        _check_range(lines)
    places = {number: place for place, number in enumerate(activities["activity_id"].to_list())}
    if len(places) != activities.height:
        raise InvalidFacts("an activity is there twice")
    rows = [places.get(number) for number in lines["activity_id"].to_list()]
    if None in rows:
        raise InvalidFacts("there are lines of activities that are not there")
    products, product = _named_only(facts.products, lines["product"])
    stores, store = _named_only(facts.stores, activities["store"])
    row = pl.Series("row", rows, dtype=pl.UInt32)
    return Tables(activities.with_columns(store), lines.with_columns(row, product), products, stores, few=True)


def _named_only(frame: pl.DataFrame, numbers: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """The rows of a frame that the numbers name, and the numbers they have now."""
    if frame.height <= max(numbers.len(), 1):
        return frame, numbers
    named = {
        number: place for place, number in enumerate(sorted({one for one in numbers.to_list() if one is not None}))
    }
    now = [None if number is None else named[number] for number in numbers.to_list()]
    return frame[pl.Series(list(named), dtype=pl.UInt32)], pl.Series(numbers.name, now, dtype=pl.UInt32)


def _starts(ids: pl.Series) -> pl.DataFrame:
    first = (ids != ids.shift(1)).fill_null(True)
    return pl.DataFrame({"activity_id": ids.filter(first)})


def _check_range(lines: pl.DataFrame) -> None:
    columns = (lines[name] for name in ("quantity", "gross", "net"))
    if max(max(abs(int(column.min())), abs(int(column.max()))) for column in columns) > LARGEST_AMOUNT:  # type: ignore[arg-type]
        raise InvalidFacts(f"an amount or quantity of a line is beyond {LARGEST_AMOUNT}")
