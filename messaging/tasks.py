"""The bell and the beat of messages. A task reads the clock, makes one call and decides nothing."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task

from audit import clock

SECONDS = 30

log = structlog.get_logger(__name__)


@shared_task(name="messaging.tasks.deliver")
def deliver() -> None:
    """Deliver what is due, for at most SECONDS; the next bell or beat goes on."""
    from messaging import delivery

    until = clock.now() + timedelta(seconds=SECONDS)
    done = delivery.deliver_due(clock=clock.now, goes_on=lambda: clock.now() < until)
    if done:
        log.info("messages delivered", messages=done)
