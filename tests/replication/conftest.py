"""A CRM called "crm" that masters the members of "demo", and how its files are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from replication import intake, systems
from replication.models import Run, System

BY = "replication:test"


@pytest.fixture
def crm(program: Any, now: datetime) -> System:
    return systems.make(code="crm", program=program, now=now, by="test")


@pytest.fixture
def partner(program: Any, now: datetime) -> System:
    return systems.make(code="shopfront", program=program, now=now, by="test", channel="partner")


@pytest.fixture
def load(tmp_path: Path, now: datetime) -> Callable[..., Run]:
    """load(system, records or CSV text, kind="delta", ...): the closed run of a file of these."""

    def send(system: System, content: Any, *, kind: str = "delta", at: datetime = now, **options: Any) -> Run:
        system = System.objects.get(pk=system.pk)
        if isinstance(content, str):
            path = tmp_path / "base.csv"
            path.write_text(content, encoding="utf-8")
        else:
            path = tmp_path / "base.ndjson"
            path.write_text("".join(json.dumps(record) + "\n" for record in content), encoding="utf-8")
        return intake.load(path, system=system, kind=kind, now=at, by=BY, **options)

    return send


def person(external_id: str = "C1", version: int = 1, **said: Any) -> dict[str, Any]:
    """A record as NDJSON has it."""
    return {"external_id": external_id, "version": version, **said}


def lot(key: str = "L1", amount: Any = 500, earned_on: str = "2026-03-01", **said: Any) -> dict[str, Any]:
    return {"id": key, "currency": "points", "amount": amount, "earned_on": earned_on, **said}
