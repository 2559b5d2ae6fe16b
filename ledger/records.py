"""The rows of one posting: found by its key, written, and read back to answer a key that comes again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ledger import idempotency


@dataclass(frozen=True)
class Circumstances:
    """What a posting remembers beside its amounts: where, through what, and the cost centre that bears it."""

    actor: str
    channel: str = ""
    store_id: int | None = None
    source_type: str = ""
    source_id: int | None = None
    cost_centre: str = ""


_FIND = "SELECT posting_id, fingerprint FROM ledger_posting WHERE holder_id = %(holder)s AND idem = %(idem)s"
_POST = """
INSERT INTO ledger_posting (holder_id, posting_id, idem, fingerprint, kind, source_type, source_id, actor, channel,
                            store_id, transfer_id, effective_at)
VALUES (%(holder)s, %(posting)s, %(idem)s, %(fingerprint)s, %(kind)s, %(source_type)s, %(source_id)s, %(actor)s,
        %(channel)s, %(store)s, %(transfer)s, %(now)s)
"""
_MAKE_LOT = """
WITH made AS (
    INSERT INTO ledger_lot (holder_id, lot_id, posting_id, activity_id, initial, remaining, available_at, expires_at,
                            currency_id, occurred_on)
    VALUES (%(holder)s, nextval('ledger_entry_id'), %(posting)s, %(activity)s, %(amount)s, %(amount)s,
            %(available_at)s, %(expires_at)s, %(currency)s, %(occurred_on)s)
    RETURNING holder_id, lot_id, posting_id, currency_id, initial
)
INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, cost_centre,
                          effective_at)
SELECT holder_id, lot_id, posting_id, lot_id, currency_id, initial, %(kind)s, %(contra)s, %(cost_centre)s, %(now)s
FROM made
"""
_RECEIVE = """
WITH sent AS (
    SELECT e.entry_id, -e.amount AS amount, l.activity_id, l.available_at, l.expires_at, l.currency_id, l.occurred_on
    FROM ledger_entry e JOIN ledger_lot l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
    WHERE e.holder_id = %(sender)s AND e.posting_id = %(sent)s AND e.amount < 0
    ORDER BY e.entry_id
), made AS (
    INSERT INTO ledger_lot (holder_id, lot_id, posting_id, activity_id, initial, remaining, available_at, expires_at,
                            currency_id, occurred_on)
    SELECT %(holder)s, nextval('ledger_entry_id'), %(posting)s, activity_id, amount, amount, available_at, expires_at,
           currency_id, occurred_on
    FROM sent ORDER BY entry_id
    RETURNING holder_id, lot_id, posting_id, currency_id, initial
)
INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
SELECT holder_id, lot_id, posting_id, lot_id, currency_id, initial, 'transfer', 'transfer', %(now)s FROM made
"""
_MADE = """
SELECT l.lot_id, (SELECT coalesce(-sum(d.amount), 0)::bigint FROM ledger_debt_entry d
                  WHERE d.holder_id = l.holder_id AND d.posting_id = l.posting_id)
FROM ledger_lot l WHERE l.holder_id = %(holder)s AND l.posting_id = %(posting)s
"""
_DRAWN = """
SELECT lot_id, -amount FROM ledger_entry WHERE holder_id = %(holder)s AND posting_id = %(posting)s ORDER BY entry_id
"""
_RECEIVED = "SELECT posting_id FROM ledger_posting WHERE holder_id = %(holder)s AND transfer_id = %(transfer)s"


def find(cursor: Any, holder_id: int, idem: uuid.UUID, asked: bytes) -> int | None:
    """The posting this key made before, if any; asked inside the lock, so that of two rivals one waits and finds."""
    cursor.execute(_FIND, {"holder": holder_id, "idem": idem})
    row = cursor.fetchone()
    if row is None:
        return None
    idempotency.check_same(row[1], asked)
    return int(row[0])


def post(
    cursor: Any, holder_id: int, idem: uuid.UUID, asked: bytes, kind: str, around: Circumstances, now: datetime,
    transfer_id: int | None = None, transfers: bool = False,
) -> int:  # fmt: skip
    """Write the posting; a sender's carries its own number as the transfer's."""
    cursor.execute("SELECT nextval('ledger_posting_id')")
    posting_id = int(cursor.fetchone()[0])
    values = {
        "holder": holder_id, "posting": posting_id, "idem": idem, "fingerprint": asked, "kind": kind,
        "source_type": around.source_type, "source_id": around.source_id, "actor": around.actor,
        "channel": around.channel, "store": around.store_id, "now": now,
        "transfer": posting_id if transfers else transfer_id,
    }  # fmt: skip
    cursor.execute(_POST, values)
    return posting_id


def make_lot(
    cursor: Any, holder_id: int, currency_id: int, posting_id: int, amount: int, *, kind: str, contra: str,
    available_at: datetime, expires_at: datetime | None, occurred_on: date, activity_id: int | None, cost_centre: str,
    now: datetime,
) -> None:  # fmt: skip
    """A lot and the entry that fills it. One that dies before it matures is never spendable, whatever it waits for."""
    if expires_at is not None and expires_at <= available_at:
        available_at = expires_at - timedelta(microseconds=1)
    values = {
        "holder": holder_id, "posting": posting_id, "activity": activity_id, "amount": amount,
        "available_at": available_at, "expires_at": expires_at, "currency": currency_id, "occurred_on": occurred_on,
        "kind": kind, "contra": contra, "cost_centre": cost_centre, "now": now,
    }  # fmt: skip
    cursor.execute(_MAKE_LOT, values)


def receive(cursor: Any, sender: int, sent: int, holder_id: int, posting_id: int, now: datetime) -> None:
    """What the posting `sent` took from the sender's lots arrives in lots of the same activity and dates."""
    values = {"sender": sender, "sent": sent, "holder": holder_id, "posting": posting_id, "now": now}
    cursor.execute(_RECEIVE, values)


def made(cursor: Any, holder_id: int, posting_id: int) -> tuple[int, int]:
    """The lot a credit made, and how much of it repaid debt."""
    values = {"holder": holder_id, "posting": posting_id}
    cursor.execute(_MADE, values)
    lot_id, repaid = cursor.fetchone()
    return lot_id, repaid


def drawn(cursor: Any, holder_id: int, posting_id: int) -> tuple[tuple[int, int], ...]:
    """What a debit took: (lot_id, amount) in the order of consumption."""
    cursor.execute(_DRAWN, {"holder": holder_id, "posting": posting_id})
    return tuple(cursor.fetchall())


def received(cursor: Any, holder_id: int, transfer_id: int) -> int:
    """The receiver's posting of a transfer."""
    cursor.execute(_RECEIVED, {"holder": holder_id, "transfer": transfer_id})
    return int(cursor.fetchone()[0])
