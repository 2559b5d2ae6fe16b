"""One batch of work as frames: the activity that marks name, its lines, the products and stores they point at."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from earning import frames
from earning.marks import BUCKETS

PURCHASE, RETURN, VISIT, EVENT = 1, 2, 3, 4

TABLES = (
    """CREATE TEMPORARY TABLE IF NOT EXISTS work_mark
       (mark_id bigint, holder_id bigint, activity_id bigint, occurred_on date, reason text) ON COMMIT DELETE ROWS""",
    """CREATE TEMPORARY TABLE IF NOT EXISTS work
       (holder_id bigint, activity_id bigint, occurred_on date) ON COMMIT DELETE ROWS""",
    # for whoever calls twice in one transaction
    "DELETE FROM pg_temp.work_mark",
    "DELETE FROM pg_temp.work",
)
_READ_MARKS = """
INSERT INTO work_mark SELECT mark_id, holder_id, activity_id, occurred_on, reason FROM mark
WHERE bucket = ANY(%s) AND holder_id = ANY(%s)
LIMIT %s
"""
# the date and the number of an activity say nothing of the order within a day: only its moment does
_READ_EARLIEST_MARKS = """
INSERT INTO work_mark SELECT mark_id, mark.holder_id, mark.activity_id, mark.occurred_on, mark.reason
FROM mark LEFT JOIN activity AS a ON a.activity_id = mark.activity_id AND a.occurred_on = mark.occurred_on
WHERE mark.bucket = ANY(%s) AND mark.holder_id = ANY(%s)
ORDER BY mark.activity_id IS NOT NULL, a.occurred_at, mark.activity_id LIMIT %s
"""
_NAMED = """
INSERT INTO work SELECT DISTINCT holder_id, activity_id, occurred_on FROM work_mark WHERE activity_id IS NOT NULL
"""
_WHOLE = "SELECT DISTINCT holder_id FROM work_mark WHERE activity_id IS NULL"
_EVERYTHING_OF = """
INSERT INTO work SELECT DISTINCT t.holder_id, t.activity_id, t.occurred_on FROM attribution AS t
WHERE t.holder_id = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM work WHERE work.activity_id = t.activity_id AND work.holder_id = t.holder_id)
"""

_NOW = "ended_at IS NULL"
# whose it was last, where it is somebody else's now: nothing stands for it any more
_BEFORE = """
ended_at IS NOT NULL AND NOT EXISTS (SELECT FROM attribution AS open WHERE open.activity_id = work.activity_id
                                     AND open.holder_id = work.holder_id AND open.ended_at IS NULL)
ORDER BY ended_at DESC LIMIT 1
"""
# of an activity `a` and its attribution `t`, in the order of ACTIVITY_SCHEMA
ACTIVITY_COLUMNS = f"""
       a.activity_id, t.holder_id, t.membership_id, t.program_id, a.kind,
       (extract(epoch FROM a.occurred_at) * 1000000)::bigint, a.occurred_on, a.store_id, a.channel, a.currency,
       a.gross, a.net, a.event_type,
       cardinality(a.states), array_to_string(a.states, '{frames.ARRAY_SEPARATOR}'),
       array_to_string(a.quantities, '{frames.ARRAY_SEPARATOR}'),
       array_to_string(a.grosses, '{frames.ARRAY_SEPARATOR}'), array_to_string(a.nets, '{frames.ARRAY_SEPARATOR}'),
       a.line_attributes, a.tenders, a.attributes
"""
# OFFSET 0: one look-up an activity, also while the statistics still say that the tables are small; read whole for
# every batch, they would make a big file cost its square
_ACTIVITIES = f"""
SELECT {ACTIVITY_COLUMNS} FROM work
CROSS JOIN LATERAL (
    SELECT holder_id, membership_id, program_id FROM attribution
    WHERE activity_id = work.activity_id AND holder_id = work.holder_id AND {{whose}} OFFSET 0
) AS t
CROSS JOIN LATERAL (
    SELECT * FROM activity WHERE activity_id = work.activity_id AND occurred_on = work.occurred_on OFFSET 0
) AS a
"""

ACTIVITY_SCHEMA: dict[str, Any] = {
    "activity_id": pl.Int64,
    "holder_id": pl.Int64,
    "membership_id": pl.Int64,
    "program_id": pl.Int64,
    "kind": pl.UInt8,
    "occurred_us": pl.Int64,
    "local_date": pl.Date,
    "store_id": pl.Int64,
    "channel": pl.String,
    "currency": pl.String,
    "gross": pl.Int64,
    "net": pl.Int64,
    "event_type": pl.String,
    "line_count": pl.Int64,
    "states": pl.String,
    "quantities": pl.String,
    "grosses": pl.String,
    "nets": pl.String,
    "line_attributes": pl.String,
    "tenders": pl.String,
    "attributes": pl.String,
}

_STATES = """
SELECT id, sku, nullif(category, ''), nullif(brand, ''), array_to_string(tags, chr(31)),
       nullif(attributes, '{}'::jsonb)
