"""Lots that live as long as their holder stays active get a later death. Entries are untouched: nothing moves.

Only lots alive at `now` are prolonged: what is dead stays dead, whether its end has been posted or not, so that no
job's timing changes what a member keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ledger import copying, wallets

_DYING = """
SELECT holder_id, currency_id, lot_id, occurred_on, expires_at FROM ledger_lot
WHERE holder_id = ANY(%(holders)s::bigint[]) AND currency_id = ANY(%(currencies)s::int[]) AND remaining > 0
  AND expires_at > %(now)s
ORDER BY holder_id, currency_id, lot_id
"""
_PROLONG = """
UPDATE ledger_lot AS l SET expires_at = asked.expires_at
FROM unnest(%(holders)s::bigint[], %(lots)s::bigint[], %(deaths)s::timestamptz[])
     AS asked (holder_id, lot_id, expires_at)
WHERE l.holder_id = asked.holder_id AND l.lot_id = asked.lot_id
  AND l.expires_at > %(now)s AND l.expires_at < asked.expires_at
"""


@dataclass(frozen=True)
class Dying:
    """A lot with points left that will die; `occurred_on` is the day its points were earned."""

    holder_id: int
    currency_id: int
    lot_id: int
    occurred_on: date
    expires_at: datetime


def dying(cursor: Any, holder_ids: Iterable[int], currency_ids: Sequence[int], *, now: datetime) -> list[Dying]:
    """The lots alive at `now` that have an end, after locking their wallets for the rest of the transaction."""
    cursor = copying.plain(cursor)
    holders = sorted(set(holder_ids))
    wallets.lock(cursor, [(holder, currency) for holder in holders for currency in currency_ids])
    cursor.execute(_DYING, {"holders": holders, "currencies": list(currency_ids), "now": now})
    return [Dying(*row) for row in cursor.fetchall()]


def prolong(cursor: Any, deaths: Iterable[tuple[Dying, datetime]], *, now: datetime) -> int:
    """Let each lot die at its later moment; earlier ones change nothing. Returns how many lots changed."""
    cursor = copying.plain(cursor)
    later = [(lot, at) for lot, at in deaths if at > lot.expires_at]
    if not later:
        return 0
    values = {
        "holders": [lot.holder_id for lot, _ in later],
        "lots": [lot.lot_id for lot, _ in later],
        "deaths": [at for _, at in later],
        "now": now,
    }
    cursor.execute(_PROLONG, values)
    return int(cursor.rowcount)
