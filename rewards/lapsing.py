"""Writing down redemptions that were held too long, so that what they set aside is free in the tables as well.

Nothing waits for it: whoever takes from a reward or a pot frees first what has lapsed there, and readers leave it out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from ledger import lapsing as holds
from rewards import counting

_DUE = """
SELECT DISTINCT reward_id FROM redemption WHERE state = 'held' AND lapses_at <= %s ORDER BY reward_id
"""


def lapse_due(*, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Let every redemption held beyond its time lapse, and then the holds on its points; how many redemptions.

    A thousand a transaction as long as it `goes_on`: cut off, the next call goes on; called again, it finds nothing.
    Those that somebody confirms or releases at this moment are left to them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [now])
        rewards = [reward_id for (reward_id,) in cursor.fetchall()]
    lapsed = 0
    for reward_id in rewards:
        while goes_on():
            with transaction.atomic(), connection.cursor() as cursor:
                counting.lock(cursor, reward_id)
                done = counting.lapse(cursor, reward_id, now)
            lapsed += done
            if done < counting.AT_ONCE:
                break
    if goes_on():
        holds.lapse_due(now)
    return lapsed
