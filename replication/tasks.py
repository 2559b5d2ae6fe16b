"""What is told to systems, looked at again. A task reads the clock, makes one call and decides nothing."""

from __future__ import annotations

from celery import shared_task

from audit import clock


@shared_task(name="replication.tasks.look")
def look() -> None:
    """Write down for each system whose members have other facts than it was told."""
    from replication import feeding

    feeding.look_all(now=clock.now())
