"""Cases whose owner works here no more, or no longer where they belong, laid back into the queue: no member waits for
somebody who cannot see her.
"""

from __future__ import annotations

from datetime import datetime

from care import cases
from care.models import Case
from identity import rights
from identity.hooks import Happened
from identity.models import User
from members.scoping import scope_of


def let_go(happened: Happened) -> None:
    """Registered with identity.hooks; runs in the transaction in which the person's rights ended or changed."""
    if happened.what == "left":
        release(user_id=happened.user_id, now=happened.now)
    elif happened.what == "rights":
        release_beyond_reach(user_id=happened.user_id, now=happened.now)


def release(*, user_id: int, now: datetime) -> int:
    """Lay back every case of this person that is still worked on; how many. Its story says so, as the system's word."""
    return _lay_back(_worked_on(user_id), now)


def release_beyond_reach(*, user_id: int, now: datetime) -> int:
    """The same of those whose members this person may no longer work for."""
    held = _worked_on(user_id)
    if not held:
        return 0
    user = User.objects.get(pk=user_id)  # read anew: whoever changed her rights may hold her as she was
    rows = Case.objects.filter(pk__in=held).select_related("membership__home_banner", "membership__home_store")
    beyond = [row.pk for row in rows if not rights.may(user, "cases.work", scope_of(row.membership))]
    return _lay_back(sorted(beyond), now)


def _worked_on(user_id: int) -> list[int]:
    rows = Case.objects.filter(owner_id=user_id, ended_at=None).order_by("pk")
    return list(rows.select_for_update().values_list("pk", flat=True))


def _lay_back(numbers: list[int], now: datetime) -> int:
    for number in numbers:
        cases.hand_to(case_id=number, owner=None, now=now, by="system:left")
    return len(numbers)
