"""Evidence whose process was killed between the file and its row goes; everything else stays."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from care import belonging, cases, evidence, leftovers, tasks
from care.models import Case, CaseFile
from tests.care import papers
from tests.care.conftest import NOW
from tests.care.test_evidence import Sent, on_disk, open_with
from tests.web.lives import member


def _killed_while_opening(membership: Any, monkeypatch: Any) -> None:
    """Open a case in another process that dies, without a chance to clean up, when the file is written."""
    child = os.fork()
    if child == 0:
        for name in connections:
            connections[name].connection = None  # the parent's: neither used nor closed here
        monkeypatch.setattr("care.telling.tell", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        try:
            cases.open(
                membership=membership, type="other", channel="web", words="x", now=NOW, by="member:x",
                files=[Sent("a.jpg", papers.picture())],
            )  # fmt: skip
        finally:
            os._exit(1)  # it was to be killed
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the process was to be killed in the middle"


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_process_wrote_goes_after_an_hour(program: Any, folder: Path, monkeypatch: Any) -> None:
    _killed_while_opening(member(program, NOW, email="k@example.com").membership, monkeypatch)
    assert len(on_disk(folder)) == 1 and not Case.objects.exists()
    open_with(program, Sent("b.jpg", papers.picture()))
    kept = CaseFile.objects.get().name
    now = datetime.now(UTC)
    assert leftovers.sweep(now=now) == 0  # a transaction may be under way
    assert leftovers.sweep(now=now + timedelta(hours=2), goes_on=lambda: False) == 0
    assert leftovers.sweep(now=now + timedelta(hours=2)) == 1
    assert [path.name for path in on_disk(folder)] == [kept]
    assert leftovers.sweep(now=now + timedelta(hours=2)) == 0


def test_there_may_be_no_folder_yet() -> None:
    assert not evidence.root().exists() and leftovers.sweep(now=NOW) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("mark", ["7012345678901234567/16384", None])
def test_where_another_database_began_the_folder_nothing_goes(program: Any, folder: Path, mark: str | None) -> None:
    open_with(program, Sent("a.jpg", papers.picture()))
    CaseFile.objects.all().delete()  # as if it were another database's: none of its rows are here
    later, left = datetime.now(UTC) + timedelta(hours=2), evidence.root() / belonging.MARK
    left.unlink()
    if mark:
        left.write_text(mark)
    with pytest.raises(leftovers.NotOurFolder, match=belonging.name_of_database()):
        leftovers.sweep(now=later)
    tasks.sweep()
    assert len(on_disk(folder)) == 1
    belonging.begin(evidence.root())  # the next file of this database claims nothing
    assert not belonging.is_ours(evidence.root())
