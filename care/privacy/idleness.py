"""People who have done nothing for a long time: asked whether they stay, and forgotten when they do not answer.

An action is a person's own: something bought, a sign-in, a reward taken, a consent, a case. Opening a mail is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection

from care.privacy import erasing
from members.refusals import Refused
from messaging import outbox
from messaging.models import Outgoing
from programs import queries as programs
from programs.terms import Retention

KIND = "idle"
TO_ANSWER = timedelta(days=30)
AT_ONCE = 500
ACTOR = "system:retention"
log = structlog.get_logger(__name__)

# (member, one of her memberships, her last action), of people of one population whose every action is older
_IDLE = """
SELECT m.id, min(s.id), max(acted.at) FROM member m
JOIN membership s ON s.member_id = m.id AND s.merged_into_id IS NULL
LEFT JOIN member_login l ON l.member_id = m.id
LEFT JOIN identity_user u ON u.id = l.user_id
CROSS JOIN LATERAL (
    SELECT max(at) AS at FROM (
        VALUES (s.joined_at), (u.last_login),
               ((SELECT max(a.occurred_on)::timestamp AT TIME ZONE 'UTC' FROM attribution a
                 WHERE a.holder_id IN (SELECT holder_id FROM membership_holder WHERE membership_id = s.id)
                   AND a.membership_id = s.id AND a.ended_at IS NULL)),
               ((SELECT max(c.at) FROM consent c WHERE c.member_id = m.id)),
               ((SELECT max(r.placed_at) FROM redemption r WHERE r.membership_id = s.id
                 AND r.holder_id IN (SELECT holder_id FROM membership_holder WHERE membership_id = s.id))),
               ((SELECT max(k.opened_at) FROM care_case k WHERE k.membership_id = s.id))
    ) AS each(at)
) acted
WHERE m.population_id = %(population)s AND m.created_at < %(before)s AND m.id > %(after)s
  AND NOT EXISTS (SELECT FROM care_erasure e WHERE e.member_id = m.id AND e.state <> 'withdrawn')
GROUP BY m.id HAVING max(acted.at) < %(before)s ORDER BY m.id LIMIT %(limit)s
"""


def terms_of(population_id: int) -> Retention | None:
    """The longest patience among a population's programs; None where every one of them keeps idle people."""
    found = [
        Retention.model_validate(row.settings.get("retention") or {})
        for row in programs.programs().filter(population_id=population_id)
    ]
    acting = [one for one in found if one.idle != "keep"]
    if not acting or len(acting) < len(found):
        return None
    return max(acting, key=lambda one: (one.idle_days, one.idle == "invite"))


def idle(population_id: int, before: datetime) -> Iterator[tuple[int, int, datetime]]:
    """(member, membership, last action) of people who did nothing since `before`, whoever waits for an answer too:
    AT_ONCE are read, and then the next, so that those who wait keep nobody behind them from being asked."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            around: dict[str, Any] = {"population": population_id, "before": before, "after": after, "limit": AT_ONCE}
            cursor.execute(_IDLE, around)
            found = cursor.fetchall()
        yield from found
        if len(found) < AT_ONCE:
            return
        after = found[-1][0]


def attend(*, now: datetime) -> int:
    """Invite or erase whoever is idle, as the programs of their population say; how many people."""
    done = 0
    for population_id in sorted({row.population_id for row in programs.programs()}):
        terms = terms_of(population_id)
        if terms is None:
            continue
        for member_id, membership_id, last in idle(population_id, now - timedelta(days=terms.idle_days)):
            if terms.idle == "erase" or _had_time(membership_id, last, now):
                done += _erase(member_id, now)
            else:
                done += _invite(membership_id, last, now)
    return done


def _had_time(membership_id: int, last: datetime, now: datetime) -> bool:
    """Whether she was asked, and did not answer in time."""
    return Outgoing.objects.filter(key=_key(membership_id, last), owed_at__lte=now - TO_ANSWER).exists()


def _invite(membership_id: int, last: datetime, now: datetime) -> bool:
    return outbox.owe(
        membership_id=membership_id, kind=KIND, values={"path": ""}, now=now, by=ACTOR, key=_key(membership_id, last)
    )


def _key(membership_id: int, last: datetime) -> str:
    return f"{KIND}:{membership_id}:{last.date().isoformat()}"


def _erase(member_id: int, now: datetime) -> bool:
    try:
        erasing.erase_now(member_id=member_id, reason="retention", now=now, by=ACTOR)
    except Refused as waits:
        log.warning("an idle member waits", member=member_id, reason=type(waits).__name__)
        return False
    return True
