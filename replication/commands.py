"""What the command shares with nobody: its progress bar, and runs as JSON."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from replication import cutting, intake, mapping, report, systems
from replication.models import Run


def load_with_progress(
    path: Path,
    *,
    system_code: str,
    kind: str,
    mapping_path: Path | None,
    dry_run: bool,
    now: datetime,
    by: str,
    console: Console,
) -> Run:
    """Load a file, telling how many records are done where somebody watches."""
    system = systems.by_code(system_code)
    how = mapping.read(mapping_path) if mapping_path else None
    with _bar(path, console) as tell, _few_collections():
        return intake.load(
            path, system=system, kind=kind, mapping=how, dry_run=dry_run, now=now, by=by, progress=tell
        )  # fmt: skip


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    """A portion is tens of thousands of objects without a circle among them: looking for circles took a tenth."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextlib.contextmanager
def _bar(path: Path, console: Console) -> Iterator[intake.Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} records"),
               TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"taking {path.name}", total=None)
        yield lambda done: bar.update(task, completed=done)


def run_of(number: int | None, system_code: str | None) -> Run | None:
    """The run of that number, or the latest of a system, or of all."""
    rows = Run.objects.select_related("system").order_by("-pk")
    if number is not None:
        rows = rows.filter(pk=number)
    if system_code:
        rows = rows.filter(system__code=system_code)
    return rows.first()


def as_json(run: Run) -> dict[str, Any]:
    """A run's report as plain values."""
    told = report.of(run)
    return {
        "run": run.pk,
        "system": run.system.code,
        "kind": run.kind,
        "dry_run": run.dry,
        "state": run.state,
        "records": told.records,
        **told.counts,
        "points": {one.currency: {**asdict(one), "adds_up": one.adds_up} for one in told.points},
        "missing": told.missing,
        "adds_up": told.adds_up,
        "seconds": run.seconds,
    }


def refused_rows(path: Path, run: Run, mapping_path: Path | None) -> Iterator[bytes]:
    """The rows of a run's file that were refused, as they were written."""
    how = mapping.read(mapping_path) if mapping_path else intake.stored_mapping(run.system)
    return cutting.refused(path, run, how)


def csv_of(run: Run) -> Iterator[str]:
    return report.csv_lines(run)
