"""Freezing a holder's pots while somebody looks into them, and letting them go again, each with a reason.

A frozen pot still earns; nothing leaves it but what staff correct. A spend that has begun has ended before the freeze
returns, and one that begins later is refused, because both lock the pot first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from audit import trail
from ledger import wallets

_FREEZE = """
UPDATE ledger_wallet SET frozen_reason = %s, version = version + 1
WHERE holder_id = %s AND currency_id = ANY(%s) AND frozen_reason <> %s
"""


class NoReason(ValueError):
    """Freezing and releasing need a sentence that says why."""


def freeze(*, holder_id: int, currency_ids: Sequence[int], reason: str, now: datetime, by: str) -> int:
    """Freeze every pot of a holder in these currencies, those it does not have yet too; how many changed.

    Raises NoReason.
    """
    return _set(holder_id, currency_ids, _said(reason), "wallets.frozen", reason, now, by)


def release(*, holder_id: int, currency_ids: Sequence[int], reason: str, now: datetime, by: str) -> int:
    """Let the pots go again; how many were frozen. Raises NoReason."""
    _said(reason)
    return _set(holder_id, currency_ids, "", "wallets.released", reason, now, by)


def reason_of(*, holder_id: int, currency_ids: Sequence[int]) -> str:
    """Why the pots are frozen; empty where none is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT frozen_reason FROM ledger_wallet WHERE holder_id = %s AND currency_id = ANY(%s)"
            " AND frozen_reason <> '' ORDER BY currency_id LIMIT 1",
            [holder_id, list(currency_ids)],
        )
        found = cursor.fetchone()
    return str(found[0]) if found else ""


def _set(
    holder_id: int, currency_ids: Sequence[int], frozen: str, action: str, reason: str, now: datetime, by: str
) -> int:
    pots = [(holder_id, currency_id) for currency_id in sorted(set(currency_ids))]
    with transaction.atomic(), connection.cursor() as cursor:
        wallets.make(cursor, pots)
        wallets.lock(cursor, pots)
        cursor.execute(_FREEZE, [frozen, holder_id, [currency_id for _holder, currency_id in pots], frozen])
        changed = int(cursor.rowcount)
        if changed:
            trail.record(
                action=action, actor=by, obj=("holder", holder_id), at=now, data={"reason": reason.strip()[:300]}
            )
    return changed


def _said(reason: str) -> str:
    if not reason.strip():
        raise NoReason("say why")
    return reason.strip()[:300]
