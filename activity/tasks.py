"""Files that were handed in through a door. Ids in, the clock read here, one call; no frame is imported by a worker
that only lists its tasks."""

from __future__ import annotations

from pathlib import Path

import structlog
from celery import shared_task

from audit import clock

log = structlog.get_logger(__name__)


@shared_task
def ingest_file(path: str, source_id: int, program_id: int, by: str, mapping_path: str = "") -> None:
    """Land a file that stands where this worker can read it. A second call goes on where the first one stopped."""
    from activity import intake, mapping
    from activity.reading.blocks import Unreadable
    from programs.models import Program, Source

    try:
        counts = intake.ingest(
            path,
            source=Source.objects.get(pk=source_id),
            program=Program.objects.get(pk=program_id),
            mapping=mapping.read(Path(mapping_path)) if mapping_path else None,
            now=clock.now(),
            by=by,
        )
    except Unreadable as error:
        log.warning("file not read", file=Path(path).name, reason=str(error))
        return
    log.info("file landed", file=Path(path).name, **counts.as_json())


@shared_task
def rematch(program_id: int) -> None:
    """Give waiting activity to members who became known by a door that forgot to say so."""
    from activity import attribution

    attribution.rematch_bearers(program_id, clock.now())
