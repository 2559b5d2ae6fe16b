"""The beat of rehearsals. A task reads the clock, makes one call and decides nothing; the row is the queue."""

from __future__ import annotations

import structlog
from celery import shared_task

from audit import clock

log = structlog.get_logger(__name__)


@shared_task(name="studio.tasks.rehearse", soft_time_limit=170, time_limit=190)
def rehearse() -> None:
    """Run the book that waits longest, if any; another message runs the next."""
    from studio import rehearsing

    if rehearsing.work(clock=clock.now):
        log.info("book rehearsed")
        rehearsing.ring_again(now=clock.now())
