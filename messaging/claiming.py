"""Who sends which message: one worker at a time, under a lease and a token.

A mail is handed over at least once. Between handing it over and writing that down a worker may be killed; when its
lease has run out another sends the mail again, under the same Message-ID, by which mail servers and readers know the
second for the first. Two workers never hold the same message, and whoever lost the lease writes nothing any more.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from messaging.models import Outgoing

LEASE = timedelta(minutes=2)
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720, 1440)]
"""After each attempt that failed for now; after one more, nearly two days on, the message has failed."""

_CLAIM = """
UPDATE outgoing_message SET token = %(token)s, lease_until = %(until)s, attempts = attempts + 1
WHERE id = (
    SELECT id FROM outgoing_message
    WHERE state = 'waiting' AND due_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


@dataclass(frozen=True)
class Claimed:
    """A message this worker alone may send now."""

    message: Outgoing
    token: uuid.UUID


def claim(*, now: datetime) -> Claimed | None:
    """The message that has been due the longest, leased until LEASE from now; None when none waits."""
    token = uuid.uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"token": token, "now": now, "until": now + LEASE})
        row = cursor.fetchone()
    if row is None:
        return None
    found = Outgoing.objects.select_related("membership__member", "membership__program", "program").get(pk=row[0])
    return Claimed(found, token)


def ended(claimed: Claimed, *, state: str, now: datetime, error: str = "") -> bool:
    """Write down how a message ended, and forget the address it was for; False when somebody else holds it now."""
    return _write(claimed, state=state, ended_at=now, error=error, address="")


def again(claimed: Claimed, *, now: datetime, error: str) -> bool:
    """Let a message wait for its next attempt, longer each time; after the last it has failed."""
    attempts = claimed.message.attempts
    if attempts > len(WAITS):
        return ended(claimed, state=Outgoing.State.FAILED, now=now, error=error)
    return _write(claimed, due_at=now + WAITS[attempts - 1], error=error)


def _write(claimed: Claimed, **fields: object) -> bool:
    mine = Outgoing.objects.filter(pk=claimed.message.pk, token=claimed.token, state=Outgoing.State.WAITING)
    if "error" in fields:
        fields["error"] = str(fields["error"])[:120]
    return bool(mine.update(token=None, lease_until=None, **fields))
