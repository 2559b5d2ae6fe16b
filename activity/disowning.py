"""What was bought with a blocked card, looked at by staff: the member's after all (activity.assigning), or not hers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from activity import assigning
from audit import trail
from members import numbers
from members.matching import BLOCKED
from members.models import Card

NOT_THEIRS = "NotTheirs"
"""Staff said that it is not the member's whose card was used: it waits for nobody any more."""


@dataclass(frozen=True)
class Waiting:
    """Activity with a blocked card: `net` in minor units of `currency`."""

    activity_id: int
    external_id: str
    occurred_at: datetime
    occurred_on: date
    store_id: int | None
    net: int
    currency: str


_WAITING = """
SELECT a.activity_id, a.external_id, a.occurred_at, a.occurred_on, a.store_id, a.net, a.currency
FROM bearer b
JOIN attribution t ON t.bearer_id = b.bearer_id AND t.program_id = %(program)s
    AND t.membership_id IS NULL AND t.ended_at IS NULL AND t.reason = %(blocked)s
JOIN activity a ON a.activity_id = t.activity_id AND a.occurred_on = t.occurred_on
WHERE b.card = ANY(%(cards)s) ORDER BY a.occurred_at, a.activity_id LIMIT 200
"""
_END = """
WITH ended AS (
    UPDATE attribution SET ended_at = %(now)s
    WHERE program_id = %(program)s AND activity_id = ANY(%(ids)s) AND membership_id IS NULL AND ended_at IS NULL
      AND reason = %(blocked)s
    RETURNING activity_id, occurred_on, program_id, bearer_id
)
INSERT INTO attribution (activity_id, occurred_on, program_id, membership_id, holder_id, bearer_id, by, reason, at)
SELECT activity_id, occurred_on, program_id, NULL, NULL, bearer_id, 'agent', %(reason)s, %(now)s FROM ended
"""


def waiting(card: Card) -> list[Waiting]:
    """What was bought with this card since it was blocked and waits for somebody to look, oldest first."""
    said = [card.number, card.number.upper(), card.number.lower(), _in_fours(card.number)]
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"program": card.program_id, "blocked": BLOCKED, "cards": said})
        return [Waiting(*row) for row in cursor.fetchall()]


def decide(*, card: Card, theirs: Iterable[int], others: Iterable[int], now: datetime, by: str) -> tuple[int, int]:
    """Say of waiting activity whose it is; what no longer waits is left alone. (given to the member, given to nobody).

    Raises assigning.MembershipClosed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        open_ones = {one.activity_id for one in waiting(card)}
        mine = [one for one in theirs if one in open_ones]
        away = [one for one in others if one in open_ones and one not in mine]
        for activity_id in mine:
            assigning.assign(
                program=card.program, activity_id=activity_id, membership_id=card.membership_id or 0,
                reason="the member's, with a blocked card", now=now, by=by,
            )  # fmt: skip
        values: dict[str, Any] = {
            "program": card.program_id, "ids": away, "blocked": BLOCKED, "reason": NOT_THEIRS, "now": now,
        }  # fmt: skip
        cursor.execute(_END, values)
        for activity_id in away:
            data = {"membership": card.membership_id}
            trail.record(action="activity.disowned", actor=by, obj=("activity", activity_id), at=now, data=data)
    return len(mine), len(away)


def _in_fours(number: str) -> str:
    plain = numbers.as_read(number)
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))
