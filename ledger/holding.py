"""Setting points aside: a hold takes them out of what can be spent, until a posting captures them, somebody releases
them, or they lapse by themselves. A hold is resolved once.

What is held is protected: neither a return nor the end of its lot takes it while the hold is open. A lapsed hold's
points are free from its own moment on, whether anybody has written that down or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import consumption, hooks, idempotency, lapsing, posting, records, wallets
from ledger.idempotency import Cause
from ledger.lapsing import lapse_due
from ledger.posting import InDebt, InsufficientPoints, Key, KeyReused, Spent, WalletFrozen

__all__ = [
    "Held", "HoldCaptured", "HoldLapsed", "HoldReleased", "InDebt", "InsufficientPoints", "KeyReused", "NoSuchHold",
    "WalletFrozen", "capture", "hold", "lapse_due", "release",
]  # fmt: skip


class HoldLapsed(Exception):
    """The hold was neither captured nor released in time; its points are free again."""


class HoldReleased(Exception):
    """The hold was released; its points are free again."""


class HoldCaptured(Exception):
    """The hold's points were spent; they come back only by a reversal."""


class NoSuchHold(Exception):
    """This holder has no hold of that number."""


@dataclass(frozen=True)
class Held:
    """What is set aside: (lot_id, amount) in the order of consumption, until `lapses_at`."""

    hold_id: int
    currency_id: int
    amount: int
    lapses_at: datetime
    draws: tuple[tuple[int, int], ...]


_FIND = """
SELECT hold_id, fingerprint, lapses_at FROM ledger_hold WHERE holder_id = %(holder)s AND idem = %(idem)s
"""
_PLACE = """
INSERT INTO ledger_hold (holder_id, hold_id, currency_id, amount, idem, fingerprint, placed_at, lapses_at, actor)
VALUES (%(holder)s, nextval('ledger_hold_id'), %(currency)s, %(amount)s, %(idem)s, %(fingerprint)s, %(now)s,
        %(lapses_at)s, %(actor)s)
RETURNING hold_id
"""
# The first `amount` points of the spendable lots, in the order of consumption.
_SET_ASIDE = f"""
WITH supply AS (
    SELECT l.holder_id, l.lot_id, l.remaining - l.held AS free,
           sum(l.remaining - l.held) OVER (ORDER BY l.expires_at NULLS LAST, l.occurred_on, l.lot_id)
               - (l.remaining - l.held) AS before
    FROM ledger_lot l
    WHERE l.holder_id = %(holder)s AND l.currency_id = %(currency)s AND l.remaining > 0 AND l.remaining > l.held
      AND {consumption.SPENDABLE}
), draw AS (
    SELECT holder_id, lot_id, least(free, %(amount)s - before)::bigint AS amount FROM supply WHERE before < %(amount)s
), lots AS (
    UPDATE ledger_lot l SET held = l.held + d.amount FROM draw d
    WHERE l.holder_id = d.holder_id AND l.lot_id = d.lot_id
), pot AS (
    UPDATE ledger_wallet w SET held = w.held + d.amount, version = w.version + 1
    FROM (SELECT holder_id, sum(amount) AS amount FROM draw GROUP BY holder_id) d
    WHERE w.holder_id = d.holder_id AND w.currency_id = %(currency)s
)
INSERT INTO ledger_hold_lot (holder_id, hold_id, lot_id, amount) SELECT holder_id, %(hold)s, lot_id, amount FROM draw
"""
_DRAWS = """
SELECT k.lot_id, k.amount FROM ledger_hold_lot k
JOIN ledger_lot l ON l.holder_id = k.holder_id AND l.lot_id = k.lot_id
WHERE k.holder_id = %(holder)s AND k.hold_id = %(hold)s
ORDER BY l.expires_at NULLS LAST, l.occurred_on, l.lot_id
"""
_READ = """
SELECT currency_id, state, lapses_at, posting_id FROM ledger_hold
WHERE holder_id = %(holder)s AND hold_id = %(hold)s
"""
_CAPTURE = """
WITH captured AS (
    UPDATE ledger_hold h SET state = 'captured', resolved_at = %(now)s, posting_id = %(posting)s
    WHERE h.holder_id = %(holder)s AND h.hold_id = %(hold)s AND h.state = 'open'
    RETURNING h.holder_id, h.hold_id, h.currency_id, h.amount
), draw AS (
    SELECT k.holder_id, k.lot_id, k.amount, l.expires_at, l.occurred_on
    FROM captured c JOIN ledger_hold_lot k ON k.holder_id = c.holder_id AND k.hold_id = c.hold_id
    JOIN ledger_lot l ON l.holder_id = k.holder_id AND l.lot_id = k.lot_id
), lots AS (
    UPDATE ledger_lot l SET remaining = l.remaining - d.amount, held = l.held - d.amount FROM draw d
    WHERE l.holder_id = d.holder_id AND l.lot_id = d.lot_id
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, cost_centre,
                              effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), %(posting)s, lot_id, %(currency)s, -amount, 'spend', %(contra)s,
           %(cost_centre)s, %(now)s
    FROM draw ORDER BY expires_at NULLS LAST, occurred_on, lot_id
)
UPDATE ledger_wallet w SET total = w.total - c.amount, held = w.held - c.amount, version = w.version + 1
FROM captured c WHERE w.holder_id = c.holder_id AND w.currency_id = c.currency_id
"""