FROM product_state WHERE id = ANY(%s)
"""

_STATE_SCHEMA: dict[str, Any] = {
    "state": pl.Int64,
    "sku": pl.String,
    "category": pl.String,
    "brand": pl.String,
    "tags": pl.String,
    "attributes": pl.String,
}


@dataclass(frozen=True)
class Batch:
    """What the marks of some holders name. Arrays are still text in `activities`; `lines_of` opens them.

    `left`: activity that was of these holders and is somebody else's now; what it gave them is taken back.
    """

    activities: pl.DataFrame
    left: pl.DataFrame

    @property
    def programs(self) -> list[int]:
        return sorted({*self.activities["program_id"].unique(), *self.left["program_id"].unique()})

    @property
    def holders(self) -> list[int]:
        return sorted({*self.activities["holder_id"].unique(), *self.left["holder_id"].unique()})

    def of_program(self, program_id: int) -> pl.DataFrame:
        return self.activities.filter(pl.col("program_id") == program_id)

    def left_of(self, program_id: int) -> pl.DataFrame:
        return self.left.filter(pl.col("program_id") == program_id)

    def holders_of(self, program_id: int) -> list[int]:
        own = pl.concat([part.select("holder_id") for part in (self.of_program(program_id), self.left_of(program_id))])
        return own["holder_id"].unique().to_list()


def read(cursor: Any, holder_ids: Sequence[int], *, limit: int) -> Batch:
    """Read the marks of these holders first, then the activity they name, into frames and the table `work`.

    At most twice `limit` marks, so that only a holder with more than a whole batch is parted: the earliest
    `limit` of its activity are read, and the rest waits for the next pass.
    """
    for statement in TABLES:
        cursor.execute(statement)
    buckets = sorted({holder % BUCKETS for holder in holder_ids})
    cursor.execute(_READ_MARKS, [buckets, list(holder_ids), 2 * limit + 1])
    if cursor.rowcount > 2 * limit:
        cursor.execute("DELETE FROM pg_temp.work_mark")
        cursor.execute(_READ_EARLIEST_MARKS, [buckets, list(holder_ids), limit])
    cursor.execute(_NAMED)
    whole = [holder for (holder,) in cursor.execute(_WHOLE).fetchall()]
    if whole:
        cursor.execute(_EVERYTHING_OF, [whole])
    return _batch(cursor)


def _batch(cursor: Any) -> Batch:
    """What the table `work` names, in order of occurrence."""
    cursor.execute("ANALYZE work")  # what is joined to it next depends on how much it is
    cursor.execute("SELECT count(*) FROM work")
    named = cursor.fetchone()[0]
    # two attributions of one activity to one holder cannot both be open
    activities = frames.read(cursor, _ACTIVITIES.format(whose=_NOW), ACTIVITY_SCHEMA)
    left = activities.clear()
    if activities.height < named:
        left = frames.read(cursor, _ACTIVITIES.format(whose=_BEFORE), ACTIVITY_SCHEMA)
    return Batch(activities.sort("holder_id", "occurred_us", "activity_id"), left)


def read_one(cursor: Any, holder_id: int, activity_id: int) -> Batch:
    """One activity of a holder, without any mark; empty when it is not the holder's."""
    for statement in TABLES:
        cursor.execute(statement)
    cursor.execute(
        "INSERT INTO work SELECT holder_id, activity_id, occurred_on FROM attribution"
        " WHERE holder_id = %s AND activity_id = %s AND ended_at IS NULL",
        [holder_id, activity_id],
    )
    return _batch(cursor)


