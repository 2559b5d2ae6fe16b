"""What a member is told of a case: owed to the outbox in the transaction of the step, once per step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from care.models import Case, CaseEvent, Opinion
from messaging import amounts, outbox

CASE, OPINION, FAREWELL = "case_update", "opinion_answered", "farewell"


def tell(case: Case, event: CaseEvent, *, now: datetime) -> None:
    """Owe the member a message about this step of her case; one that an opinion opened is spoken of as her opinion."""
    values = {
        "number": case.pk,
        "type": case.type,
        "step": event.what,
        "words": event.words if event.what != CaseEvent.What.OPENED else "",
        "due": case.due_on.isoformat(),
        "path": reverse("portal:request", args=[case.pk]),
    }
    _owe(case.membership_id, CASE, values, f"case:{case.pk}:{event.pk}", now, event.by)


def tell_answer(opinion: Opinion, *, now: datetime) -> None:
    """Owe the member our answer to her opinion."""
    values = {"words": opinion.answer}
    if opinion.activity_id is not None:
        values["path"] = reverse("portal:opinion", args=[opinion.activity_id])
    _owe(opinion.membership_id, OPINION, values, f"opinion:{opinion.pk}:{now.isoformat()}", now, opinion.answered_by)


def tell_farewell(membership_id: int, closing_id: int, *, now: datetime, by: str) -> None:
    """Owe whoever left the vouchers that settling gave; their codes are worked out when the letter goes out."""
    values = {"membership": membership_id, "at": now.isoformat()}
    _owe(membership_id, FAREWELL, values, f"farewell:{closing_id}", now, by)


def with_vouchers(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The vouchers of a leaving. A code stands in no table, and in no row of the outbox."""
    from rewards import farewell  # conditions of rewards bring frames along, which django.setup() must not
    from rewards import queries as rewards

    at = datetime.fromisoformat(facts["at"])
    given = [one for one in rewards.vouchers_of(facts["membership"], at) if one.issued_at == at]
    return {
        "vouchers": [
            {"code": one.code, "worth": amounts.money(one.value, one.money), "expires_on": one.expires_on}
            for one in given
            if one.reward_code == farewell.CODE and one.code
        ]
    }


def with_days(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Days as days again, so that the letter writes them in the member's language. Registered with messaging.kinds."""
    return {"due_on": date.fromisoformat(facts["due"])} if facts.get("due") else {}


def _owe(membership_id: int, kind: str, values: dict[str, Any], key: str, now: datetime, by: str) -> None:
    outbox.owe(membership_id=membership_id, kind=kind, values=values, now=now, by=by, key=key)
