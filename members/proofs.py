"""Codes that are tried for a membership are counted: five wrong ones, and the next has to wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from members.models import CardProof, Membership
from members.refusals import Refused

WRONG_ONES = 5
WITHIN = timedelta(minutes=15)


class TooManyTries(Refused):
    """Five wrong codes within a quarter of an hour; a right one is not looked at either."""

    field = "code"


def begin(membership_id: int, what: CardProof.What, now: datetime) -> Membership:
    """Lock the membership, so that tries come one after another. Raises TooManyTries."""
    membership = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("program").get(
        pk=membership_id
    )  # fmt: skip
    tried = CardProof.objects.filter(membership=membership, what=what, good=False, at__gt=now - WITHIN)
    if tried.count() >= WRONG_ONES:
        raise TooManyTries("too many wrong codes")
    return membership


def wrong(membership: Membership, what: CardProof.What, now: datetime, by: str) -> None:
    """Count a wrong one. The caller raises after the transaction, so that the count stays."""
    CardProof.objects.create(membership=membership, what=what, good=False, at=now, by=by)


def right(
    membership: Membership, what: CardProof.What, now: datetime, by: str, *, step: int | None = None, key: str = ""
) -> None:
    CardProof.objects.create(membership=membership, what=what, good=True, step=step, key=key, at=now, by=by)
