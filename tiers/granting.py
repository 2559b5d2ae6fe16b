"""Steps given to many at once, as they were reached elsewhere: a base of members that brings its tiers along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from programs.models import Program
from tiers import hooks, ladders
from tiers.models import TierAssignment
from tiers.standing import UnknownStep


def steps_of(program_id: int) -> frozenset[str]:
    """The codes of the steps of the program's ladder; none without one."""
    held = ladders.current(program_id)
    return frozenset(step.code for step in held.terms.steps) if held else frozenset()


@transaction.atomic
def reached_many(
    *, program: Program, given: Sequence[tuple[int, str, datetime]], now: datetime, by: str, reason: str
) -> None:
    """Give (holder_id, step, at) each as if it were reached then. Raises UnknownStep, and then gives none.

    Who gave them is kept with each step; the caller writes one audit event for all of them.
    """
    known = steps_of(program.pk)
    for _, step, _ in given:
        if step not in known:
            raise UnknownStep(f"the ladder of {program.code} has no step {step}")
    TierAssignment.objects.bulk_create(
        TierAssignment(
            holder_id=holder_id, program_id=program.pk, kind="reached", step=step, at=at, by=by, reason=reason
        )
        for holder_id, step, at in given
    )  # fmt: skip
    if given:
        hooks.follow(program.pk, [holder_id for holder_id, _, _ in given], now)
