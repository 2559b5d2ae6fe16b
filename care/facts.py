"""What other systems are told of what members said and asked for: plain facts, and the words only when they are read.

A fact is kept by who tells it (replication.feeding) until it changes; what a person wrote stays here alone, so that
forgetting it here forgets it everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from activity.models import Activity
from care.models import Case, Opinion
from programs.models import Store

LATEST = 20
"""Opinions, and cases, that are told of one member."""


def of_memberships(membership_ids: Sequence[int]) -> dict[int, dict[str, list[dict[str, Any]]]]:
    """Membership -> its latest opinions and cases, the oldest first."""
    found: dict[int, dict[str, list[dict[str, Any]]]] = {one: {"opinions": [], "cases": []} for one in membership_ids}
    for name, rows in (("opinions", _opinions(membership_ids)), ("cases", _cases(membership_ids))):
        for membership_id, fact in rows:
            told = found[membership_id][name]
            told.append(fact)
            del told[:-LATEST]
    return found


def with_words(told: Sequence[dict[str, Any]]) -> None:
    """Put what was written, as it stands now, into the opinions of these facts."""
    opinions = [one for facts in told for one in facts.get("opinions", ())]
    words = dict(Opinion.objects.filter(pk__in=[one["id"] for one in opinions]).values_list("pk", "words"))
    for one in opinions:
        one["words"] = words.get(one["id"], "")


def _opinions(membership_ids: Sequence[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    rows = list(Opinion.objects.filter(membership_id__in=membership_ids).order_by("given_at", "pk"))
    stores = dict(Store.objects.filter(pk__in={row.store_id for row in rows}).values_list("pk", "code"))
    bought = {row.activity_id for row in rows if row.activity_id}
    receipts = dict(Activity.objects.filter(activity_id__in=bought).values_list("activity_id", "external_id"))
    for row in rows:
        yield row.membership_id, {
            "id": row.pk, "rating": row.rating, "occurred_on": row.occurred_on.isoformat(),
            "store": stores.get(row.store_id or 0), "receipt": receipts.get(row.activity_id or 0),
            "channel": row.channel, "state": row.state, "given_at": row.given_at.isoformat(),
            "changed_at": row.changed_at.isoformat(),
        }  # fmt: skip


def _cases(membership_ids: Sequence[int]) -> Iterable[tuple[int, dict[str, Any]]]:
    for row in Case.objects.filter(membership_id__in=membership_ids).order_by("opened_at", "pk"):
        yield row.membership_id, {
            "number": row.pk, "type": row.type, "channel": row.channel, "state": row.state,
            "opened_at": row.opened_at.isoformat(), "due_on": row.due_on.isoformat(),
            "ended_at": row.ended_at.isoformat() if row.ended_at else None, "outcome": row.outcome or None,
        }  # fmt: skip
