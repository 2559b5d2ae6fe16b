"""Writing the audit trail, in the transaction of the act it tells of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from audit.models import AuditEvent


def record(
    *, action: str, actor: str, obj: tuple[str, object], at: datetime, data: dict[str, Any] | None = None
) -> None:
    """Add one event. `obj` is (type, id); `data` holds plain values, never a password, card or contact."""
    AuditEvent.objects.create(
        at=at, actor=actor, action=action, object_type=obj[0], object_id=str(obj[1]), data=data or {}
    )
