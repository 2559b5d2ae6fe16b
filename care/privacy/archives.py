"""A copy of what is known of a person: asked for, made by a worker within minutes, taken once, gone after a day.

The row is the queue: a bell nudges a worker, the beat finds what was never heard. The file lies below FILES_DIR under a
random name; it is deleted as soon as it was taken, and 24 hours after it was made.
"""

from __future__ import annotations

import io
import os
import uuid
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import translation

from audit import trail
from care import evidence
from care.models import Archive, CaseFile
from care.privacy import erasing, gathering, reading, subjects
from members.models import Membership
from members.refusals import Refused
from messaging import outbox

LIVES = timedelta(hours=24)
FOLDER = "archives"
log = structlog.get_logger(__name__)


class AskedAlready(Refused):
    """An archive of this person is being made."""

    field = "membership"


class NotThere(Refused):
    """There is no such archive to take: it was taken, or a day is over, or it is somebody else's."""

    field = "archive"


class Erased(Refused):
    """Nothing is left to copy."""

    field = "member"


def ask(*, membership_id: int, now: datetime, by: str, reason: str = "", words: str = "") -> Archive:
    """Ask for a copy; a worker makes it. `words` are of staff, on how she asked. Raises AskedAlready, Erased."""
    with transaction.atomic():
        row = Membership.objects.select_for_update(no_key=True, of=("self",)).get(pk=membership_id)
        if erasing.is_erased(row.member_id):
            raise Erased("this person is erased")
        if Archive.objects.filter(membership=row, state=Archive.State.ASKED).exists():
            raise AskedAlready("one is being made")
        made = Archive.objects.create(
            uid=uuid.uuid4(), membership=row, asked_at=now, asked_by=by[:80], reason=reason[:40], words=words[:300]
        )
        _told("asked", made, now, by)
        transaction.on_commit(ring)
    return made


def make_due(*, clock: Callable[[], datetime], goes_on: Callable[[], bool] = lambda: True) -> int:
    """Make every archive that waits, one a transaction, as long as it `goes_on`; how many."""
    made = 0
    while goes_on() and _make_next(clock()):
        made += 1
    return made


def take(*, uid: uuid.UUID, membership_id: int, now: datetime, by: str) -> tuple[str, bytes]:
    """The file, once, for the person it is about: (name, content). It is gone afterwards. Raises NotThere."""
    with transaction.atomic():
        row = Archive.objects.select_for_update().filter(uid=uid, membership_id=membership_id).first()
        if row is None or row.state != Archive.State.MADE or row.expires_at is None or row.expires_at <= now:
            raise NotThere("it is not there any more")
        path = path_of(row.name)
        content = path.read_bytes() if path.is_file() else None
        if content is None:
            raise NotThere("its file is gone")
        _end(row, Archive.State.TAKEN, taken_at=now)
        _told("taken", row, now, by)
    return f"fidelio-{row.made_at:%Y-%m-%d}.zip", content


def expire(*, now: datetime) -> int:
    """Delete the files nobody took within a day; how many."""
    done = 0
    for pk in list(Archive.objects.filter(state=Archive.State.MADE, expires_at__lte=now).values_list("pk", flat=True)):
        with transaction.atomic():
            row = Archive.objects.select_for_update().get(pk=pk)
            if row.state == Archive.State.MADE:
                _end(row, Archive.State.GONE)
                done += 1
    return done


def latest(membership_id: int) -> Archive | None:
    """The last one that was asked for."""
    return Archive.objects.filter(membership_id=membership_id).order_by("-pk").first()


def path_of(name: str) -> Path:
    return Path(settings.FILES_DIR) / FOLDER / name


def ring() -> None:
    """Nudge a worker; a broker that does not answer is only logged."""
    from care import tasks

    if connection.settings_dict.get("SCRATCH"):
        return
    try:
        tasks.archive.apply_async(expires=300)
    except Exception as error:  # whatever kept the message from going: the row is in the table
        log.warning("bell not rung", error=type(error).__name__)


def content_of(membership: Membership, now: datetime) -> bytes:
    """The zip: data.json for machines, index.html to read, the evidence that was sent in."""
    subject = subjects.of(membership.member_id)
    tables = gathering.tables_of(subject)
    language = membership.member.language or "en"
    with translation.override(language):
        around = {
            "language": language, "now": now, "sections": reading.sections_of(subject, now),
            "raw": reading.raw_sections(tables),
        }  # fmt: skip
        page = render_to_string("care/archive.html", around)
    document: dict[str, Any] = {
        "made_at": now.isoformat(), "about": gathering.explained(), "tables": tables,
    }  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", gathering.as_json(document))
        archive.writestr("index.html", page)
        for file in CaseFile.objects.filter(case__membership_id__in=subject.memberships, removed_at=None):
            if (content := evidence.read(file)) is not None:
                archive.writestr(f"files/{file.name}", content)
    return packed.getvalue()


def _make_next(now: datetime) -> bool:
    with transaction.atomic():
        row = Archive.objects.select_for_update(skip_locked=True).filter(state=Archive.State.ASKED).first()
        if row is None:
            return False
        membership = Membership.objects.select_related("member").get(pk=row.membership_id)
        content = content_of(membership, now)
        name = f"{uuid.uuid4().hex}.zip"
        path = path_of(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(content)
        row.state, row.made_at, row.expires_at, row.name, row.size = (
            Archive.State.MADE, now, now + LIVES, name, len(content),
        )  # fmt: skip
        row.save(update_fields=["state", "made_at", "expires_at", "name", "size"])
        _told("made", row, now, "system:archives")
        outbox.owe(
            membership_id=row.membership_id, kind="archive_ready", values={"path": "me/data/"}, now=now,
            by="system:archives", key=f"archive:{row.pk}",
        )  # fmt: skip
    return True


def _end(row: Archive, state: str, **moments: datetime) -> None:
    path = path_of(row.name)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    row.state, row.name = state, ""
    for name, moment in moments.items():
        setattr(row, name, moment)
    row.save(update_fields=["state", "name", *moments])


def _told(what: str, row: Archive, now: datetime, by: str) -> None:
    trail.record(action=f"archive.{what}", actor=by, obj=("membership", row.membership_id), at=now)
