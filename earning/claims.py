"""Who works on which holder: leased, fenced claims (reliability: the claim protocol).

A claim is committed before its work, so a worker that dies leaves its attempt counted. Holders whose
work failed before are claimed alone, so that one poisonous holder cannot take innocent ones down;
after MOST_ATTEMPTS they are set aside, visible, until a person releases them.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

ALONE_FROM_ATTEMPT = 3
MOST_ATTEMPTS = 10

# One claimer at a time, for the millisecond a claim takes: each sees what the others committed, and none waits for
# rows that a worker holds locked through its whole work.
_IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('earning.claims', 0))"

_CLAIM_AGAIN = """
WITH lapsed AS (
    SELECT holder_id FROM claim
    WHERE lease_until <= %(now)s AND quarantined_reason IS NULL AND attempts < %(alone)s
      AND EXISTS (SELECT 1 FROM mark WHERE mark.holder_id = claim.holder_id AND mark.bucket = claim.holder_id %% 64)
    ORDER BY holder_id LIMIT %(holders)s FOR UPDATE SKIP LOCKED
)
UPDATE claim SET attempts = claim.attempts + 1, token = %(token)s, lease_until = %(until)s
FROM lapsed WHERE claim.holder_id = lapsed.holder_id
RETURNING claim.holder_id
"""

_CLAIM_NEW = """
WITH queue AS MATERIALIZED (
    SELECT mark.bucket, mark.holder_id FROM mark
    WHERE mark.bucket >= %(first_bucket)s AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.holder_id = mark.holder_id)
    ORDER BY mark.bucket, mark.holder_id LIMIT %(window)s
), waiting AS (
    SELECT min(bucket) AS bucket, holder_id, count(*) AS marks FROM queue GROUP BY holder_id
), picked AS (
    SELECT holder_id FROM (
        SELECT holder_id, sum(marks) OVER (ORDER BY bucket, holder_id) - marks AS before FROM waiting
    ) AS summed WHERE before < %(limit)s
)
INSERT INTO claim (holder_id, attempts, token, lease_until, last_error)
SELECT holder_id, 1, %(token)s, %(until)s, '' FROM picked ORDER BY holder_id
ON CONFLICT (holder_id) DO NOTHING
RETURNING holder_id
"""

_CLAIM_ALONE = """
WITH suspect AS (
    SELECT holder_id FROM claim
    WHERE lease_until <= %(now)s AND quarantined_reason IS NULL AND attempts >= %(alone)s
      AND EXISTS (SELECT 1 FROM mark WHERE mark.holder_id = claim.holder_id AND mark.bucket = claim.holder_id %% 64)
    ORDER BY attempts, holder_id LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE claim SET
    attempts = claim.attempts + 1, token = %(token)s, lease_until = %(until)s,
    quarantined_reason = CASE WHEN claim.attempts >= %(most)s
        THEN 'failed ' || claim.attempts || ' times: '
             || coalesce(nullif(claim.last_error, ''), 'its worker died each time') END
FROM suspect WHERE claim.holder_id = suspect.holder_id
RETURNING claim.holder_id, claim.quarantined_reason
"""


_CLAIM_THESE = """
INSERT INTO claim (holder_id, attempts, token, lease_until, last_error)
SELECT holder_id, 1, %(token)s, %(until)s, '' FROM unnest(%(holders)s::bigint[]) AS holder_id ORDER BY holder_id
ON CONFLICT (holder_id) DO UPDATE
    SET token = excluded.token, lease_until = excluded.lease_until, attempts = claim.attempts + 1
    WHERE claim.lease_until <= %(now)s AND claim.quarantined_reason IS NULL
RETURNING holder_id
"""


@dataclass(frozen=True)
class Claimed:
    """Holders leased under one token; `set_aside` names one that was quarantined instead."""

    token: uuid.UUID
    holder_ids: list[int]
    set_aside: int | None = None


def claim(*, now: datetime, first_bucket: int, limit: int) -> Claimed | None:
    """Lease holders with about `limit` marks, from `first_bucket` on; None when there is nothing to claim."""
    token = uuid.uuid4()
    values: dict[str, Any] = {
        "now": now,
        "until": now + timedelta(seconds=settings.CLAIM_LEASE_SECONDS),
        "token": token,
        "limit": limit,
        "window": limit * 3,
        "holders": limit,
        "alone": ALONE_FROM_ATTEMPT - 1,
        "most": MOST_ATTEMPTS,
    }
    starts = [first_bucket, 0] if first_bucket else [0]
    attempts = [(_CLAIM_AGAIN, 0), *((_CLAIM_NEW, start) for start in starts)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_IN_TURN)
        for statement, start in attempts:
            cursor.execute(statement, {**values, "first_bucket": start})
            holders = sorted(holder for (holder,) in cursor.fetchall())
            if holders:
                return Claimed(token, holders)
        cursor.execute(_CLAIM_ALONE, values)
        row = cursor.fetchone()
    if row is None:
        return None
    return Claimed(token, [], row[0]) if row[1] else Claimed(token, [row[0]])


def claim_these(holder_ids: Sequence[int], *, now: datetime) -> Claimed:
    """Lease those of these holders that nobody has and that are not set aside."""
    token = uuid.uuid4()
    until = now + timedelta(seconds=settings.CLAIM_LEASE_SECONDS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_IN_TURN)
        values: dict[str, Any] = {"holders": sorted(holder_ids), "token": token, "until": until, "now": now}
        cursor.execute(_CLAIM_THESE, values)
        return Claimed(token, sorted(holder for (holder,) in cursor.fetchall()))


def fence(token: uuid.UUID) -> list[int]:
    """Lock our own claims for the rest of the transaction; those another worker took over are missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT holder_id FROM claim WHERE token = %s ORDER BY holder_id FOR UPDATE", [token])
        return [holder for (holder,) in cursor.fetchall()]


def finish(token: uuid.UUID) -> None:
    """Give the holders back, done."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM claim WHERE token = %s", [token])


def fail(token: uuid.UUID, *, now: datetime, error: BaseException) -> None:
    """Give the holders back with what went wrong, to be tried again after 2, 4, 8 ... seconds.

    The wait grows so that an outage that hits every holder is over before their attempts are used up.
    """
    text = f"{type(error).__name__}: {error}"[:500]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE claim SET lease_until = %s + make_interval(secs => 2 ^ least(attempts, 9)), last_error = %s"
            " WHERE token = %s",
            [now, text, token],
        )


def release(holder_id: int) -> None:
    """Let a holder that was set aside be tried again, from its first attempt."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM claim WHERE holder_id = %s AND quarantined_reason IS NOT NULL", [holder_id])
