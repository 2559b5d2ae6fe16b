"""A CRM that sent a full file and changes, with something of everything: for pages to be looked at."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from members.models import Member
from replication import intake, systems
from replication.models import Conflict, Run
from tests.replication.conftest import lot, person


def played(program: Any, now: datetime, *, channel: str = "replication") -> tuple[Run, Conflict]:
    """The run of the changes, and the question it left to staff. A partner masters nothing of who was here before."""
    crm = systems.make(code="crm", program=program, now=now, by="test", channel=channel)
    crm.names = {"en": "Maison CRM", "fr": "CRM Maison"}
    crm.owners = {"phone": "shared"}
    crm.save()
    base = [
        person(f"CRM-{4000 + one}", first_name=name, last_name="Nord", phone=f"+3361111111{one}", store="s1",
               lots=[lot(f"L{one}", 340 + 7 * one)])
        for one, name in enumerate(("Ida", "Olu", "Mei", "Jan", "Ana", "Bo"))
    ]  # fmt: skip
    _load(crm, "base.ndjson", base, "full", now)
    Member.objects.filter(first_name="Ida").update(phone="+33622222222")
    changes = [
        {**base[0], "version": 2, "phone": "+33633333333"},
        {**base[1], "version": 2, "first_name": "Olumide", "lots": [lot("L1", 400)]},
        base[2],
        person("CRM-4100", first_name="Kim", store="s99", lots=[lot("L100", 55)]),
        {"external_id": "CRM-4101"},
    ]
    return _load(crm, "changes.ndjson", changes, "full", now), Conflict.objects.get()


def _load(system: Any, name: str, records: Any, kind: str, now: datetime) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text("".join(json.dumps(one) + "\n" for one in records))
        return intake.load(path, system=system, kind=kind, now=now, by="test")
