"""Files of evidence that no row names: written in a transaction whose process was killed before it ended.

Whoever fails takes away what was written (`evidence.kept_or_gone`); whoever is killed cannot. A file is looked at when
it is an hour old, when the request that wrote it is long over, and only where this database began the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from care import belonging, evidence
from care.models import CaseFile

YOUNG = timedelta(hours=1)


class NotOurFolder(Exception):
    """Another database looks after this folder, or nobody knows which: nothing there is taken away."""


def sweep(*, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Take away what no row names, folder by folder as long as it `goes_on`; how many files. Raises NotOurFolder."""
    gone, root = 0, evidence.root()
    if root.exists() and not belonging.is_ours(root):
        raise NotOurFolder(f"{root / belonging.MARK} does not say {belonging.name_of_database()}")
    for old in _old_files(now - YOUNG):
        if not goes_on():
            break
        named = set(CaseFile.objects.filter(name__in=[path.name for path in old]).values_list("name", flat=True))
        for path in old:
            if path.name not in named:
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _old_files(before: datetime) -> Iterator[list[Path]]:
    """The files of each folder that were written before a moment."""
    for folder in sorted(evidence.root().glob("??")):
        yield [path for path in sorted(folder.iterdir()) if _written_at(path) < before]


def _written_at(path: Path) -> datetime:
    """When a file was written; one that has gone meanwhile was written just now."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.max.replace(tzinfo=UTC)
