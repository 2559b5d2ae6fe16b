"""Wallets told of what changed. A task reads the clock, makes one call and decides nothing."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from audit import clock

FOR_AT_MOST = timedelta(seconds=60)


@shared_task(name="portal.tasks.wallets")
def wallets() -> None:
    """Compare passes with what they last said, tell wallets of those that say something new, forget who was erased."""
    from members import wallets as passes
    from portal.passes import pushing

    now = clock.now()
    pushing.look(now=now)
    pushing.push(now=clock.now, until=now + FOR_AT_MOST)
    passes.forget_ended(now=now)
