"""Lots that wait for an event become spendable from the moment it happens. Entries are untouched: nothing moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ledger import copying, wallets

# A lot `l` that waits for an event has no day of its own: as late as days go, or to the last moment before its end.
NO_DAY = (
    "(l.available_at >= '9000-01-01' OR l.expires_at IS NOT DISTINCT FROM l.available_at + interval '1 microsecond')"
)

# Under the lock of the wallet, so that nobody spends or takes back meanwhile.
_POTS = """
SELECT DISTINCT l.holder_id, l.currency_id
FROM unnest(%(holders)s::bigint[], %(activities)s::bigint[]) AS asked (holder_id, activity_id)
JOIN ledger_lot AS l ON l.holder_id = asked.holder_id AND l.activity_id = asked.activity_id
WHERE l.currency_id = ANY(%(currencies)s::int[]) AND l.available_at > %(at)s
"""
_MATURE = """
UPDATE ledger_lot AS l SET available_at = %(at)s
FROM unnest(%(holders)s::bigint[], %(activities)s::bigint[]) AS asked (holder_id, activity_id)
WHERE l.holder_id = asked.holder_id AND l.activity_id = asked.activity_id
  AND l.currency_id = ANY(%(currencies)s::int[]) AND l.available_at > %(at)s
  AND (l.expires_at IS NULL OR l.expires_at > %(at)s)
"""


def mature(cursor: Any, activities: Iterable[tuple[int, int]], *, currency_ids: Sequence[int], at: datetime) -> int:
    """Let the lots of these (holder_id, activity_id) in these currencies be spendable from `at`, if not earlier.

    Returns how many lots changed; those dead by `at` stay as they are. Runs in the caller's transaction.
    """
    cursor = copying.plain(cursor)
    pairs = sorted(set(activities))
    values = {
        "holders": [holder_id for holder_id, _ in pairs],
        "activities": [activity_id for _, activity_id in pairs],
        "currencies": list(currency_ids),
        "at": at,
    }
    cursor.execute(_POTS, values)
    wallets.lock(cursor, cursor.fetchall())
    cursor.execute(_MATURE, values)
    return int(cursor.rowcount)
