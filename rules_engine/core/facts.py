"""The frames that come in."""

from dataclasses import dataclass, replace

import polars as pl

from rules_engine.core.errors import InvalidFacts

PURCHASE, RETURN, VISIT, EVENT = 1, 2, 3, 4

# The row of an activity among all that are scored together, a column while awards are made.
ROW = "row of the activity"


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


def of_trigger(trigger: str) -> pl.Expr:
    """Whether an activity is of the kind that sets a rule off."""
    kinds = pl.col("kind") == {"purchase": PURCHASE, "visit": VISIT}.get(trigger, EVENT)
    if trigger.startswith("event:"):
        kinds = kinds & (pl.col("event_type") == trigger.removeprefix("event:"))
    return kinds.fill_null(False)
