"""The beat of rewards. A task reads the clock, makes one call and decides nothing."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task

from audit import clock

SECONDS = 20

log = structlog.get_logger(__name__)


@shared_task
def lapse() -> None:
    """Write down what was held too long, for at most SECONDS; the next beat goes on."""
    from rewards import lapsing

    now = clock.now()
    until = now + timedelta(seconds=SECONDS)
    done = lapsing.lapse_due(now=now, goes_on=lambda: clock.now() < until)
    if done:
        log.info("redemptions lapsed", redemptions=done)
