"""The rows of one redemption: written, and found again by the key a till sends."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from ledger import idempotency
from rewards.refusals import NoSuchRedemption
from rewards.standing import Who


@dataclass(frozen=True)
class Row:
    """A redemption as it stands. `costs`: (currency_id, amount, hold_id, posting_id) in order of currency."""

    redemption_id: int
    holder_id: int
    membership_id: int
    reward_id: int
    quantity: int
    state: str
    placed_at: datetime
    lapses_at: datetime
    receipt: str
    money: str
    offer: dict[str, Any]
    costs: tuple[tuple[int, int, int, int | None], ...]


_FIND = """
SELECT redemption_id, holder_id, membership_id, reward_id, quantity, state, placed_at, lapses_at, receipt, money,
       offer::text, fingerprint
FROM redemption WHERE holder_id = %(holder)s AND idem = %(idem)s
"""
_PLACE = """
INSERT INTO redemption (holder_id, redemption_id, membership_id, reward_id, quantity, idem, fingerprint, offer,
                        from_stock, budget_amount, budget_points, budget_market, money, state, placed_at, lapses_at,
                        receipt, source, channel, actor)
VALUES (%(holder)s, nextval('redemption_id'), %(membership)s, %(reward)s, %(quantity)s, %(idem)s, %(fingerprint)s,
        %(offer)s, %(from_stock)s, %(budget_amount)s, %(budget_points)s, %(budget_market)s, %(money)s, 'held', %(now)s,
        %(lapses_at)s, %(receipt)s, %(source)s, %(channel)s, %(actor)s)
RETURNING redemption_id
"""
_COSTS = """
SELECT currency_id, amount, hold_id, posting_id FROM redemption_cost
WHERE holder_id = %(holder)s AND redemption_id = %(redemption)s ORDER BY currency_id
"""
_ADD_COST = """
INSERT INTO redemption_cost (holder_id, redemption_id, currency_id, amount, hold_id)
VALUES (%(holder)s, %(redemption)s, %(currency)s, %(amount)s, %(hold)s)
"""
_SPENT = """
UPDATE redemption_cost SET posting_id = %(posting)s
WHERE holder_id = %(holder)s AND redemption_id = %(redemption)s AND currency_id = %(currency)s
"""
_CONFIRM = """
UPDATE redemption SET state = 'confirmed', resolved_at = %(now)s, resolved_by = %(by)s
WHERE holder_id = %(holder)s AND redemption_id = %(redemption)s
"""


def idem(key: str | uuid.UUID) -> uuid.UUID:
    """A till's key in the form of the table's."""
    return idempotency.of_client(key)


def find(cursor: Any, holder_id: int, key: uuid.UUID, asked: bytes | None = None) -> Row | None:
    """The redemption made under this key before, if any. Raises idempotency.KeyReused when it was another request."""
    cursor.execute(_FIND, {"holder": holder_id, "idem": key})
    row = cursor.fetchone()
    if row is None:
        return None
    *values, offer, fingerprint = row
    if asked is not None:
        idempotency.check_same(fingerprint, asked)
    cursor.execute(_COSTS, {"holder": holder_id, "redemption": values[0]})
    return Row(*(*values, json.loads(offer), tuple(cursor.fetchall())))


def find_of(cursor: Any, who: Who, key: uuid.UUID, asked: bytes | None = None) -> Row | None:
    """The redemption a person made under this key, out of whatever pot was hers then. Raises idempotency.KeyReused
    where somebody else of her household used the key."""
    found = next((row for row in (find(cursor, holder, key, asked) for holder in who.kin.holders) if row), None)
    if found is not None and found.membership_id not in who.kin.memberships:
        raise idempotency.KeyReused("this key is another member's")
    return found


def must_find_of(cursor: Any, who: Who, key: uuid.UUID) -> Row:
    """Raises NoSuchRedemption, also for what another member of the household holds."""
    try:
        found = find_of(cursor, who, key)
    except idempotency.KeyReused:
        found = None
    if found is None:
        raise NoSuchRedemption("this member has no redemption under that key")
    return found


def must_find(cursor: Any, holder_id: int, key: uuid.UUID) -> Row:
    """Raises NoSuchRedemption."""
    found = find(cursor, holder_id, key)
    if found is None:
        raise NoSuchRedemption("this member has no redemption under that key")
    return found


def place(cursor: Any, offer: dict[str, Any], **values: Any) -> int:
    """Write a redemption that is held; its number."""
    cursor.execute(_PLACE, {**values, "offer": Jsonb(offer)})
    return int(cursor.fetchone()[0])


def add_cost(
    cursor: Any, holder_id: int, redemption_id: int, *, currency_id: int, amount: int, hold_id: int
) -> None:  # fmt: skip
    """What it costs in one currency, and the hold that keeps it."""
    values = {"holder": holder_id, "redemption": redemption_id, "currency": currency_id, "amount": amount}
    cursor.execute(_ADD_COST, {**values, "hold": hold_id})


def spent(cursor: Any, row: Row, currency_id: int, posting_id: int) -> None:
    """The posting that spent what was held in one currency."""
    values = {"holder": row.holder_id, "redemption": row.redemption_id, "currency": currency_id, "posting": posting_id}
    cursor.execute(_SPENT, values)


def confirm(cursor: Any, row: Row, *, now: datetime, by: str) -> None:
    """The redemption took place; the table refuses one that has ended."""
    cursor.execute(_CONFIRM, {"holder": row.holder_id, "redemption": row.redemption_id, "now": now, "by": by})
