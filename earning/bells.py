"""Ringing for a worker. A bell carries no data, and nothing is lost when it is: the tick rings them all again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction

from earning import marks

# as many messages a ring as may usefully work at once; each starts at another bucket so that they do not meet
STARTS = (0, marks.BUCKETS // 4, marks.BUCKETS // 2, 3 * marks.BUCKETS // 4)

log = structlog.get_logger(__name__)


def ring() -> None:
    """Nudge the workers; a broker that does not answer is only logged."""
    from earning import tasks

    if connection.settings_dict.get("SCRATCH"):
        return  # a rehearsal's database: no worker looks there

    for start in STARTS:
        try:
            tasks.drain.apply_async(args=[start], expires=60)
        except Exception as error:  # whatever kept the message from going: the mark is in the table
            log.warning("bell not rung", error=type(error).__name__)
            return


def ring_when_committed(_cursor: Any, _now: datetime) -> None:
    """Ring once the activity is there to be found. Registered with activity.landing."""
    transaction.on_commit(ring)


def ring_when_returned(_cursor: Any, _purchase_ids: list[int], _now: datetime) -> None:
    """Ring once the links are there to be found. Registered with activity.returns."""
    transaction.on_commit(ring)
