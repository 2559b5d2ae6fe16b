"""Facts of their moment: what a member's earlier activity and own data were just before each activity of a batch.

In a household each has a history of her own; she keeps it when she joins or leaves one, and has that of memberships
that were merged into hers (`earning.kin`).

Computed from attributed purchases and visits in order of (occurred_at, id), less what came back by then: goods
returned are spent no more, and a purchase of which nothing is left is no receipt. They change as more activity
lands, so they are kept with the awards and read back from there when an activity is scored again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from earning import frames, kin, returns, rounds
from earning.batches import PURCHASE, RETURN, VISIT

_OF_KIN = "AND t.occurred_on IN (SELECT occurred_on FROM work)"
_ONLY_THE_DAYS = "AND (t.holder_id, t.occurred_on) IN (SELECT holder_id, occurred_on FROM work)"
_TIMELINE = """
SELECT {whose}, a.activity_id, a.kind, (extract(epoch FROM a.occurred_at) * 1000000)::bigint, a.occurred_on, a.net
FROM attribution AS t JOIN activity AS a ON a.activity_id = t.activity_id AND a.occurred_on = t.occurred_on {joined}
WHERE t.holder_id = ANY(%s) AND t.ended_at IS NULL AND a.kind = ANY(%s) {only}
"""
_TIMELINE_SCHEMA: dict[str, Any] = {
    "holder_id": pl.Int64,
    "activity_id": pl.Int64,
    "kind": pl.UInt8,
    "occurred_us": pl.Int64,
    "local_date": pl.Date,
    "net": pl.Int64,
}
_MEMBERS = """
SELECT membership.id, membership.joined_at::date, store.code, member.birth_date, nullif(member.language, '')
FROM membership JOIN member ON member.id = membership.member_id LEFT JOIN store ON store.id = membership.home_store_id
WHERE membership.id = ANY(%s)
"""
_MEMBER_SCHEMA: dict[str, Any] = {
    "membership_id": pl.Int64,
    "joined_on": pl.Date,
    "home_store": pl.String,
    "birth_date": pl.Date,
    "language": pl.String,
}


def facts(cursor: Any, activities: pl.DataFrame, wanted: Iterable[str], *, quoted: bool = False) -> pl.DataFrame:
    """`activities` with a column for each wanted fact; null where the fact is not known.

    `quoted`: they are not there yet, and stand after everything that is.
    """
    names = set(wanted)
    if not names or not activities.height:
        return activities.with_columns(pl.lit(None).alias(name) for name in sorted(names))
    past = {name for name in names if name.startswith("history.") or name == "receipt.first_of_day"}
    if past:
        activities = _join_past(cursor, activities, past, quoted)
    own = {name for name in names if name.startswith("member.")}
    if own:
        activities = _join_members(cursor, activities, own)
    return activities


def _join_past(cursor: Any, activities: pl.DataFrame, wanted: set[str], quoted: bool) -> pl.DataFrame:
    only_today = wanted <= {"receipt.first_of_day", "history.receipts_today"}
    family = kin.of(cursor, activities) if kin.OWN in activities.columns else None
    days = (_OF_KIN if family else _ONLY_THE_DAYS) if only_today else ""
    whose, joining = ("whose.own", kin.JOIN) if family else ("t.holder_id", "")
    query = _TIMELINE.format(whose=whose, joined=joining, only=days)
    kinds = [PURCHASE] if only_today else [PURCHASE, VISIT]
    holders = family.holders if family else activities["holder_id"].unique().to_list()
    joined = family.joined if family else []
    activities = activities.with_columns(pl.col(kin.OWN if family else "holder_id").alias("whose"))
    read = frames.read(cursor, query, _TIMELINE_SCHEMA, [*joined, holders, kinds])
    if quoted:
        now = activities.with_columns(pl.col("whose").alias("holder_id"))
        read = pl.concat([read, now.select(*_TIMELINE_SCHEMA)])
    # one query for Polars to plan: for a till's quote planning is most of the work
    timeline = (
        read.lazy()
        .sort("holder_id", "occurred_us", "activity_id")
        .with_columns(
            pl.lit(0, dtype=pl.Int64).alias("gone"),
            # visits are days on which somebody came, whatever came back later
            *(_VISITS[name].alias(name) for name in sorted(wanted & set(_VISITS))),
        )
    )
    if counted := wanted & set(_COUNTS):
        back = returns.came_back(cursor, holders, family)
        if back.height:
            timeline = pl.concat([timeline, back.lazy()], how="diagonal")
            timeline = timeline.sort("holder_id", "occurred_us", "activity_id", maintain_order=True)
        timeline = timeline.with_columns(_COUNTS[name].alias(name) for name in sorted(counted))
        timeline = timeline.filter(pl.col("kind") != RETURN)
    found = timeline.select(pl.col("holder_id").alias("whose"), "activity_id", *sorted(wanted))
    return activities.lazy().join(found, on=["whose", "activity_id"], how="left").drop("whose").collect()


_PURCHASE = pl.col("kind") == PURCHASE
# a row of what came back stands at its own moment, under the day of its purchase, with minus what it takes
_RECEIPT = _PURCHASE.cast(pl.Int64) - pl.col("gone")
_EARLIER_TODAY = _RECEIPT.cum_sum().over("holder_id", "local_date") - _RECEIPT
_MONTH = [pl.col("holder_id"), pl.col("local_date").dt.truncate("1mo")]
_LAST_DAY = pl.col("local_date").shift(1).over("holder_id")
_NEW_DAY = pl.col("local_date") != _LAST_DAY
# a streak breaks where a day without a visit lies between two days with one
_BREAK = ((pl.col("local_date") - _LAST_DAY).dt.total_days() > 1).fill_null(value=True)
_STREAK = [pl.col("holder_id"), _BREAK.cum_sum().over("holder_id")]
_SPENT = pl.when(pl.col("kind") != VISIT).then(pl.col("net")).otherwise(0)

_COUNTS: dict[str, pl.Expr] = {
    "receipt.first_of_day": pl.when(_PURCHASE).then(_EARLIER_TODAY == 0),
    "history.receipts_today": _EARLIER_TODAY,
    "history.receipts_month": _RECEIPT.cum_sum().over(_MONTH) - _RECEIPT,
    "history.spend_lifetime": _SPENT.cum_sum().over("holder_id") - _SPENT,
}
_VISITS: dict[str, pl.Expr] = {
    "history.days_since_visit": (pl.col("local_date") - _LAST_DAY).dt.total_days(),
    "history.visit_streak": _NEW_DAY.fill_null(value=True).cum_sum().over(_STREAK).cast(pl.Int64),
}


def _join_members(cursor: Any, activities: pl.DataFrame, wanted: set[str]) -> pl.DataFrame:
    members = frames.read(cursor, _MEMBERS, _MEMBER_SCHEMA, [activities["membership_id"].unique().to_list()])
    born, day = pl.col("birth_date"), pl.col("local_date")
    # a month is an Int8, and a hundred times February is not
    today, birthday = (one.dt.month().cast(pl.Int32) * 100 + one.dt.day() for one in (day, born))
    had_birthday = today >= birthday
    known: dict[str, pl.Expr] = {
        "member.age": day.dt.year().cast(pl.Int64) - born.dt.year() - (~had_birthday).cast(pl.Int64),
        "member.birthday_month": day.dt.month() == born.dt.month(),
        "member.joined_days": (day - pl.col("joined_on")).dt.total_days(),
        "member.home_store": pl.col("home_store"),
        "member.language": pl.col("language"),
        "member.tier": pl.col(rounds.COLUMN),
        "member.segment": pl.lit(None, dtype=pl.List(pl.String)),
    }
    if rounds.FACT in wanted and rounds.COLUMN not in activities.columns:
        activities = rounds.as_stood(cursor, activities, activities["program_id"][0])
    joined = activities.lazy().join(members.lazy(), on="membership_id", how="left")
    joined = joined.with_columns(known[name].alias(name) for name in sorted(wanted))
    return joined.drop("joined_on", "home_store", "birth_date", "language", rounds.COLUMN, strict=False).collect()
