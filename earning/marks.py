"""Marks: "something about this holder is to be scored", written in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

BUCKETS = 64


def write_for_landed(cursor: Any, now: datetime) -> None:
    """Mark every activity of the temporary table `landed` that has a holder. Registered with activity.landing."""
    cursor.execute(
        "INSERT INTO mark (bucket, holder_id, activity_id, occurred_on, reason, at)"
        " SELECT holder_id %% %s, holder_id, activity_id, occurred_on, 'landed', %s"
        " FROM landed WHERE holder_id IS NOT NULL ORDER BY holder_id, activity_id",
        [BUCKETS, now],
    )


def write_for_returned(cursor: Any, purchase_ids: Sequence[int], now: datetime) -> None:
    """Mark purchases that goods came back from, for whoever has them. Registered with activity.returns."""
    cursor.execute(
        "INSERT INTO mark (bucket, holder_id, activity_id, occurred_on, reason, at)"
        " SELECT holder_id %% %s, holder_id, activity_id, occurred_on, 'returned', %s FROM attribution"
        " WHERE activity_id = ANY(%s) AND ended_at IS NULL AND holder_id IS NOT NULL ORDER BY holder_id, activity_id",
        [BUCKETS, now, list(purchase_ids)],
    )


def write_for_left(cursor: Any, left: Sequence[tuple[int, int, date]], now: datetime) -> None:
    """Mark activity of holders who have it no longer. Registered with activity.assigning."""
    holders, activities, days = (list(column) for column in zip(*left, strict=True))
    cursor.execute(
        "INSERT INTO mark (bucket, holder_id, activity_id, occurred_on, reason, at)"
        " SELECT holder_id %% %s, holder_id, activity_id, occurred_on, 'left', %s"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::date[]) AS l (holder_id, activity_id, occurred_on)",
        [BUCKETS, now, holders, activities, days],
    )


def mark_holders(cursor: Any, holder_ids: Iterable[int], *, reason: str, now: datetime) -> None:
    """Mark everything of these holders."""
    cursor.execute(
        "INSERT INTO mark (bucket, holder_id, reason, at)"
        " SELECT holder_id %% %s, holder_id, %s, %s FROM unnest(%s::bigint[]) AS holder_id",
        [BUCKETS, reason, now, list(holder_ids)],
    )
