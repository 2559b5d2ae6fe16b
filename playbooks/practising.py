"""A program to train on: the playbook of a real one, under another code, over people of its own.

Nothing of the members comes along: the copy has a population of its own, so that nobody real is found in it, and no
source feeds it until somebody says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from playbooks import checking, exporting, importing, reading
from playbooks.report import Report
from programs.models import Program

MARK = {"en": "practice", "fr": "entraînement"}


class CodeTaken(ValueError):
    """A program of this code is there and is no practice program."""


def copy(program: Program, *, code: str, now: datetime, by: str) -> Report:
    """Make or renew the practice program `code` from the playbook of `program`.

    Raises CodeTaken, and what an import raises.
    """
    there = Program.objects.filter(code=code).first()
    if there is not None and not there.settings.get("practice"):
        raise CodeTaken(f"{code} is the code of a real program: choose another one")
    text = exporting.written({"version": 1, **playbook_of(program, code=code, now=now)})
    return importing.import_checked(checking.check(reading.read(text.encode(), f"{code}.yaml")), now=now, by=by)


def playbook_of(program: Program, *, code: str, now: datetime) -> dict[str, Any]:
    """The playbook of the copy: as the program's, but for its code, its name, its people and its mark."""
    tree = dict(exporting.of_program(program, now=now))
    names = {language: f"{name} ({MARK.get(language, MARK['en'])})" for language, name in program.names.items()}
    tree["program"] = {"code": code, "name": names or f"{code} ({MARK['en']})", "population": code}
    tree["settings"] = {**tree.get("settings", {}), "practice": True}
    return tree
