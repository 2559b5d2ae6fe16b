"""Who works on which holder: leased, fenced claims (reliability: the claim protocol).

A claim is committed before its work, so a worker that dies leaves its attempt counted. Holders whose
work failed before are claimed alone, so that one poisonous holder cannot take innocent ones down;
after MOST_ATTEMPTS they are set aside, visible, until a person releases them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

ALONE_FROM_ATTEMPT = 3
MOST_ATTEMPTS = 10

_CLAIM_TOGETHER = """
WITH queue AS MATERIALIZED (
    SELECT mark.bucket, mark.holder_id FROM mark
    LEFT JOIN claim USING (holder_id)
    WHERE mark.bucket >= %(first_bucket)s
      AND (claim.holder_id IS NULL OR (claim.lease_until <= %(now)s AND claim.attempts < %(alone)s
                                       AND claim.quarantined_reason IS NULL))
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
ON CONFLICT (holder_id) DO UPDATE
    SET attempts = claim.attempts + 1, token = EXCLUDED.token, lease_until = EXCLUDED.lease_until
    WHERE claim.lease_until <= %(now)s AND claim.quarantined_reason IS NULL AND claim.attempts < %(alone)s
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


@dataclass(frozen=True)
class Claimed:
    """Holders leased under one token; `set_aside` names one that was quarantined instead."""

    token: uuid.UUID
    holder_ids: list[int]
    set_aside: int | None = None


def claim(*, now: datetime, first_bucket: int, limit: int) -> Claimed | None:
    """Lease holders with about `limit` marks, from `first_bucket` on; None when there is nothing to claim."""
    values = {
        "now": now,
        "until": now + timedelta(seconds=settings.CLAIM_LEASE_SECONDS),
        "token": uuid.uuid4(),
        "limit": limit,
        "window": limit * 3,
        "alone": ALONE_FROM_ATTEMPT - 1,
        "most": MOST_ATTEMPTS,
        "first_bucket": first_bucket,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM_TOGETHER, values)
        holders = [holder for (holder,) in cursor.fetchall()]
        if holders:
            return Claimed(values["token"], sorted(holders))
        if first_bucket:
            cursor.execute(_CLAIM_TOGETHER, {**values, "first_bucket": 0})
            holders = [holder for (holder,) in cursor.fetchall()]
            if holders:
                return Claimed(values["token"], sorted(holders))
        cursor.execute(_CLAIM_ALONE, values)
        row = cursor.fetchone()
    if row is None:
        return None
    return Claimed(values["token"], [], row[0]) if row[1] else Claimed(values["token"], [row[0]])


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
