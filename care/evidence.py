"""What members send as evidence: looked at by its content, drawn or written anew, kept under a name of ours.

Nothing is written before every file of a request is good, and what was written goes when the request fails. A picture
is decoded and encoded again (so that places, cameras and whatever hides behind the picture are gone), a PDF is written
again without programs, forms or attachments.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import filetype
from django.conf import settings
from django.utils.translation import gettext as _

from care import belonging, documents, pictures
from care.models import Case, CaseFile
from care.refusals import NotEvidence

MOST_BYTES = 8 * 1024 * 1024
MOST_FILES = 5
TYPES = {"jpeg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
_SUFFIXES = {"image/jpeg": {".jpg", ".jpeg"}, "image/png": {".png"}, "application/pdf": {".pdf"}}
_FOREIGN = (b"<script", b"<html", b"<svg xmlns", b"<?php", b"<!doctype html")
"""Of five letters at least: four stand somewhere in one photo of a hundred by chance."""


class Sent(Protocol):
    """A file as a form hands it over."""

    name: str | None
    size: int

    def read(self) -> bytes: ...


@dataclass(frozen=True)
class Good:
    """A file as it will be kept."""

    kind: str
    content: bytes


def checked(files: Sequence[Sent]) -> list[Good]:
    """The files as they will be kept. Raises NotEvidence for the first that will not; nothing is written."""
    if len(files) > MOST_FILES:
        raise NotEvidence(_("Send at most %(count)s files.") % {"count": MOST_FILES})
    return [_checked(file) for file in files]


@contextmanager
def kept_or_gone() -> Iterator[list[Path]]:
    """Around a transaction that keeps files: when it fails, what it wrote is taken away again."""
    written: list[Path] = []
    try:
        yield written
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def keep(case: Case, files: Sequence[Good], written: list[Path], *, now: datetime, by: str) -> list[CaseFile]:
    """Write good files and their rows. The paths are added to `written` before anything is on disk."""
    rows = []
    if files:
        belonging.begin(root())
    for file in files:
        name = f"{secrets.token_hex(16)}.{file.kind}"
        path = path_of(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        written.append(path)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(file.content)
            target.flush()
            os.fsync(target.fileno())
        digest = hashlib.sha256(file.content).digest()
        rows.append(
            CaseFile.objects.create(
                case=case, name=name, kind=file.kind, size=len(file.content), sha256=digest, at=now, by=by
            )
        )
    return rows


def read(row: CaseFile) -> bytes | None:
    """The bytes as they were kept; None when the file is gone or is not what it was."""
    try:
        content = path_of(row.name).read_bytes()
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).digest() == bytes(row.sha256) else None


def remove(row: CaseFile, *, now: datetime) -> None:
    """Take a file away for good; that there was one stays known."""
    path_of(row.name).unlink(missing_ok=True)
    row.removed_at = now
    row.save(update_fields=["removed_at"])


def path_of(name: str) -> Path:
    """Where a file of ours lies. Names are ours alone: 32 hexadecimal digits and a kind."""
    return root() / name[:2] / name


def root() -> Path:
    """The folder that holds nothing but evidence, in folders by the first two digits of a name."""
    return Path(settings.FILES_DIR) / "cases"


def _checked(file: Sent) -> Good:
    name = file.name or ""
    if not file.size:
        raise NotEvidence(_("The file is empty. Choose another one."))
    if file.size > MOST_BYTES:
        raise NotEvidence(_("The file is too large: at most 8 MB. Take the picture in a lower quality."))
    if "/" in name or "\\" in name or "\0" in name or ".." in name:
        raise NotEvidence(_("The name of the file is not accepted. Rename it with letters and digits."))
    content = file.read()
    mime = filetype.guess_mime(content[:4096])
    if mime not in _SUFFIXES:
        raise NotEvidence(_("Only pictures (JPEG, PNG) and PDF files are kept. This file is neither."))
    if Path(name).suffix.lower() not in _SUFFIXES[mime]:
        raise NotEvidence(_("The file is not what its name says. Send the picture or PDF as it was made."))
    if _hides_something(content, mime):
        raise NotEvidence(_("The file holds more than a picture or a document. Take a new picture and send that."))
    if mime == "application/pdf":
        return Good("pdf", documents.rewritten(content))
    kind = "jpeg" if mime == "image/jpeg" else "png"
    return Good(kind, pictures.redrawn(content, kind))


def _hides_something(content: bytes, mime: str) -> bool:
    """A file that another program would read as something else."""
    small = content.lower()
    if any(mark in small for mark in _FOREIGN) or zipfile.is_zipfile(io.BytesIO(content)):
        return True
    return mime != "application/pdf" and b"%pdf-" in small[:1024] + small[-1024:]
