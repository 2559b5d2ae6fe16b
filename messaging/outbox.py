"""Owing somebody a message: one row, written in the transaction of what is to be told, once for each key."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from messaging import bells, kinds
from messaging.models import Outgoing

_OWE = """
INSERT INTO outgoing_message
    (uid, key, kind, membership_id, program_id, address, language, facts, state, attempts, error, owed_at, owed_by,
     due_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, 'waiting', 0, '', %s, %s, %s)
ON CONFLICT (key) DO NOTHING
"""
_OWE_MANY = """
INSERT INTO outgoing_message
    (uid, key, kind, membership_id, program_id, address, language, facts, state, attempts, error, owed_at, owed_by,
     due_at)
SELECT uid, key, %s, membership_id, NULL, '', '', facts::jsonb, 'waiting', 0, '', %s, %s, %s
FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::text[]) AS owed (uid, key, membership_id, facts)
ON CONFLICT (key) DO NOTHING
"""


def owe(
    *, membership_id: int, kind: str, values: Mapping[str, Any], now: datetime, by: str = "system:messages", key: str
) -> bool:
    """Owe a member a message of `kind`; False when this key was owed before, and nothing is written.

    Address and language are read when it goes out. `values` are plain (texts, numbers, `path` of a page of the
    program) and hold no secret. Raises UnknownKind.
    """
    return _owe((membership_id, None, "", ""), kind, values, now, by, key)


@dataclass(frozen=True)
class Owed:
    """One of many messages of a kind: to whom, under which key, telling what."""

    membership_id: int
    key: str
    values: Mapping[str, Any]


def owe_many(*, kind: str, owed: Sequence[Owed], now: datetime, by: str) -> int:
    """As `owe`, for many members in one statement; how many were new. Raises UnknownKind."""
    kinds.kind_of(kind)
    if not owed:
        return 0
    columns: list[Any] = [
        [uuid.uuid4() for _ in owed], [one.key for one in owed], [one.membership_id for one in owed],
        [json.dumps(dict(one.values)) for one in owed],
    ]  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OWE_MANY, [kind, now, by[:80], now, *columns])
        new = int(cursor.rowcount)
        if new:
            bells.ring_when_committed()
    return new


def owe_address(
    *,
    address: str,
    language: str,
    kind: str,
    values: Mapping[str, Any],
    now: datetime,
    key: str,
    program_id: int | None = None,
    by: str = "system:messages",
) -> bool:
    """Owe a message to an address that is no member's, or not theirs yet. Raises UnknownKind, ValueError for none."""
    if not address:
        raise ValueError("a message without an address reaches nobody")
    if kinds.kind_of(kind).is_marketing:
        raise ValueError("nobody without a membership has agreed to marketing")
    return _owe((None, program_id, address, language), kind, values, now, by, key)


def owe_nobody(*, kind: str, now: datetime, by: str, key: str) -> None:
    """Do for a name that is nobody's what is done for a known one, so that nobody can time who is known: a row that is
    over, and a bell."""
    Outgoing.objects.create(
        key=key, kind=kind, state=Outgoing.State.DROPPED, error="nobody", owed_at=now, owed_by=by[:80], due_at=now,
        ended_at=now,
    )  # fmt: skip
    bells.ring_when_committed()


def _owe(
    whom: tuple[int | None, int | None, str, str],
    kind: str,
    values: Mapping[str, Any],
    now: datetime,
    by: str,
    key: str,
) -> bool:
    kinds.kind_of(kind)
    membership_id, program_id, address, language = whom
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _OWE,
            [
                uuid.uuid4(), key, kind, membership_id, program_id, address, language, json.dumps(dict(values)), now,
                by[:80], now,
            ],
        )  # fmt: skip
        new = cursor.rowcount == 1
        if new:
            bells.ring_when_committed()
    return new
