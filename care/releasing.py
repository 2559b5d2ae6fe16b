"""Cases whose owner works here no more, laid back into the queue, so that no member waits for somebody who left."""

from __future__ import annotations

from datetime import datetime

from care import cases
from care.models import Case
from identity.hooks import Happened


def let_go(happened: Happened) -> None:
    """Registered with identity.hooks; runs in the transaction in which the person's rights ended."""
    if happened.what == "left":
        release(user_id=happened.user_id, now=happened.now)


def release(*, user_id: int, now: datetime) -> int:
    """Lay back every case of this person that is still worked on; how many. Its story says so, as the system's word."""
    hers = Case.objects.filter(owner_id=user_id, ended_at=None).order_by("pk")
    numbers = list(hers.select_for_update().values_list("pk", flat=True))
    for number in numbers:
        cases.hand_to(case_id=number, owner=None, now=now, by="system:left")
    return len(numbers)
