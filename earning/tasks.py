"""Doorbells. A task reads the clock, makes one call and decides nothing; frames are imported when it runs."""

from __future__ import annotations

from datetime import timedelta

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
