"""Doorbells. A task reads the clock, makes one call and decides nothing; frames are imported when it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task

from audit import clock

SECONDS = 20


@shared_task(name="earning.tasks.drain")
def drain(first_bucket: int) -> None:
    """Score what waits, for at most SECONDS; the next bell goes on."""
    from earning import journey

    journey.drain(clock=clock.now, first_bucket=first_bucket, until=clock.now() + timedelta(seconds=SECONDS))


@shared_task(name="earning.tasks.tick")
def tick() -> None:
    """Ring every bell, for what was never nudged and for leases that ran out."""
    from earning import bells

    bells.ring()


@shared_task(name="earning.tasks.expire")
def expire() -> None:
    """Post the end of dead lots, once an hour; nothing can be spent from them meanwhile."""
    from earning import jobs
    from ledger import expiry

    now = clock.now()
    jobs.once("expire", now.date(), now.hour, lambda: _expire_all(expiry.expire_due, now), now=now)


def _expire_all(expire_due: Callable[[datetime], int], now: datetime) -> None:
    while expire_due(now):
        continue
