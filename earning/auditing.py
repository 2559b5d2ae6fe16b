"""Do the books add up: the ledger against its own entries, and the awards against the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import auditing

_AWARDS = """
SELECT coalesce(a.holder_id, l.holder_id),
       'activity ' || coalesce(a.activity_id, l.activity_id)
       || ' in currency ' || coalesce(a.currency_id, l.currency_id),
       a.posted, l.amount
FROM (SELECT holder_id, activity_id, currency_id, sum(posted)::bigint AS posted
      FROM (SELECT holder_id, activity_id, currency_id, posted FROM award
            UNION ALL SELECT holder_id, activity_id, currency_id, amount FROM forgiven WHERE amount > 0) AS stands
      GROUP BY holder_id, activity_id, currency_id) a
FULL JOIN ledger_by_activity l
  ON l.holder_id = a.holder_id AND l.activity_id = a.activity_id AND l.currency_id = a.currency_id
WHERE coalesce(a.posted, 0) <> coalesce(l.amount, 0)
"""
_TARGETS = """
SELECT holder_id, 'activity ' || activity_id || ' rule ' || rule_id, posted, target FROM award WHERE posted <> target
"""
# what stands is what awards say, and what the policy of a currency let the member keep
CHECKS = {"posted of awards = entries of their activity": _AWARDS, "posted = target": _TARGETS}


@dataclass(frozen=True)
class Found:
    """What an audit looked at and what did not add up."""

    at: datetime
    entries: int
    awards: int
    differences: list[auditing.Difference]

    def as_document(self) -> dict[str, Any]:
        """The JSON of `manage.py audit --json`."""
        return {
            "at": self.at.isoformat(),
            "entries": self.entries,
            "awards": self.awards,
            "differences": [
                {"check": one.check, "holder_id": one.holder_id, "subject": one.subject}
                | {"found": one.found, "expected": one.expected}
                for one in self.differences
            ],
        }


def run(*, now: datetime) -> Found:
    """Recompute everything, in one snapshot, so that work going on meanwhile shows as no difference."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT count(*) FROM ledger_entry")
        entries = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM award")
        awards = cursor.fetchone()[0]
        return Found(now, entries, awards, differences())


def differences() -> list[auditing.Difference]:
    """What does not add up, as the caller's transaction sees it."""
    found = list(auditing.differences())
    with connection.cursor() as cursor:
        for check, statement in CHECKS.items():
            cursor.execute(statement)
            found += [auditing.Difference(check, *row) for row in cursor.fetchall()]
    return found
