"""Activity goes back with the cards of a membership that was merged by mistake: what they named since is its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from activity import attribution, hooks
from members import numbers, pooling
from members.hooks import Happened
from members.models import Card, Membership

# What arrived since the merge, and how it was named.
_SINCE = """
SELECT DISTINCT b.bearer_id, b.card, b.member FROM attribution AS t JOIN bearer AS b USING (bearer_id)
WHERE t.holder_id = ANY(%(holders)s) AND t.membership_id = %(kept)s AND t.ended_at IS NULL AND t.at >= %(since)s
"""
_END = """
UPDATE attribution SET ended_at = %(now)s
WHERE holder_id = ANY(%(holders)s) AND membership_id = %(kept)s AND ended_at IS NULL AND at >= %(since)s
  AND bearer_id = ANY(%(bearers)s)
RETURNING activity_id, occurred_on, program_id, holder_id, bearer_id, by
"""
_LAND = """
INSERT INTO pg_temp.landed (activity_id, occurred_on, holder_id, membership_id, program_id, reason, bearer_id, by)
SELECT m.activity_id, m.occurred_on, h.holder_id, %s, m.program_id, NULL, m.bearer_id, m.by
FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::text[])
  AS m (activity_id, occurred_on, program_id, bearer_id, by)
CROSS JOIN (SELECT holder_id FROM membership_holder WHERE membership_id = %s AND until_at IS NULL) AS h
"""


def give_back(happened: Happened) -> None:
    """Say whose it is anew, and tell the rooms above of both. Registered with members.hooks."""
    if happened.what != "unmerged":
        return
    gone = happened.values["gone"]
    values: dict[str, Any] = {
        "kept": happened.membership_id, "since": happened.values["merged_at"], "now": happened.now,
        "holders": list(pooling.kin_of(happened.membership_id).holders),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, values)
        values["bearers"] = _named(cursor.fetchall(), gone)
        cursor.execute(_END, values)
        moved = cursor.fetchall()
        if not moved:
            return
        activities, days, programs, holders, bearers, bys = (list(column) for column in zip(*moved, strict=True))
        cursor.execute(attribution.LANDED)
        cursor.execute(_LAND, [gone, activities, days, programs, bearers, bys, gone])
        attribution.begin(cursor, happened.now)
        left = list(zip(holders, activities, days, strict=True))
        for on_left in hooks.on_left:
            on_left(cursor, left, happened.now)


def _named(bearers: Iterable[tuple[int, str | None, str | None]], membership_id: int) -> list[int]:
    """Those of (bearer, card, member) that name this membership by its number or one of its cards."""
    own = set(Card.objects.filter(membership_id=membership_id).values_list("number", flat=True))
    own.add(Membership.objects.values_list("number", flat=True).get(pk=membership_id))
    read = {number.upper() for number in own}
    return [
        bearer_id
        for bearer_id, *said in bearers
        if any(numbers.as_read(number).upper() in read for number in said if number)
    ]
