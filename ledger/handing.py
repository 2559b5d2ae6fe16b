"""What moves between an old holder and its successor: transfers of lots with their activity and dates, and of debt.

The pots of both are locked before. A transfer moves something or is not there at all.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from ledger import clawback, consumption, debts, idempotency, records, wallets
from ledger.consumption import Demand, Lots
from ledger.wallets import Pot, Wallet

ACTOR = "system:succession"
MOVED = "transfer"  # the reason of debt that changes hands

_ALIVE = f"""
SELECT coalesce(sum(l.remaining - l.held), 0)::bigint FROM ledger_lot l
WHERE l.holder_id = %(holder)s AND l.currency_id = %(currency)s AND l.remaining > l.held AND {consumption.ALIVE}
"""
# A death that was posted is undone, and the dead points leave: the lot stays as it is.
_LEND_DEAD = clawback.STAND_IN.replace("'take_back'", "'transfer'").replace("'clawback'", "'transfer'")


def pass_on(cursor: Any, wallet: Wallet, new: int, now: datetime, by: str) -> bool:
    """Move all that lives in a pot, and all it owes, to the successor's; what then is spendable there repays debt."""
    old, currency_id, debt = wallet.holder_id, wallet.currency_id, wallet.debt
    cursor.execute(_ALIVE, {"holder": old, "currency": currency_id, "now": now})
    (free,) = cursor.fetchone()
    if not free and not debt:
        return False
    sent, received = begin(cursor, old, new, now, by)
    if free:
        drawn = sum(
            _draw(cursor, Demand(old, currency_id, free, sent), lots, now) for lots in (Lots.SPENDABLE, Lots.PENDING)
        )
        arrive(cursor, (old, currency_id), sent, new, received, drawn, now)
    if debt:
        debts.owe(cursor, [(new, received, currency_id, debt), (old, sent, currency_id, -debt)], now=now, reason=MOVED)
    repay(cursor, (new, currency_id), received, now)
    return True


def lend(
    cursor: Any, lender: Pot, old: int, amount: int, activity_id: int, only_pending: bool, now: datetime
) -> None:  # fmt: skip
    """Bring up to `amount` from the successor's pot back to the old holder's, in the order of taking back."""
    holder_id, currency_id = lender
    stages = [Lots.OWN_PENDING] if only_pending else [Lots.OWN_DEAD, Lots.OWN, Lots.SPENDABLE, Lots.PENDING]
    cursor.execute("SAVEPOINT ledger_lend")
    sent, received = begin(cursor, holder_id, old, now, ACTOR)
    dead = drawn = 0
    for lots in stages:
        left = amount - dead - drawn
        drawn += _draw(cursor, Demand(holder_id, currency_id, left, sent, activity_id), lots, now) if left else 0
        if lots is Lots.OWN_DEAD and amount > drawn:
            dead = _draw_dead(cursor, Demand(holder_id, currency_id, amount - drawn, sent, activity_id), now)
    if not dead and not drawn:
        cursor.execute("ROLLBACK TO SAVEPOINT ledger_lend")
    else:
        records.receive(cursor, holder_id, sent, old, received, now)
        wallets.move(cursor, [(holder_id, currency_id, -drawn, 0), (old, currency_id, drawn + dead, 0)])
    cursor.execute("RELEASE SAVEPOINT ledger_lend")


def arrive(cursor: Any, sender: Pot, sent: int, to: int, received: int, drawn: int, now: datetime) -> None:
    """What `sent` drew from the sender's lots is the receiver's."""
    records.receive(cursor, sender[0], sent, to, received, now)
    wallets.move(cursor, [(*sender, -drawn, 0), (to, sender[1], drawn, 0)])


def begin(cursor: Any, sender: int, receiver: int, now: datetime, by: str) -> tuple[int, int]:
    """The two postings of a transfer. What it moves is what is there at the moment, so no key says it again."""
    around, asked = records.Circumstances(by), idempotency.fingerprint(do="succeed", of=sender, to=receiver)
    sent = records.post(cursor, sender, uuid.uuid4(), asked, "transfer", around, now, transfers=True)
    received = records.post(cursor, receiver, uuid.uuid4(), asked, "transfer", around, now, transfer_id=sent)
    return sent, received


def _draw(cursor: Any, demand: Demand, lots: Lots, now: datetime) -> int:
    drawn = consumption.draw(cursor, [demand], lots, now=now, kind="transfer", contra="transfer")
    return sum(draw.amount for draw in drawn)


def _draw_dead(cursor: Any, demand: Demand, now: datetime) -> int:
    values = {
        "holders": [demand.holder_id], "currencies": [demand.currency_id], "amounts": [demand.amount],
        "postings": [demand.posting_id], "activities": [demand.activity_id], "now": now,
    }  # fmt: skip
    cursor.execute(_LEND_DEAD, values)
    return sum(amount for _, _, amount in cursor.fetchall())


def repay(cursor: Any, pot: Pot, posting_id: int, now: datetime) -> None:
    """Two that are one owe nothing while they have something."""
    debt = wallets.lock(cursor, [pot])[pot].debt
    if not debt:
        return
    draws = consumption.draw(
        cursor, [Demand(*pot, debt, posting_id)], Lots.SPENDABLE, now=now, kind="repay", contra="debt_repay"
    )  # fmt: skip
    paid = sum(draw.amount for draw in draws)
    if paid:
        debts.owe(cursor, [(pot[0], posting_id, pot[1], -paid)], now=now, reason="repay")
        wallets.move(cursor, [(*pot, -paid, 0)])
