"""Reading what systems sent: runs with their reports, and the questions that wait for staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from backoffice import opening
from backoffice.doors import Desk
from identity import rights
from members import addressing
from members.models import Membership
from members.scoping import in_scopes
from replication import conflicts, report
from replication.models import Conflict, Line, Run
from replication.report import Report
from values import texts

RUNS_SHOWN = LINES_SHOWN = 50
QUESTIONS_SHOWN = 100
FIELDS = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "birth_date": gettext_lazy("Date of birth"),
    "language": gettext_lazy("Language"),
    "address": gettext_lazy("Address"),
}


@dataclass(frozen=True)
class RunRow:
    """A run with its report; while it is open the report is of the chunks taken so far."""

    id: int
    name: str
    system: str
    kind: str
    at: datetime
    running: bool
    label: str
    mark: str
    error: str
    told: Report

    @property
    def dry(self) -> bool:
        return self.told.run.dry


@dataclass(frozen=True)
class Compared:
    """One fact of a person, as we have it and as they say it."""

    label: str
    ours: str
    theirs: str

    @property
    def differs(self) -> bool:
        return bool(self.theirs) and self.ours != self.theirs


@dataclass(frozen=True)
class Question:
    """An open conflict for one page."""

    id: int
    duplicate: bool
    what: str
    system: str
    external_id: str
    at: datetime
    public_id: str
    name: str
    run_id: int
    line: int | None
    facts: tuple[Compared, ...] = ()


def runs_of(desk: Desk) -> list[RunRow]:
    """The latest runs of the program's systems, newest first."""
    return [_row(run) for run in conflicts.runs_of(desk.program)[:RUNS_SHOWN]]


def run_of(desk: Desk, run_id: int) -> RunRow | None:
    run = conflicts.runs_of(desk.program).filter(pk=run_id).first()
    return _row(run) if run else None


def lines_of(run_id: int, *, outcome: str, after: int | None) -> tuple[list[Line], int | None]:
    """A page of a run's lines, and the line after which the next page begins."""
    rows = Line.objects.filter(run_id=run_id).order_by("pk")
    if outcome:
        rows = rows.filter(outcome=outcome)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    page = list(rows[: LINES_SHOWN + 1])
    return page[:LINES_SHOWN], page[LINES_SHOWN - 1].pk if len(page) > LINES_SHOWN else None


def questions(desk: Desk) -> list[Question]:
    """Open questions about members this person may see, the oldest first."""
    visible = Membership.objects.filter(in_scopes(rights.scopes(desk.user, "replication.see")))
    rows = list(conflicts.waiting(desk.program).filter(membership__in=visible)[:QUESTIONS_SHOWN])
    opening.showed(desk, [row.membership_id for row in rows])
    return [_question(row) for row in rows]


def conflict_of(desk: Desk, conflict_id: int) -> Conflict | None:
    found: Conflict | None = conflicts.waiting(desk.program).filter(pk=conflict_id).first()
    return found


def question(conflict: Conflict) -> Question:
    """A conflict with what both sides say of the person."""
    return _question(conflict, facts=_facts(conflict))


def _row(run: Run) -> RunRow:
    label, mark = {
        Run.State.OPEN: (_("being taken"), "is-warn"),
        Run.State.CLOSED: (_("dry run") if run.dry else _("taken to the end"), "" if run.dry else "is-good"),
        Run.State.UNREADABLE: (_("unreadable"), "is-bad"),
    }[Run.State(run.state)]
    kinds = {Run.Kind.FULL: _("Full file"), Run.Kind.DELTA: _("Changes"), Run.Kind.PUSH: _("Pushed")}
    return RunRow(
        id=run.pk, name=run.name, system=_named(run.system), kind=kinds[Run.Kind(run.kind)], at=run.opened_at,
        running=run.state == Run.State.OPEN and run.kind != Run.Kind.PUSH, label=label, mark=mark, error=run.error,
        told=report.of(run),
    )  # fmt: skip


def _named(system: Any) -> str:
    return texts.in_language(system.names, get_language() or "en", system.code)


def _question(row: Conflict, facts: tuple[Compared, ...] = ()) -> Question:
    duplicate = row.kind == Conflict.Kind.DUPLICATE
    return Question(
        id=row.pk, duplicate=duplicate, system=_named(row.system), external_id=row.external_id, at=row.opened_at,
        what=_("Member already?") if duplicate else str(FIELDS.get(row.field, row.field)),
        public_id=row.membership.public_id, name=str(row.membership.member), run_id=row.run_id, line=row.line,
        facts=facts,
    )  # fmt: skip


def _facts(row: Conflict) -> tuple[Compared, ...]:
    member = row.membership.member
    theirs = _said(row.record or {}) if row.kind == Conflict.Kind.DUPLICATE else {row.field: row.theirs}
    shown = FIELDS if row.kind == Conflict.Kind.DUPLICATE else {row.field: FIELDS.get(row.field, row.field)}
    ours = {name: getattr(member, name, "") for name in shown}
    if "address" in shown:
        lives = addressing.of_member(member.pk)
        ours["address"] = ", ".join(lives.lines) if lives else ""
    return tuple(Compared(str(label), _text(ours[name]), _text(theirs.get(name))) for name, label in shown.items())


def _said(record: dict[str, Any]) -> dict[str, Any]:
    """What a newcomer's record says of the person, the address on one line."""
    parts = record.get("address") or {}
    lines = [parts.get("street", "").replace("\n", ", "), f"{parts.get('postal_code', '')} {parts.get('city', '')}"]
    return {**record.get("person", {}), "address": ", ".join(line.strip() for line in lines if line.strip())}


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


def reason_label(reason: str) -> str:
    """Why a record was not simply taken, in words; nothing where the code is all there is."""
    words = {
        "AlreadyLinked": _("This member is another record of the same system"),
        "BothChanged": _("Both sides changed this field: staff decide"),
        "CardTaken": _("The card is in use"),
        "Closed": _("The membership was closed here"),
        "DifferentContent": _("This version came before with other content"),
        "EmailTaken": _("Another member has proven this address"),
        "Erased": _("This person was erased: a new person has another number"),
        "InTheFuture": _("This moment is yet to come"),
        "InsufficientPoints": _("More is taken back than is left"),
        "InvalidContact": _("This cannot be a contact or a name"),
        "InvalidField": _("A field cannot be read"),
        "LooksLikeAMember": _("Looks like a member: staff decide"),
        "LotTaken": _("This lot came with somebody else"),
        "MissingFromFullFile": _("Is here, and not in the full file"),
        "NotOffered": _("The program does not have this"),
        "NumberTaken": _("The membership number is in use"),
        "TooYoung": _("Too young for this market"),
        "UnknownStep": _("The program’s ladder has no such step"),
    }
    return words.get(reason, "")


def line_label(outcome: str) -> str:
    """What became of one record."""
    words = {"refused": _("refused"), "conflicting": _("in conflict"), "missing": _("missing")}
    return words.get(outcome, outcome)


def outcome_label(outcome: str) -> str:
    words = {
        "created": _("Created"), "matched": _("Recognised"), "changed": _("Changed"), "unchanged": _("Unchanged"),
        "deleted": _("Deleted"), "late": _("Late"), "repeated": _("Repeated"), "conflicting": _("In conflict"),
        "refused": _("Refused"), "missing": _("Missing"),
    }  # fmt: skip
    return words.get(outcome, outcome)