def read_chosen(cursor: Any, select: str, values: Any) -> Batch:
    """The activity a statement chooses (holder_id, activity_id, occurred_on), without any mark."""
    for statement in TABLES:
        cursor.execute(statement)
    cursor.execute(f"INSERT INTO work {select}", values)
    return _batch(cursor)


def may_have_returns(cursor: Any, batch: Batch) -> bool:
    """Whether returns may have changed anything since activity of the batch was scored: false is certain.

    A return is there itself, or left a mark on its purchase.
    """
    if (batch.activities["kind"] == RETURN).any():
        return True
    cursor.execute("SELECT EXISTS (SELECT FROM work_mark WHERE reason IS DISTINCT FROM 'landed')")
    return bool(cursor.fetchone()[0])


def clear_marks(cursor: Any) -> None:
    """Delete the marks that were read; one that arrived meanwhile stays, for one more pass."""
    cursor.execute("DELETE FROM mark USING work_mark WHERE mark.mark_id = work_mark.mark_id")


def lines_of(activities: pl.DataFrame) -> pl.DataFrame:
    """One row a line: activity_id, line (from 1), state, quantity in thousandths, gross and net in minor units."""
    if activities.height <= frames.FEW:
        return _lines_of_few(activities)
    bought = activities.filter(pl.col("line_count") > 0)
    counts = bought["line_count"]
    owner = bought.select(pl.col("activity_id").repeat_by("line_count").explode())["activity_id"]
    first = (
        (counts.cum_sum() - counts).gather(pl.arange(0, bought.height, eager=True).repeat_by(counts).explode())
        if (bought.height)
        else counts
    )
    columns = {"states": "state", "quantities": "quantity", "grosses": "gross", "nets": "net"}
    if bought.is_empty():
        return pl.DataFrame(schema=_LINE_SCHEMA)
    line = (pl.arange(1, owner.len() + 1, eager=True) - first).cast(pl.Int32)
    return pl.DataFrame(
        [owner, line.alias("line"), *(frames.flattened(bought[name]).alias(short) for name, short in columns.items())]
    )


_LINE_SCHEMA: dict[str, Any] = {"activity_id": pl.Int64, "line": pl.Int32} | dict.fromkeys(
    ("state", "quantity", "gross", "net"), pl.Int64
)


def _lines_of_few(activities: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (key, place, *map(int, line))
        for key, count, *arrays in activities.select(
            "activity_id", "line_count", "states", "quantities", "grosses", "nets"
        ).iter_rows()
        if count
        for place, line in enumerate(zip(*(text.split(frames.ARRAY_SEPARATOR) for text in arrays), strict=True), 1)
    ]
    return pl.DataFrame(rows, schema=_LINE_SCHEMA, orient="row")


class Products:
    """Product states read so far in this process. They never change, so they are read once, by one thread at a time."""

    MOST = 400_000

    def __init__(self) -> None:
        self._known = pl.DataFrame(schema=_STATE_SCHEMA)
        self._reading = threading.Lock()

    def of(self, cursor: Any, states: pl.Series) -> pl.DataFrame:
        """The rows of these states, in order of their ids, with tags as lists."""
        with self._reading:
            return self._of(cursor, states)

    def _of(self, cursor: Any, states: pl.Series) -> pl.DataFrame:
        wanted = states.unique().sort()
        missing = wanted.filter(~wanted.is_in(self._known["state"].implode()))
        if len(missing):
            read = frames.read(cursor, _STATES, _STATE_SCHEMA, [missing.to_list()])
            if self._known.height + read.height > self.MOST:
                self._known = pl.DataFrame(schema=_STATE_SCHEMA)
                return self._of(cursor, states) if len(wanted) <= self.MOST else with_tags(read)
            self._known = pl.concat([self._known, read])
        return with_tags(self._known.join(pl.DataFrame({"state": wanted}), on="state", how="semi").sort("state"))


def with_tags(states: pl.DataFrame) -> pl.DataFrame:
    """Tags as lists."""
    tags = pl.col("tags").fill_null("")
    return states.with_columns(
        pl.when(tags == "").then(pl.lit([], dtype=pl.List(pl.String))).otherwise(tags.str.split("\x1f")).alias("tags")
    )
