"""Opening holders, and saying who succeeds one. A holder's id is random, and never changes."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import connection, transaction

_OPEN = """
INSERT INTO ledger_holder (holder_id, kind, opened_at)
SELECT holder_id, %(kind)s, %(now)s FROM unnest(%(holders)s::bigint[]) AS holder_id ORDER BY holder_id
ON CONFLICT (holder_id) DO NOTHING RETURNING holder_id
"""
_SUCCEED = """
INSERT INTO holder_successor (holder_id, successor_id, since) VALUES (%(old)s, %(new)s, %(now)s)
"""
_FLATTEN = """
UPDATE holder_successor SET successor_id = %(new)s WHERE successor_id = %(old)s
"""
_LEAD = "UPDATE holder_successor SET successor_id = %(new)s WHERE holder_id = ANY(%(olds)s::bigint[])"
_SUCCESSORS = "SELECT holder_id, successor_id FROM holder_successor WHERE holder_id = ANY(%(holders)s)"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('holder_successor', 0))"


def open(count: int = 1, kind: str = "membership", *, now: datetime) -> list[int]:
    """Open `count` holders of a kind (membership or household) and return their ids: opaque, 62 random bits each."""
    opened: list[int] = []
    with transaction.atomic(), connection.cursor() as cursor:
        while len(opened) < count:  # once, but for two equal draws out of 4.6 x 10^18
            drawn = [secrets.randbelow(2**62 - 1) + 1 for _ in range(count - len(opened))]
            cursor.execute(_OPEN, {"holders": drawn, "kind": kind, "now": now})
            opened += [holder_id for (holder_id,) in cursor.fetchall()]
    return opened


def succeed(*, old: int, new: int, now: datetime) -> None:
    """Say that what comes back to `old` from now on goes to `new`; earlier steps to `old` are led to `new` as well."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
        new = _successors(cursor, [new]).get(new, new)
        cursor.execute(_FLATTEN, {"old": old, "new": new})
        cursor.execute(_SUCCEED, {"old": old, "new": new, "now": now})


def lead(*, olds: list[int], new: int) -> None:
    """Let what comes back to these old holders go to another one from now on, whoever stood for them before."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
        cursor.execute(_LEAD, {"olds": olds, "new": new})


def successors(holder_ids: list[int]) -> dict[int, int]:
    """Who stands in now for each of these holders, those without a successor left out."""
    with connection.cursor() as cursor:
        return _successors(cursor, holder_ids)


def _successors(cursor: Any, holder_ids: list[int]) -> dict[int, int]:
    cursor.execute(_SUCCESSORS, {"holders": holder_ids})
    return dict(cursor.fetchall())
