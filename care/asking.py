"""Asking members what they thought of a visit: a message with a signed link, some hours after a purchase was scored.

A program says whether it asks (`settings.care.asks`), how long after, and how many days lie at least between two
questions to one member. It is a marketing message, which a member agreed to and ends by one click: nobody needs it
for what she bought, and without consent there is no message. Who gave no consent, has no address, has rated the receipt
or was asked not long ago is left out before anything is written, and delivery asks once more.

One statement a program finds them among the purchases of the last days; what else there is is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.urls import reverse

from activity.models import Kind
from care import opinions, terms
from earning.marks import BUCKETS
from members.models import Membership
from messaging import kinds, outbox
from programs import queries as programs

KIND, PURPOSE = "opinion_asked", "marketing"
FORGOTTEN = timedelta(days=3)
"""A receipt that came, or was scored, so long after it was due to be asked about is asked about no more."""
AT_ONCE = 20_000
_MINE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"

# The window is an index of its own; everybody in it is looked up by keys, one by one (which OFFSET 0 says: joined, the
# same takes as long as both tables multiplied, where the outbox has just grown), and asked about the latest receipt.
_DUE = """
WITH bought AS MATERIALIZED (
    SELECT a.activity_id, a.occurred_at, a.occurred_on, t.membership_id, t.holder_id
    FROM activity a
    JOIN attribution t ON t.activity_id = a.activity_id AND t.program_id = %(program)s AND t.ended_at IS NULL
    WHERE a.occurred_at > %(since)s AND a.occurred_at <= %(until)s AND a.kind = %(purchase)s
      AND t.membership_id IS NOT NULL
)
SELECT DISTINCT ON (b.membership_id) b.membership_id, b.activity_id, b.occurred_on
FROM bought b
JOIN membership m ON m.id = b.membership_id AND m.status = %(active)s
JOIN member p ON p.id = m.member_id AND p.email <> ''
WHERE (SELECT c.granted FROM consent c
       WHERE c.member_id = m.member_id AND c.purpose = %(purpose)s AND c.channel = %(channel)s
       ORDER BY c.at DESC, c.id DESC LIMIT 1)
  AND NOT EXISTS (SELECT FROM outgoing_message o
                  WHERE o.membership_id = b.membership_id AND o.kind = %(kind)s AND o.owed_at > %(not_since)s
                  OFFSET 0)
  AND NOT EXISTS (SELECT FROM care_opinion o
                  WHERE o.membership_id = b.membership_id AND o.activity_id = b.activity_id OFFSET 0)
  AND NOT EXISTS (SELECT FROM mark k WHERE k.bucket = b.holder_id %% %(buckets)s AND k.holder_id = b.holder_id
                  OFFSET 0)
ORDER BY b.membership_id, b.occurred_at DESC, b.activity_id DESC
LIMIT %(most)s
"""


def ask_due(*, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Owe the question to everybody to whom it is due, as long as it `goes_on`; how many were asked."""
    asked = 0
    for program in programs.programs():
        said = terms.of(program.pk).asks
        more = said is not None
        while more and said is not None and goes_on():
            owed = _ask(program.pk, said, now)
            asked, more = asked + owed, owed == AT_ONCE
    return asked


def filled(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The link is signed when the letter is written, and stands in no table. Registered with messaging.kinds."""
    if not facts.get("activity"):
        return {}
    link = opinions.link_of(facts["membership"], facts["activity"])
    return {"path": reverse("portal:opinion_linked", args=[link]), "bought_on": date.fromisoformat(facts["day"])}


def _ask(program_id: int, said: terms.Asks, now: datetime) -> int:
    """Owe at most AT_ONCE questions. Two beats at once take turns, so that each sees whom the other asked."""
    until = now - timedelta(hours=said.after_hours)
    around: dict[str, Any] = {
        "program": program_id, "since": until - FORGOTTEN, "until": until, "purchase": int(Kind.PURCHASE),
        "active": Membership.Status.ACTIVE, "purpose": PURPOSE, "channel": kinds.CHANNEL, "kind": KIND,
        "not_since": now - timedelta(days=said.every_days), "buckets": BUCKETS, "most": AT_ONCE,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MINE, [f"opinions asked of {program_id}"])
        cursor.execute(_DUE, around)
        found = cursor.fetchall()
        outbox.owe_many(kind=KIND, owed=[_owed(*one) for one in found], now=now, by="system:opinions")
    return len(found)


def _owed(membership_id: int, activity_id: int, day: date) -> outbox.Owed:
    facts = {"membership": membership_id, "activity": activity_id, "day": day.isoformat()}
    return outbox.Owed(membership_id, f"{KIND}:{activity_id}", facts)
