from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from identity import staff
from identity.models import User
from identity.rights import EVERYWHERE, Scope
from tests.care import papers

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # a Friday


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where evidence lies in these tests."""
    settings.FILES_DIR = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def sofia(db: None) -> User:
    """A person of the call centre, who may adjust 20.00 alone."""
    return person("call_centre", "sofia")


@pytest.fixture
def photo() -> Callable[[], SimpleUploadedFile]:
    return lambda: SimpleUploadedFile("receipt.jpg", papers.picture(), content_type="image/jpeg")


def person(role: str, name: str, scope: Scope = EVERYWHERE) -> User:
    return staff.create_staff(f"{name}@example.com", name.title(), [(role, scope)], now=NOW, by="system")
