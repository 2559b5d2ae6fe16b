"""Activity of a holder that was merged into another: what it still gives or takes reaches the one that stands for it.

Awards and movements go on under the holder that had the activity, so that the same is never posted twice; the ledger's
`succession` lets the value follow, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ledger import families, succession
from ledger.families import Heirs


@contextmanager
def standing_in(
    cursor: Any, holder_ids: Iterable[int], currency_ids: Iterable[int], *, now: datetime
) -> Iterator[Heirs]:  # fmt: skip
    """Who stands for whom around these holders, while something is posted for them; what it gave is passed on after.

    Raises ledger.succession.SucceededMeanwhile: a holder was merged between the first look and the last.
    """
    holders, currencies = sorted(set(holder_ids)), sorted(set(currency_ids))
    heirs = families.heirs_around(cursor, holders)
    if heirs:
        # all of them now and in order: taken one by one, they and what follows could wait for each other in a circle
        succession.lock(cursor, {*holders, *heirs, *heirs.values()}, currencies, now)
    yield heirs
    succession.refuse_meanwhile(cursor, holders, heirs)
    if heirs:
        succession.hand_over(cursor, heirs, currencies, now)
