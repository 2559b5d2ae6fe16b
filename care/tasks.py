"""The beat of leaving, of people's own data, of opinions and evidence. A task reads the clock, makes one call and
decides nothing."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task

from audit import clock

SECONDS = 60

log = structlog.get_logger(__name__)


@shared_task(name="care.tasks.archive")
def archive() -> None:
    """Make the archives that were asked for, and delete those nobody took, for at most SECONDS."""
    from care.privacy import archives

    until = clock.now() + timedelta(seconds=SECONDS)
    made = archives.make_due(clock=clock.now, goes_on=lambda: clock.now() < until)
    gone = archives.expire(now=clock.now())
    if made or gone:
        log.info("archives", made=made, gone=gone)


@shared_task(name="care.tasks.leave")
def leave() -> None:
    """Settle who left and erase who asked for it, for at most SECONDS; the next beat goes on."""
    from care.leaving import settling
    from care.privacy import erasing

    now = clock.now()
    until = now + timedelta(seconds=SECONDS)
    settled = settling.settle_due(now=now, goes_on=lambda: clock.now() < until)
    erased = erasing.erase_due(now=now, goes_on=lambda: clock.now() < until)
    if settled or erased:
        log.info("leavings", settled=settled, erased=erased)


@shared_task(name="care.tasks.retain")
def retain() -> None:
    """What has been kept long enough goes, once a night and class, for at most SECONDS."""
    from care.privacy import retention

    now = clock.now()
    until = now + timedelta(seconds=SECONDS)
    for name, done in retention.run(now=now, goes_on=lambda: clock.now() < until).items():
        if done:
            log.info("kept long enough", what=name, rows=done)


@shared_task(name="care.tasks.ask")
def ask() -> None:
    """Ask members what they thought of a purchase, for at most SECONDS; the next beat goes on."""
    from care import asking

    now = clock.now()
    until = now + timedelta(seconds=SECONDS)
    if asked := asking.ask_due(now=now, goes_on=lambda: clock.now() < until):
        log.info("opinions asked for", messages=asked)


@shared_task(name="care.tasks.sweep")
def sweep() -> None:
    """Take away evidence that a killed process wrote and no row names, for at most SECONDS."""
    from care import leftovers

    now = clock.now()
    until = now + timedelta(seconds=SECONDS)
    try:
        gone = leftovers.sweep(now=now, goes_on=lambda: clock.now() < until)
    except leftovers.NotOurFolder as refused:
        log.warning("files without a row are kept: FILES_DIR is not this database's", why=str(refused))
        return
    if gone:
        log.info("files without a row", gone=gone)


@shared_task(name="care.tasks.expire_requests")
def expire_requests() -> None:
    """End adjustments nobody approved in time. Until then approving them is refused by their own date."""
    from care import adjustments

    if ended := adjustments.let_expire(now=clock.now()):
        log.info("adjustments nobody decided", ended=ended)
