"""Loyalty facts back to a system: what changed since a cursor, in an order that loses nothing.

Facts are compared, not collected: a pass looks at every linked member, and writes those whose facts are other than
they last were, with the next numbers. Whatever changed them, and whenever it was committed, the next pass sees it; so
do points that matured or died by time alone. Passes of one system are one at a time, under a lock until they commit,
and numbers are drawn under it: a reader who has read up to a number has seen all below it. A member who changes again
gets a new number, and is read again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import queries as ledger
from programs import queries as programs
from replication import hooks
from replication.models import Fact, System
from tiers import queries as tiers

PAGE = 1_000
_AT_ONCE = 2_000

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_LINKED = """
SELECT i.id, i.external_id, i.deleted_at IS NOT NULL, i.erased, s.id, s.id <> i.membership_id, s.number, s.status,
       h.holder_id, hh.public_id, f.facts::text
FROM replication_identity i
JOIN membership m ON m.id = i.membership_id
JOIN membership s ON s.id = coalesce(m.merged_into_id, m.id)
LEFT JOIN membership_holder h ON h.membership_id = s.id AND h.until_at IS NULL
LEFT JOIN household hh ON hh.holder_id = h.holder_id AND hh.dissolved_at IS NULL
LEFT JOIN replication_fact f ON f.identity_id = i.id
WHERE i.system_id = %s AND i.id > %s ORDER BY i.id LIMIT %s
"""
_WRITE = """
INSERT INTO replication_fact (system_id, identity_id, seq, facts, at)
SELECT %s, n.identity_id, n.seq, n.facts::jsonb, %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[])
     AS n (identity_id, seq, facts)
ON CONFLICT (identity_id) DO UPDATE SET seq = excluded.seq, facts = excluded.facts, at = excluded.at
"""


@dataclass(frozen=True)
class Linked:
    """A member a system knows. `merged`: another membership stands for the one that was linked."""

    identity_id: int
    external_id: str
    deleted: bool
    erased: bool
    membership_id: int
    merged: bool
    number: str
    status: str
    holder_id: int | None
    household: str | None
    before: str | None


def look(*, system: System, now: datetime) -> int:
    """One pass over a system's members; how many have other facts than before."""
    if programs.is_practice(system.program_id):  # nobody's balances
        return 0
    changed = after = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"replication feed {system.pk}"])
        last = Fact.objects.filter(system=system).order_by("-seq").values_list("seq", flat=True).first() or 0
        while rows := _linked(cursor, system, after):
            after = rows[-1].identity_id
            fresh = _fresh(system, rows, now)
            numbers = list(range(last + 1, last + 1 + len(fresh)))
            if fresh:
                texts = [text for _, text in fresh]
                cursor.execute(_WRITE, [system.pk, now, [number for number, _ in fresh], numbers, texts])
                last = numbers[-1]
            changed += len(fresh)
    return changed


def look_all(*, now: datetime) -> int:
    """A pass over every active CRM that has a key: one that nobody reads is told nothing."""
    systems = System.objects.filter(active=True, channel=System.Channel.REPLICATION, key_digest__isnull=False)
    return sum(look(system=system, now=now) for system in systems.order_by("pk"))


def page(system: System, *, after: int, limit: int = PAGE) -> list[dict[str, Any]]:
    """Facts with a number above `after`, in order; each carries its number as `cursor`."""
    rows = Fact.objects.filter(system=system, seq__gt=after).order_by("seq").values_list("seq", "at", "facts")
    told = [{"cursor": seq, "as_of": at.isoformat(), **facts} for seq, at, facts in rows[:limit]]
    for add in hooks.on_words:
        add(told)
    return told


def lines(system: System, *, after: int) -> Iterator[str]:
    """Every page after a cursor, as lines of NDJSON."""
    while rows := page(system, after=after):
        after = rows[-1]["cursor"]
        for row in rows:
            yield json.dumps(row, ensure_ascii=False) + "\n"


def _linked(cursor: Any, system: System, after: int) -> list[Linked]:
    cursor.execute(_LINKED, [system.pk, after, _AT_ONCE])
    return [Linked(*row) for row in cursor.fetchall()]


def _fresh(system: System, rows: Sequence[Linked], now: datetime) -> list[tuple[int, str]]:
    """(identity, facts as text) of those whose facts are not as they were."""
    holders = sorted({row.holder_id for row in rows if row.holder_id is not None})
    currencies = {one.id: one for one in programs.currencies_of(system.program_id)}
    balances = ledger.balances_of(holders, now)
    steps = tiers.steps_of(holders, system.program_id, now)
    more = [told([row.membership_id for row in rows]) for told in hooks.on_facts]
    fresh = []
    for row in rows:
        facts: dict[str, Any] = {
            "external_id": row.external_id, "member_number": row.number, "status": row.status,
            "deleted": row.deleted, "erased": row.erased, "merged": row.merged, "household": row.household,
            "tier": steps.get(row.holder_id) if row.holder_id else None,
            "balances": [
                _balance(currencies[one.currency_id], one)
                for one in balances.get(row.holder_id or 0, ()) if one.currency_id in currencies
            ],
        }  # fmt: skip
        for told in more:
            facts |= told.get(row.membership_id, {})
        if row.before is None or json.loads(row.before) != facts:
            fresh.append((row.identity_id, json.dumps(facts, ensure_ascii=False)))
    return fresh


def _balance(currency: programs.Currency, one: ledger.Balance) -> dict[str, Any]:
    """Amounts in smallest units; `scale` says how many of their digits are decimals."""
    return {
        "currency": currency.code, "scale": currency.scale, "available": one.available, "pending": one.pending,
        "held": one.held, "debt": one.debt, "earned": one.lifetime_earned, "spent": one.lifetime_spent,
        "expiring": [{"at": at.isoformat(), "amount": amount} for at, amount in one.expiring],
    }  # fmt: skip
