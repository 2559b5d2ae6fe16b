"""Suspending a membership, with a reason: it goes on earning and does not spend until somebody lifts it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import trail
from members import closing, hooks
from members.models import Membership, Suspension
from members.refusals import Refused

REASONS = ("fraud", "misuse", "dispute", "identity", "asked", "other")


class NotActive(Refused):
    """Only an active membership is suspended."""

    field = "membership"


class NotSuspended(Refused):
    """There is no suspension to lift."""

    field = "membership"


class NoReason(Refused):
    """Nobody is suspended, and no suspension is lifted, without saying why."""

    field = "words"


def suspend(*, membership_id: int, reason: str, now: datetime, by: str, words: str = "") -> Suspension:
    """Let a membership earn and not spend. Raises NotActive, NoReason."""
    if reason not in REASONS or (reason == "other" and not words.strip()):
        raise NoReason("a suspension needs a reason")
    with transaction.atomic():
        row = closing.locked(membership_id)
        if row.status not in (Membership.Status.ACTIVE, Membership.Status.PENDING):
            raise NotActive(f"the membership is {row.status}")
        found = Suspension.objects.create(
            membership=row, reason=reason, words=words.strip()[:300], from_at=now, by=by[:80]
        )
        _become(row, Membership.Status.SUSPENDED, "suspended", reason, now, by)
    return found


def lift(*, membership_id: int, words: str, now: datetime, by: str) -> None:
    """Let a suspended membership spend again. `words` say why. Raises NotSuspended, NoReason."""
    if not words.strip():
        raise NoReason("lifting a suspension needs a reason")
    with transaction.atomic():
        row = closing.locked(membership_id)
        if row.status != Membership.Status.SUSPENDED:
            raise NotSuspended(f"the membership is {row.status}")
        Suspension.objects.filter(membership=row, until_at=None).update(
            until_at=now, lifted_by=by[:80], lifted_words=words.strip()[:300]
        )
        _become(row, Membership.Status.ACTIVE, "suspension_lifted", "", now, by)


def current(membership_id: int) -> Suspension | None:
    """The suspension that holds now. A membership may be suspended without one: it came so from another system."""
    return Suspension.objects.filter(membership_id=membership_id, until_at=None).first()


def _become(row: Membership, status: str, what: str, reason: str, now: datetime, by: str) -> None:
    row.status = status
    row.save(update_fields=["status"])
    trail.record(
        action=f"members.{what}",
        actor=by,
        obj=("membership", row.pk),
        at=now,
        data={"reason": reason} if reason else {},
    )
    hooks.tell(what, membership_id=row.pk, now=now, by=by)
