"""Two holders become one: what the old one has goes to the new one, and so does whatever comes back to it later.

The old holder keeps its books. What an activity gave it is taken back there and what it spent comes back there, under
the same keys as ever, so that nothing is posted twice; only value moves, lot by lot with its activity and its dates,
as transfers. `lend` brings back what is about to be taken, `hand_over` passes on what came. 100 and 200 are 300.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import copying, families, handing, holders, hooks, lapsing, wallets
from ledger.families import Heirs
from ledger.posting import WalletFrozen
from ledger.wallets import Pot


class HoldsOpen(Exception):
    """Points of the old holder are set aside for a redemption: to be confirmed or released first."""


class AlreadySucceeded(Exception):
    """The old holder has a successor already, or the new one got one meanwhile."""


class SucceededMeanwhile(Exception):
    """A holder was merged while something was posted for it: nothing was written, and doing it again will know."""


# What of an activity died with the holder, its death posted or not: it needs no lending.
_DIED = """
SELECT coalesce(sum(l.remaining - l.held - coalesce(
    (SELECT sum(e.amount) FROM ledger_entry e
     WHERE e.holder_id = l.holder_id AND e.lot_id = l.lot_id AND e.contra = 'expire'), 0)), 0)::bigint
FROM ledger_lot l
WHERE l.holder_id = %(holder)s AND l.currency_id = %(currency)s AND l.activity_id = %(activity)s
  AND l.expires_at <= %(now)s
"""


@transaction.atomic
def merge(*, old: int, new: int, currency_ids: Sequence[int], now: datetime, by: str) -> None:
    """Let `new` have all that `old` has in these currencies (all of the program), what it owes included.

    Lots keep their activity and their dates; the debt of one is repaid from the points of the other. Raises HoldsOpen,
    WalletFrozen, AlreadySucceeded. A death not posted yet stays with the old holder, where it is posted.
    """
    with connection.cursor() as wrapper:
        cursor = copying.plain(wrapper)
        new = holders.successors([new]).get(new, new)
        if new == old:
            raise AlreadySucceeded(old)
        # every pot is made now and locked, so that whoever posts to the old one comes before this or sees it
        locked = lock(cursor, [old, new], currency_ids, now)
        if holders.successors([old, new]):  # by whoever came before
            raise AlreadySucceeded(old)
        for currency_id in currency_ids:
            wallet = locked[old, currency_id]
            if wallet.frozen_reason:
                raise WalletFrozen(wallet.frozen_reason)
            if wallet.held:
                raise HoldsOpen(old)
        holders.succeed(old=old, new=new, now=now)
        hand_over(cursor, {old: new}, currency_ids, now, by)


def lock(
    cursor: Any, holder_ids: Iterable[int], currency_ids: Sequence[int], now: datetime
) -> dict[Pot, wallets.Wallet]:  # fmt: skip
    """Make and lock these pots, and free what lapsed there; as they stand then."""
    pots = [(holder, currency) for holder in holder_ids for currency in currency_ids]
    wallets.make(cursor, pots)
    lapsing.locked(cursor, pots, now)
    return wallets.lock(cursor, pots)


def refuse_meanwhile(cursor: Any, holder_ids: Iterable[int], known: Heirs) -> None:
    """Raise SucceededMeanwhile when one of these holders, whose pots are locked now, got a successor since `known`."""
    if families.heirs_around(cursor, holder_ids) != known:
        raise SucceededMeanwhile("a holder was merged while this was posted")


def lend(
    cursor: Any, heirs: Heirs, rows: Iterable[tuple[int, int, int, int]], *, only_pending: bool, now: datetime
) -> None:  # fmt: skip
    """Bring back to old holders what will be taken from them: (holder_id, activity_id, currency_id, amount).

    From the successor's lots of that activity, the dead first, then from its others in the order of taking back; as
    far as they go. The pots are locked before.
    """
    cursor = copying.plain(cursor)
    for old, activity_id, currency_id, amount in rows:
        if old not in heirs:
            continue
        values = {"holder": old, "currency": currency_id, "activity": activity_id, "now": now}
        cursor.execute(_DIED, values)
        wanted = amount if only_pending else max(amount - cursor.fetchone()[0], 0)
        if wanted:
            handing.lend(cursor, (heirs[old], currency_id), old, wanted, activity_id, only_pending, now)


def hand_over(
    cursor: Any, heirs: Heirs, currency_ids: Iterable[int], now: datetime, by: str = handing.ACTOR
) -> None:  # fmt: skip
    """Pass on whatever old holders have and owe to those who stand for them, and let points repay debt there.

    What is dead stays where it died. The pots are locked before; one transfer a pot that has something.
    """
    cursor = copying.plain(cursor)
    moved: list[Pot] = []
    for old, new in sorted(heirs.items()):
        for currency_id in sorted(currency_ids):
            wallet = wallets.lock(cursor, [(old, currency_id)]).get((old, currency_id))
            if wallet is not None and handing.pass_on(cursor, wallet, new, now, by):
                moved += [(old, currency_id), (new, currency_id)]
    if moved:
        hooks.moved(cursor, moved, now)