def hold(
    *, holder_id: int, currency_id: int, amount: int, key: Key, lapses_at: datetime, now: datetime, actor: str,
    fingerprint: bytes | None = None, debt_allowed: bool = False, at_least: int = 0,
) -> Held:  # fmt: skip
    """Set `amount` (> 0) spendable points aside until `lapses_at`, nearest expiry first, or nothing at all.

    `at_least`: how much must be spendable for anything to be, whatever is asked for.
    The same key with the same request answers as the first time, whatever became of the hold since.
    Raises InsufficientPoints, WalletFrozen, InDebt (unless `debt_allowed`) or KeyReused.
    """
    posting.check_positive(amount)
    idem = idempotency.of_client(key)
    asked = fingerprint or idempotency.fingerprint(do="hold", currency=currency_id, amount=amount)
    pot = (holder_id, currency_id)
    with transaction.atomic(), connection.cursor() as cursor:
        wallet = lapsing.locked(cursor, [pot], now).get(pot)
        cursor.execute(_FIND, {"holder": holder_id, "idem": idem})
        if (found := cursor.fetchone()) is not None:
            idempotency.check_same(found[1], asked)
            return Held(found[0], currency_id, amount, found[2], _draws(cursor, holder_id, found[0]))
        posting.check_may_leave(wallet, debt_allowed)
        available = consumption.available(cursor, *pot, now)
        if available < max(amount, at_least):
            raise InsufficientPoints(available)
        values: dict[str, Any] = {
            "holder": holder_id, "currency": currency_id, "amount": amount, "idem": idem, "fingerprint": asked,
            "now": now, "lapses_at": lapses_at, "actor": actor,
        }  # fmt: skip
        cursor.execute(_PLACE, values)
        (hold_id,) = cursor.fetchone()
        cursor.execute(_SET_ASIDE, {**values, "hold": hold_id})
        return Held(hold_id, currency_id, amount, lapses_at, _draws(cursor, holder_id, hold_id))


def capture(
    *, holder_id: int, hold_id: int, now: datetime, actor: str, contra: str = "redeem", channel: str = "",
    store_id: int | None = None, source_type: str = "", source_id: int | None = None, cost_centre: str = "",
) -> Spent:  # fmt: skip
    """Spend what is held, from the lots it is held in; a capture that comes again answers as the first.

    Raises HoldLapsed, HoldReleased, NoSuchHold.
    """
    around = records.Circumstances(actor, channel, store_id, source_type, source_id, cost_centre)
    with transaction.atomic(), connection.cursor() as cursor:
        currency_id, state, lapses_at, posting_id = _locked(cursor, holder_id, hold_id)
        if state == "captured":
            return Spent(posting_id, records.drawn(cursor, holder_id, posting_id))
        if state == "released":
            raise HoldReleased(hold_id)
        if state == "lapsed" or lapses_at <= now:
            raise HoldLapsed(hold_id)
        idem = idempotency.of_cause(Cause.CAPTURE, hold_id)
        asked = idempotency.fingerprint(do="capture", hold=hold_id)
        posting_id = records.post(cursor, holder_id, idem, asked, "spend", around, now)
        values: dict[str, Any] = {
            "holder": holder_id, "hold": hold_id, "posting": posting_id, "currency": currency_id, "contra": contra,
            "cost_centre": cost_centre, "now": now,
        }  # fmt: skip
        cursor.execute(_CAPTURE, values)
        hooks.moved(cursor, [(holder_id, currency_id)], now)
        return Spent(posting_id, records.drawn(cursor, holder_id, posting_id))


def release(*, holder_id: int, hold_id: int, now: datetime) -> None:
    """Free what is held. One that was released or has lapsed is free already; a captured one raises HoldCaptured."""
    with transaction.atomic(), connection.cursor() as cursor:
        currency_id, state, lapses_at, _ = _locked(cursor, holder_id, hold_id)
        if state == "captured":
            raise HoldCaptured(hold_id)
        if lapses_at <= now:
            lapsing.lapse(cursor, [(holder_id, currency_id)], now)
        else:
            lapsing.release(cursor, holder_id, hold_id, now)


def _locked(cursor: Any, holder_id: int, hold_id: int) -> tuple[int, str, datetime, int]:
    """(currency_id, state, lapses_at, posting_id) of a hold whose wallet is locked now."""
    values = {"holder": holder_id, "hold": hold_id}
    cursor.execute(_READ, values)
    row = cursor.fetchone()
    if row is None:
        raise NoSuchHold(hold_id)
    wallets.lock(cursor, [(holder_id, row[0])])
    cursor.execute(_READ, values)  # as the one we may have waited for left it
    currency_id, state, lapses_at, posting_id = cursor.fetchone()
    return currency_id, state, lapses_at, posting_id


def _draws(cursor: Any, holder_id: int, hold_id: int) -> tuple[tuple[int, int], ...]:
    cursor.execute(_DRAWS, {"holder": holder_id, "hold": hold_id})
    return tuple(cursor.fetchall())
