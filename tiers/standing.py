"""Steps given by hand: a floor that holds until it is lifted, or a step given at a moment as if it were reached."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import trail
from programs.models import Program
from tiers import hooks, ladders
from tiers.models import TierAssignment


class UnknownStep(ValueError):
    """The program's ladder has no such step."""


@transaction.atomic
def assign_floor(
    *, holder_id: int, program: Program, step: str | None, now: datetime, by: str, reason: str = ""
) -> None:
    """From `now` on this holder does not stand below `step`, whatever is counted; None takes the floor away.

    Raises UnknownStep.
    """
    _assign("floor", holder_id, program, step, at=now, now=now, by=by, reason=reason)


@transaction.atomic
def reached(
    *, holder_id: int, program: Program, step: str, at: datetime, now: datetime, by: str, reason: str = ""
) -> None:
    """Give a step at a moment as if it were reached then: it is kept and lost like any other. Raises UnknownStep."""
    _assign("reached", holder_id, program, step, at=at, now=now, by=by, reason=reason)


def _assign(
    kind: str, holder_id: int, program: Program, step: str | None, *, at: datetime, now: datetime, by: str, reason: str
) -> None:
    held = ladders.current(program.pk)
    if step is not None and (held is None or step not in {one.code for one in held.terms.steps}):
        raise UnknownStep(f"the ladder of {program.code} has no step {step}")
    TierAssignment.objects.create(
        holder_id=holder_id, program_id=program.pk, kind=kind, step=step, at=at, by=by, reason=reason
    )
    data = {"step": step, "program": program.pk, "reason": reason}
    trail.record(action=f"tiers.{kind}", actor=by, obj=("holder", holder_id), at=now, data=data)
    hooks.follow(program.pk, [holder_id], now)
