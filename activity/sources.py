"""Who sends activity: a source is made when its first file or call comes, and is told which program it feeds."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from activity import landing
from activity.bearers import Register
from activity.reading.blocks import Unreadable
from audit import trail
from programs.models import Program, Source


@transaction.atomic
def source_for(code: str, *, program: Program, now: datetime, by: str) -> tuple[Source, bool]:
    """The source of that code, feeding the program; and whether it was made now. Raises Unreadable for no code."""
    try:
        validate_slug(code)
    except ValidationError:
        raise Unreadable(f"source {code!r}: a code is letters, digits, - and _") from None
    if len(code) > 40:
        raise Unreadable(f"source {code!r}: a code has at most 40 characters")
    source, created = Source.objects.get_or_create(
        code=code, defaults={"names": {"en": code}, "catalogue_id": program.population_id}
    )
    if not source.programs.filter(pk=program.pk).exists():
        source.programs.add(program)
        trail.record(action="source.feeds", actor=by, obj=("source", source.pk), at=now, data={"program": program.code})
    return source, created


def sender_for(source: Source, program: Program, file_id: int | None = None) -> landing.Sender:
    """What landing needs to know of a source; `program` is among those it feeds even if nobody said so yet."""
    feeds = {*source.programs.values_list("id", flat=True), program.pk}
    register = Register(source.pk, source.identifiers, sorted(feeds))
    return landing.Sender(source.pk, source.catalogue_id, register, file_id)
