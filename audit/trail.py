"""Writing the audit trail, in the transaction of the act it tells of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from audit.models import AuditEvent

_FORGET = """
UPDATE audit_event SET data = jsonb_set(data, '{reason}', '""')
WHERE object_type = %s AND object_id = ANY(%s) AND data ->> 'reason' <> '' AND data ->> 'reason' <> ALL(%s)
"""


def record(
    *, action: str, actor: str, obj: tuple[str, object], at: datetime, data: dict[str, Any] | None = None
) -> None:
    """Add one event. `obj` is (type, id); `data` holds plain values, never a password, card or contact."""
    AuditEvent.objects.create(
        at=at, actor=actor, action=action, object_type=obj[0], object_id=str(obj[1]), data=data or {}
    )


def forget_reasons(objects: Mapping[str, Sequence[object]], *, codes: Collection[str] = ()) -> int:
    """Blank the reasons written about these things, type -> ids: the one thing of an event that can be forgotten.

    `codes` of a list tell of nobody and stay; whatever else stands there somebody wrote, were it a single word.
    """
    done = 0
    with connection.cursor() as cursor:
        for kind, ids in objects.items():
            cursor.execute(_FORGET, [kind, [str(one) for one in ids], list(codes)])
            done += cursor.rowcount
    return done
