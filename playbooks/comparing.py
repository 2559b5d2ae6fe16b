"""Two playbooks side by side, each a file or a program; and an import tried out before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from playbooks import canonical, checking, differences, exporting, importing, reading
from playbooks.checking import Checked
from playbooks.differences import Side
from playbooks.report import Report
from programs import queries as programs
from programs.models import Program
from rules_engine.core.rulebook import Rulebook


@dataclass(frozen=True)
class Preview:
    """What an import would do: its report, the differences in words, and what it leaves because the file lacks it."""

    report: Report
    sentences: list[str]
    kept: list[str]


def of_file(checked: Checked) -> Side:
    """A checked file as one side."""
    return Side(canonical.of_file(checked), dict(checked.rulebooks))


def of_program(program: Program, *, now: datetime) -> Side:
    """A program as one side, with the rules in force at `now`."""
    everywhere, there = exporting.rulebooks_at(program, now)
    books: dict[str | None, Rulebook] = dict(there.items())
    if everywhere is not None:
        books[None] = everywhere
    return Side(exporting.of_program(program, now=now), books)


def read(said: str, *, now: datetime) -> Side:
    """A file when there is one of that name, else the program of that code. Raises InvalidPlaybook, NoSuchProgram."""
    if Path(said).exists():
        return of_file(checking.check(reading.read_file(Path(said))))
    return of_program(exporting.program_of(said), now=now)


def _with_themes_of(old: Side, new: Side) -> Side:
    """An import leaves a theme that the file does not have: so does the preview of it."""
    worn = {one["code"]: one["theme"] for one in old.tree.get("banners", ()) if "theme" in one}
    banners = [
        {**one, "theme": worn[one["code"]]} if one["code"] in worn and "theme" not in one else one
        for one in new.tree.get("banners", ())
    ]
    whole = dict(new.tree.get("program", {}))
    if "theme" in old.tree.get("program", {}):
        whole.setdefault("theme", old.tree["program"]["theme"])
    return Side({**new.tree, "program": whole, "banners": banners}, new.rulebooks)


def preview(checked: Checked, *, now: datetime, by: str, draft: bool = False) -> Preview:
    """Import in a transaction that is taken back. Raises what importing raises."""
    program = programs.program_by_code(checked.playbook.program.code)
    new = of_file(checked)
    old = of_program(program, now=now) if program else Side({}, {})
    with transaction.atomic():
        report = importing.import_checked(checked, now=now, by=by, draft=draft)
        transaction.set_rollback(True)
    told = differences.between(old, _with_themes_of(old, new)) if program else []
    left = differences.kept(old.tree, new.tree)
    gone = {sentence.partition(" is kept")[0] + " is not there any more." for sentence in left}
    # a part that is left out of the file stays: it is told as kept, and not as gone
    return Preview(report, [one for one in told if one not in gone], left)
