"""Whose activity is, once more: what waited for its member goes on when the member becomes known.

Enrolment, a card bound or released, an e-mail proven: whoever did it calls `rematch`. The waiting attribution ends, a
new one begins, and the rooms above are told as for activity that just landed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from activity import hooks, returns
from members import matching, numbers
from programs.models import Program

# the same shape as in activity.landing: whoever comes first in a session makes it
LANDED = """
CREATE TEMPORARY TABLE IF NOT EXISTS landed (
    activity_id bigint NOT NULL, occurred_on date NOT NULL, holder_id bigint, membership_id bigint,
    program_id bigint NOT NULL, reason text, bearer_id bigint NOT NULL, by text
) ON COMMIT DELETE ROWS;
DELETE FROM pg_temp.landed
"""
# a loose walk over the index of waiting attributions: one probe per bearer, however many receipts each has
_WAITING = """
WITH RECURSIVE waiting AS (
    (SELECT bearer_id FROM attribution
     WHERE program_id = %(program)s AND membership_id IS NULL AND ended_at IS NULL ORDER BY bearer_id LIMIT 1)
    UNION ALL
    SELECT (SELECT a.bearer_id FROM attribution a
            WHERE a.program_id = %(program)s AND a.membership_id IS NULL AND a.ended_at IS NULL
              AND a.bearer_id > w.bearer_id ORDER BY a.bearer_id LIMIT 1)
    FROM waiting w WHERE w.bearer_id IS NOT NULL
)
SELECT b.bearer_id, b.source_id, b.card, b.member, b.email, b.phone
FROM waiting w JOIN bearer b USING (bearer_id)
"""
_ORDERS = "SELECT id, identifiers FROM source WHERE id = ANY(%s)"
_END = """
WITH found AS (
    SELECT * FROM unnest(%(bearers)s::bigint[], %(memberships)s::bigint[], %(holders)s::bigint[], %(bys)s::text[])
        AS found (bearer_id, membership_id, holder_id, by)
),
waiting AS (
    SELECT a.attribution_id, a.activity_id, a.occurred_on, f.*
    FROM attribution a JOIN found f USING (bearer_id)
    WHERE a.program_id = %(program)s AND a.membership_id IS NULL AND a.ended_at IS NULL
      AND a.reason <> 'NotTheirs'  -- what staff disowned (activity.disowning) waits for nobody
    ORDER BY a.attribution_id LIMIT %(limit)s FOR UPDATE OF a
),
ended AS (
    UPDATE attribution SET ended_at = %(now)s FROM waiting WHERE attribution.attribution_id = waiting.attribution_id
)
INSERT INTO pg_temp.landed (activity_id, occurred_on, holder_id, membership_id, program_id, reason, bearer_id, by)
SELECT activity_id, occurred_on, holder_id, membership_id, %(program)s, NULL, bearer_id, by FROM waiting
"""
# Whoever joined or left a household, or was merged, had other pots at the moment of what arrives now: the first of the
# dated holders that had not ended by then.
_BY_MOMENT = """
UPDATE pg_temp.landed AS l SET holder_id = (
    SELECT h.holder_id FROM membership_holder AS h
    WHERE h.membership_id = l.membership_id AND h.until_at > a.occurred_at ORDER BY h.until_at, h.id LIMIT 1
)
FROM activity AS a
WHERE a.activity_id = l.activity_id AND a.occurred_on = l.occurred_on
  AND EXISTS (SELECT FROM membership_holder AS h WHERE h.membership_id = l.membership_id AND h.until_at > a.occurred_at)
"""
_SOMEBODY_MOVED = """
SELECT EXISTS (SELECT FROM pg_temp.landed AS l JOIN membership_holder AS h USING (membership_id)
               WHERE h.until_at IS NOT NULL)
"""
_BEGIN = """
INSERT INTO attribution (activity_id, occurred_on, program_id, membership_id, holder_id, bearer_id, by, reason, at)
SELECT activity_id, occurred_on, program_id, membership_id, holder_id, bearer_id, by, reason, %s
FROM pg_temp.landed ORDER BY activity_id
"""


def rematch(program: Program, now: datetime, limit: int = 20_000) -> int:
    """Give waiting activity of the program to members now known; at most `limit` of it. Returns how many found one."""
    return rematch_bearers(program.pk, now, limit=limit)


@transaction.atomic
def rematch_bearers(program_id: int, now: datetime, *, limit: int = 20_000) -> int:
    """As `rematch`. Costs one look-up per bearer that waits, not per receipt."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"program": program_id})
        waiting = cursor.fetchall()
        if not waiting:
            return 0
        found = _found(program_id, waiting)
        if not found:
            return 0
        cursor.execute(LANDED)
        columns = list(zip(*found, strict=True))
        cursor.execute(
            _END,
            {
                "program": program_id,
                "now": now,
                "limit": limit,
                "bearers": list(columns[0]),
                "memberships": list(columns[1]),
                "holders": list(columns[2]),
                "bys": list(columns[3]),
            },
        )
        count = cursor.rowcount
        if count:
            begin(cursor, now)
            _let_returns_go_on(cursor, {row[1] for row in waiting}, holders_in_landed(cursor), now)
    return count


def begin(cursor: Any, now: datetime) -> None:
    """Say whose the activity in the table `landed` is, by the pots its members had at its moment; tell who listens."""
    cursor.execute(_SOMEBODY_MOVED)
    if cursor.fetchone()[0]:
        cursor.execute(_BY_MOMENT)
    cursor.execute(_BEGIN, [now])
    for hook in hooks.on_landed:
        hook(cursor, now)


def holders_in_landed(cursor: Any) -> list[int]:
    """Whose pots the activity in the table `landed` is for."""
    cursor.execute("SELECT DISTINCT holder_id FROM pg_temp.landed WHERE holder_id IS NOT NULL")
    return [holder_id for (holder_id,) in cursor.fetchall()]


def _found(program_id: int, waiting: Iterable[Sequence[Any]]) -> list[tuple[int, int | None, int | None, str]]:
    """(bearer, membership, holder, by) of those who are known now, asked in each source's order of identifiers."""
    by_source: dict[int, list[matching.Bearer]] = {}
    for bearer_id, source_id, card, member, email, phone in waiting:
        by_source.setdefault(source_id, []).append(as_matched(bearer_id, card, member, email, phone))
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, [list(by_source)])
        orders = dict(cursor.fetchall())
    return [
        (bearer_id, match.membership_id, match.holder_id, match.by)
        for source_id, bearers in by_source.items()
        for bearer_id, match in matching.match(program_id, bearers, _order(orders[source_id])).items()
        if match.membership_id is not None
    ]


def _order(identifiers: Any) -> list[str]:
    said = json.loads(identifiers) if isinstance(identifiers, str) else identifiers
    return list(said or ())


def as_matched(
    bearer_id: int, card: str | None, member: str | None, email: str | None, phone: str | None
) -> matching.Bearer:
    """What a sender said, with numbers as tills read them."""
    return matching.Bearer(bearer_id, card and numbers.as_read(card), member and numbers.as_read(member), email, phone)


def _let_returns_go_on(cursor: Any, source_ids: set[int], holders: Iterable[int | None], now: datetime) -> None:
    """Returns that named no receipt waited for their member's purchases."""
    known = [holder for holder in holders if holder is not None]
    for source_id in sorted(source_ids):
        returns.go_on(cursor, source_id, which="holders", values=known, now=now)
