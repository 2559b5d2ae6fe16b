"""What the commands share with nobody: the progress bar, and making the source a file comes from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from activity import intake, mapping, sources
from activity.progress import Counts, ProgressEvent
from programs.models import Program

BY = "command:ingest"


def ingest_with_progress(
    path: Path,
    *,
    source_code: str,
    program: Program,
    mapping_path: Path | None,
    dry_run: bool,
    now: datetime,
    console: Console,
) -> Counts:
    """Ingest a file, drawing a bar of its rows and their rate where somebody watches."""
    how = mapping.read(mapping_path) if mapping_path else None
    with transaction.atomic() if dry_run else contextlib.nullcontext():
        source, created = sources.source_for(source_code, program=program, now=now, by=BY)
        if created:
            console.print(f"source {source.code} is new: created for the program {program.code}")
        with _bar(path, console) as tell:
            counts = intake.ingest(path, source=source, program=program, mapping=how, now=now, by=BY, progress=tell)
        if counts.ignored:
            console.print(f"columns nobody read: {', '.join(counts.ignored)}", markup=False)
        if dry_run:
            transaction.set_rollback(True)
    return counts


@contextlib.contextmanager
def _bar(path: Path, console: Console) -> Iterator[intake.Progress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"reading {path.name}", total=None, rate="")

        def tell(event: ProgressEvent) -> None:
            speed = bar.tasks[task].finished_speed or bar.tasks[task].speed
            rate = f"{speed:,.0f} rows/s" if speed else ""
            name = "reading" if event.stage == "read" else "landing"
            bar.update(task, description=f"{name} {path.name}", total=event.total, completed=event.done, rate=rate)

        yield tell
