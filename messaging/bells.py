"""Ringing for whoever delivers. A bell carries no data; the beat rings again for what was never heard."""

from __future__ import annotations

import structlog
from django.db import connection, transaction

log = structlog.get_logger(__name__)


def ring() -> None:
    """Nudge a worker; a broker that does not answer is only logged."""
    from messaging import tasks

    if connection.settings_dict.get("SCRATCH"):
        return  # a rehearsal's database: nobody is written to from there
    try:
        tasks.deliver.apply_async(expires=60)
    except Exception as error:  # whatever kept the message from going: the row is in the table
        log.warning("bell not rung", error=type(error).__name__)


def ring_when_committed() -> None:
    """Ring once this transaction has ended, however many messages it owes."""
    waiting = {function for _, function, *_ in connection.run_on_commit}
    if ring not in waiting:
        transaction.on_commit(ring)
