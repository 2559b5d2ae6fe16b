"""Putting a program's ladder up, and reading which one holds at a moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from audit import trail
from programs import queries as programs
from programs.models import Program
from tiers.models import TierLadder
from tiers.terms import Tiers, dumped


class LadderRefused(ValueError):
    """The ladder counts what the program does not have; the message says what."""


@dataclass(frozen=True)
class Held:
    """A ladder as it holds: `from_at` null means that it always has."""

    id: int
    program_id: int
    terms: Tiers
    from_at: datetime | None


@transaction.atomic
def put(*, program: Program, document: Tiers | None, now: datetime, by: str) -> bool:
    """Make this the program's ladder from `now` on; the first one holds for all time before too. None takes it away.

    Returns whether anything changed. Members stand as if the new ladder had always held, from `now` on: the next pass
    of `earning.standing.close_windows` follows them. Raises LadderRefused.
    """
    if document is not None:
        _check(program, document)
    Program.objects.select_for_update().get(pk=program.pk)  # one at a time
    current = TierLadder.objects.filter(program=program, until_at=None).first()
    wanted = None if document is None else dumped(document)
    if (current.document if current else None) == wanted:
        return False
    first = not TierLadder.objects.filter(program=program).exists()
    TierLadder.objects.filter(program=program, until_at=None).update(until_at=now)
    if wanted is not None:
        TierLadder.objects.create(
            program=program, document=wanted, from_at=None if first else now, put_at=now, put_by=by
        )
    trail.record(action="tiers.put", actor=by, obj=("program", program.pk), at=now, data={"ladder": wanted})
    return True


def document_of(program: Program) -> dict[str, Any] | None:
    """The ladder in force as a document with its defaults written out, or None."""
    return TierLadder.objects.filter(program=program, until_at=None).values_list("document", flat=True).first()


def current(program_id: int) -> Held | None:
    """The ladder in force now."""
    with connection.cursor() as cursor:  # asked for twice with every receipt: in SQL it costs a third
        cursor.execute("SELECT id, document, from_at FROM tier_ladder WHERE program_id = %s AND until_at IS NULL",
                       [program_id])  # fmt: skip
        row = cursor.fetchone()
    return Held(row[0], program_id, Tiers.model_validate(json.loads(row[1])), row[2]) if row else None


def at_moment(program_id: int, at: datetime) -> Held | None:
    """The ladder that held, or will hold, at a moment."""
    begun = Q(from_at=None) | Q(from_at__lte=at)
    lasting = Q(until_at=None) | Q(until_at__gt=at)
    row = TierLadder.objects.filter(begun, lasting, program_id=program_id).first()
    return _held(row) if row else None


def with_ladders() -> list[int]:
    """The programs that have a ladder now."""
    return list(TierLadder.objects.filter(until_at=None).order_by("program_id").values_list("program_id", flat=True))


def _held(row: TierLadder) -> Held:
    return Held(row.pk, row.program_id, Tiers.model_validate(row.document), row.from_at)


def _check(program: Program, document: Tiers) -> None:
    measure = document.measure
    code = measure.currency or measure.balance
    if code and code not in {currency.code for currency in programs.currencies_of(program.pk)}:
        raise LadderRefused(f"measure: the program has no currency {code}")
