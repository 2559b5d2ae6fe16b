"""Who masters a field of a system's members: they, we, or both, and who is right when both changed it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import get_language

from members.mastering import FIELDS
from replication.models import System
from values import texts

Owner = Literal["theirs", "ours", "shared"]
OWNERS = ("theirs", "ours", "shared")
SHARED = ("first_name", "last_name", "email", "phone", "birth_date", "language", "address")
"""Fields that both may change; the others are of one side alone."""


def owner(system: System, field: str) -> Owner:
    """Who masters a field. What is not said is a CRM's, and ours where a partner only sent newcomers."""
    said = system.owners.get(field)
    if said in OWNERS:
        return said
    return "theirs" if system.channel == System.Channel.REPLICATION else "ours"


def masters_of(population_id: int) -> dict[str, str]:
    """Field -> the name of the first active system that masters it in this population, of those that one does."""
    systems = System.objects.filter(
        program__population_id=population_id, active=True, channel=System.Channel.REPLICATION
    )  # fmt: skip
    found: dict[str, str] = {}
    for system in systems.order_by("pk"):
        name = texts.in_language(system.names, get_language() or "en", system.code)
        for field in FIELDS:
            if owner(system, field) == "theirs":
                found.setdefault(field, name)
    return found


def said(system_id: int, external_id: str, field: str, value: Any) -> str:
    """What is remembered of a value they said: a digest of its own for each person and field."""
    text = f"{system_id}\n{external_id}\n{field}\n{value if value is not None else ''}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def newest(theirs_at: datetime | None, ours_at: datetime | None) -> Literal["theirs", "ours"]:
    """Whose change is the later one; a change without a moment gives way to one that has it."""
    if ours_at is None:
        return "theirs"
    return "theirs" if theirs_at is not None and theirs_at > ours_at else "ours"
