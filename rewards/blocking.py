"""What is set aside with a card falls free when the card is blocked: what was not confirmed before never will be."""

from __future__ import annotations

from typing import Any

from django.db import connection

from ledger import holding
from members.hooks import Happened
from rewards import counting, records, standing

_OPEN = """
SELECT idem, reward_id FROM redemption
WHERE holder_id = %(holder)s AND membership_id = %(membership)s AND state = 'held' ORDER BY reward_id, redemption_id
"""


def release_on_block(happened: Happened) -> None:
    """Let go of whatever a membership has on hold. Registered with members.hooks; runs in the block's transaction.

    A redemption does not say by which card it was asked for, so all of the membership's holds go: they last for
    minutes, and whoever holds the right card asks again. It comes before the pots are locked, and every reward is
    locked before the first pot, as a redemption does.
    """
    if happened.what != "card_blocking":
        return
    holder_id = standing.holder_of(happened.membership_id)
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"holder": holder_id, "membership": happened.membership_id})
        held = cursor.fetchall()
        for reward_id in sorted({reward_id for _, reward_id in held}):
            counting.lock(cursor, reward_id)
        for idem, _ in held:
            _release(cursor, holder_id, idem, happened)


def _release(cursor: Any, holder_id: int, idem: Any, happened: Happened) -> None:
    row = records.must_find(cursor, holder_id, idem)
    if row.state != "held":
        return
    if row.lapses_at <= happened.now:
        counting.lapse(cursor, row.reward_id, happened.now, row.holder_id)
    else:
        counting.release(
            cursor, row.reward_id, row.holder_id, row.redemption_id, now=happened.now, by=happened.by
        )  # fmt: skip
    for _, _, hold_id, _ in row.costs:
        holding.release(holder_id=row.holder_id, hold_id=hold_id, now=happened.now)
