"""How much waits for the person at the desk: counted once for each page, in one statement, up to a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, QuerySet, Value

from backoffice import approving, casework
from backoffice.doors import Desk
from care.models import Case

MOST = 99
"""Where more wait, the menu says 99+: nobody plans a day by the difference."""
_CASES, _APPROVALS = "cases", "approvals"


@dataclass(frozen=True)
class Duties:
    """Her cases that are due today or were before, and adjustments that wait for her word."""

    cases: int = 0
    approvals: int = 0

    @property
    def cases_shown(self) -> str:
        return _shown(self.cases)

    @property
    def approvals_shown(self) -> str:
        return _shown(self.approvals)


def of(desk: Desk) -> Duties:
    """What waits for this person in the program she works on; nothing is asked for what is not hers to do."""
    parts = []
    if desk.may_see_cases:
        mine = Case.objects.filter(
            program=desk.program, owner=desk.user, ended_at=None, due_on__lte=casework.today(desk)
        )
        parts.append(_named(mine.exclude(state=Case.State.WAITING), _CASES))
    if desk.may_approve:
        parts.append(_named(approving.awaited(desk), _APPROVALS))
    if not parts:
        return Duties()
    told = list(parts[0].union(*parts[1:], all=True))
    return Duties(told.count(_CASES), told.count(_APPROVALS))


def _named(rows: QuerySet[Any], what: str) -> QuerySet[Any]:
    return rows.order_by().values_list(Value(what, output_field=CharField()), flat=True)[: MOST + 1]


def _shown(count: int) -> str:
    return f"{MOST}+" if count > MOST else str(count) if count else ""
