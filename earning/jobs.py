"""Scheduled jobs, once for each business day and shard: a second beat finds the row and does nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from earning.models import JobRun

RUNNING, DONE, FAILED = "running", "done", "failed"


def once(job: str, business_date: date, shard: int, act: Callable[[], object], *, now: datetime) -> bool:
    """Run `act` unless this job ran, or runs, for that day and shard; whether it did.

    What failed is tried again by the next beat; what `act` does must bear being cut off and done again.
    """
    run, fresh = JobRun.objects.get_or_create(
        job=job, business_date=business_date, shard=shard, defaults={"state": RUNNING, "started_at": now}
    )
    taken = fresh or JobRun.objects.filter(pk=run.pk, state=FAILED).update(state=RUNNING, started_at=now)
    if not taken:
        return False
    try:
        act()
    except Exception:
        JobRun.objects.filter(pk=run.pk).update(state=FAILED, ended_at=now)
        raise
    JobRun.objects.filter(pk=run.pk).update(state=DONE, ended_at=now)
    return True
