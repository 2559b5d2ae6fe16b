"""What a member is told of a case: owed to the outbox in the transaction of the step, once per step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from care.models import Case, CaseEvent, Opinion
from messaging import outbox

CASE, OPINION = "case_update", "opinion_answered"


def tell(case: Case, event: CaseEvent, *, now: datetime) -> None:
    """Owe the member a message about this step of her case."""
    values = {
        "number": case.pk,
        "step": event.what,
        "words": event.words if event.what != CaseEvent.What.OPENED else "",
        "due": case.due_on.isoformat(),
        "path": f"me/requests/{case.pk}/",
    }
    _owe(case.membership_id, CASE, values, f"case:{case.pk}:{event.pk}", now, event.by)


def tell_answer(opinion: Opinion, *, now: datetime) -> None:
    """Owe the member our answer to her opinion."""
    values = {"words": opinion.answer}
    _owe(opinion.membership_id, OPINION, values, f"opinion:{opinion.pk}:{now.isoformat()}", now, opinion.answered_by)


def with_days(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Days as days again, so that the letter writes them in the member's language. Registered with messaging.kinds."""
    return {"due_on": date.fromisoformat(facts["due"])} if facts.get("due") else {}


def _owe(membership_id: int, kind: str, values: dict[str, Any], key: str, now: datetime, by: str) -> None:
    outbox.owe(membership_id=membership_id, kind=kind, values=values, now=now, by=by, key=key)
