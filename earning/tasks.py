"""Doorbells. A task reads the clock, makes one call and decides nothing; frames are imported when it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task

from audit import clock

SECONDS = 20
STEPS_SECONDS = 60


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


@shared_task(name="earning.tasks.close_windows")
def close_windows() -> None:
    """Write down where time alone put members on their ladders, and follow those a new ladder has not reached yet, for
    at most STEPS_SECONDS; the next beat goes on. Where they stand does not wait for it."""
    from earning import jobs, standing

    now = clock.now()
    slot = now.hour * 6 + now.minute // 10
    until = now + timedelta(seconds=STEPS_SECONDS)

    def act() -> None:
        standing.close_windows(now=now, goes_on=lambda: clock.now() < until)

    jobs.once("close windows", now.date(), slot, act, now=now)


def _expire_all(expire_due: Callable[[datetime], int], now: datetime) -> None:
    while expire_due(now):
        continue
