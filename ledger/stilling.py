"""Holding a holder's pots still while something else about it is decided: a card blocked, a membership closed.

Whoever spends locks a pot first, so what this returns from has come after every spend that had begun, and before every
one that has not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from ledger import wallets


def hold_still(*, holder_ids: Iterable[int], currency_ids: Sequence[int]) -> None:
    """Make and lock every pot of these holders in these currencies, in the order of locks, until the transaction ends.

    Nothing is written but wallets that were not there. Call it within a transaction, after the membership's own lock.
    """
    pots = sorted((holder_id, currency_id) for holder_id in set(holder_ids) for currency_id in currency_ids)
    with connection.cursor() as cursor:
        wallets.make(cursor, pots)
        wallets.lock(cursor, pots)
