"""The queue of cases and one case, as the desk shows them. A list is a fixed number of statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice import opening, staff_names
from backoffice.doors import Desk
from care import policies, words
from care.models import Case, CaseEvent, CaseFile
from identity import rights
from members.models import Membership
from members.policies import acts_on_self
from members.scoping import in_scopes, scope_of
from values import periods
from web import people

ROWS_A_PAGE = 50
MOST_EXPORTED = 5000
VIEWS = ("mine", "store", "overdue", "all")
SORTS = {
    "due": "due_on", "opened": "opened_at", "type": "type", "state": "state", "number": "pk",
    "member": "membership__member__name_key", "owner": "owner__staff__display_name",
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What of the queue is looked at. `sort` is a key of SORTS, with - before it the other way round."""

    view: str = "all"
    type: str = ""
    ended: bool = False
    sort: str = "due"
    page: int = 1

    @property
    def order(self) -> str:
        down = self.sort.startswith("-")
        return ("-" if down else "") + SORTS[self.sort.lstrip("-")]


@dataclass(frozen=True)
class CaseRow:
    """A line of the queue; `late` when its day has passed while it is worked on."""

    id: int
    href: str
    type: str
    member: str
    number: str
    store: str
    receipt: str
    channel: str
    state: str
    mark: str
    due_on: date
    late: bool
    opened_at: datetime
    owner: str


@dataclass(frozen=True)
class Step:
    """An event of a case; `to_member` when she reads its words as well."""

    at: datetime
    what: str
    by: str
    channel: str
    words: str
    icon: str
    to_member: bool
    private: bool


@dataclass(frozen=True)
class CasePage:
    """One case with its story; `may_work` when this person may do anything to it."""

    case: Case
    row: CaseRow
    membership: Membership
    steps: list[Step]
    files: list[CaseFile]
    may_work: bool
    lives: bool
    mine: bool


_ICONS = {
    "opened": "case", "note": "pen", "message": "send", "asked": "send", "reply": "message", "taken": "user",
    "file": "attach", "requested": "clock", "solved": "check", "refused": "close", "reopened": "undo",
}  # fmt: skip


def filter_of(said: Any) -> Filter:
    """What an address asks for; what it says wrongly is as if not said."""
    sort, page = said.get("sort", ""), said.get("page", "")
    return Filter(
        view=said.get("view", "") if said.get("view") in VIEWS else "all",
        type=said.get("type", "") if said.get("type") in Case.Type.values else "",
        ended=said.get("state") == "ended",
        sort=sort if sort.lstrip("-") in SORTS and sort.count("-") < 2 else "due",
        page=int(page) if page.isdecimal() and 0 < int(page) < 10_000 else 1,
    )


def queue(desk: Desk, asked: Filter) -> tuple[list[CaseRow], bool]:
    """A page of the queue, and whether another one follows."""
    first = (asked.page - 1) * ROWS_A_PAGE
    rows = _ordered(desk, asked)[first : first + ROWS_A_PAGE + 1]
    return _told(desk, rows[:ROWS_A_PAGE]), len(rows) > ROWS_A_PAGE


def exported(desk: Desk, asked: Filter) -> list[CaseRow]:
    """The queue whole, for a file; at most 5000 rows."""
    return _told(desk, _ordered(desk, asked)[:MOST_EXPORTED])


def counts(desk: Desk) -> dict[str, int]:
    """How many cases each view of the queue holds."""
    return {view: _chosen(desk, Filter(view=view)).count() for view in VIEWS}


def of_member(desk: Desk, membership: Membership, limit: int = 5) -> list[CaseRow]:
    """The newest cases of a member, for her page."""
    rows = _with_names(Case.objects.filter(membership=membership)).order_by("-opened_at")
    return [row_of(desk, case) for case in rows[:limit]]


def page_of(desk: Desk, case_id: int, *, action: str = "cases.see") -> CasePage:
    """One case; 404 when there is none here, or it is about somebody this person may not see."""
    case = _with_names(visible(desk, action)).filter(pk=case_id).first()
    if case is None:
        raise Http404
    membership = opening.opened(desk, case.membership.public_id, action=action)
    events = list(CaseEvent.objects.filter(case=case).order_by("at", "pk"))
    names = staff_names.of([event.by for event in events], str(membership.member))
    may_work = desk.may("cases.work", scope_of(membership)) and not acts_on_self(desk.user, membership.member_id)
    return CasePage(
        case=case,
        row=row_of(desk, case),
        membership=membership,
        steps=[_step(event, names) for event in events],
        files=list(case.files.filter(removed_at=None).order_by("pk")),
        may_work=may_work,
        lives=case.state in policies.LIVING,
        mine=case.owner_id == desk.user.pk,
    )


def named(desk: Desk, case_id: int) -> Case | None:
    """The case of this number, with what a line about it shows; None where there is none this person may see."""
    return _with_names(visible(desk, "cases.see")).filter(pk=case_id).first()


def visible(desk: Desk, action: str) -> QuerySet[Case]:
    """Cases of the desk's program about members of this person's scopes."""
    inside = in_scopes(rights.scopes(desk.user, action))
    rows = Case.objects.filter(program=desk.program)
    return rows.filter(membership__in=Membership.objects.filter(inside, program=desk.program)) if inside else rows


def row_of(desk: Desk, case: Case) -> CaseRow:
    lives = case.state in policies.LIVING
    return CaseRow(
        id=case.pk,
        href=reverse("backoffice:case", args=[case.pk]),
        type=words.label(words.TYPES, case.type),
        member=str(case.membership.member),
        number=case.membership.number,
        store=people.store_name(case.membership.home_store),
        receipt=case.receipt,
        channel=words.label(words.CHANNELS, case.channel),
        state=words.label(words.STATES, case.state),
        mark=words.MARKS[case.state],
        due_on=case.due_on,
        late=lives and case.due_on < today(desk),
        opened_at=case.opened_at,
        owner=_owner(case),
    )


def _told(desk: Desk, cases: Iterable[Case]) -> list[CaseRow]:
    """As lines; whose names they show is written into the access log."""
    rows = list(cases)
    opening.showed(desk, [case.membership_id for case in rows])
    return [row_of(desk, case) for case in rows]


def today(desk: Desk) -> date:
    return periods.day_of(desk.now, desk.market.timezone)


def _owner(case: Case) -> str:
    profile = getattr(case.owner, "staff", None) if case.owner else None
    return profile.display_name if profile else case.owner.email.partition("@")[0] if case.owner else ""


def _ordered(desk: Desk, asked: Filter) -> QuerySet[Case]:
    return _with_names(_chosen(desk, asked)).order_by(asked.order, "pk")


def _chosen(desk: Desk, asked: Filter) -> QuerySet[Case]:
    rows = visible(desk, "cases.see").filter(ended_at__isnull=not asked.ended)
    if asked.type:
        rows = rows.filter(type=asked.type)
    match asked.view:
        case "mine":
            rows = rows.filter(owner=desk.user)
        case "store":
            stores = [scope.store for scope in rights.scopes(desk.user, "cases.see") if scope.store]
            rows = rows.filter(membership__home_store__code__in=stores) if stores else rows.filter(owner=None)
        case "overdue":
            rows = rows.filter(due_on__lt=today(desk)).filter(~Q(state=Case.State.WAITING))
    return rows


def _with_names(rows: QuerySet[Case]) -> QuerySet[Case]:
    return rows.select_related(
        "membership__member", "membership__home_store", "membership__home_banner", "owner__staff"
    )  # fmt: skip


def _step(event: CaseEvent, names: dict[str, str]) -> Step:
    what = words.label(words.STEPS, event.what)
    if event.what == CaseEvent.What.SOLVED:
        what = words.label(words.OUTCOMES, event.data.get("outcome", "")) or what
    return Step(
        at=event.at,
        what=what,
        by=names.get(event.by, _("Fidelio")),
        channel=words.label(words.CHANNELS, event.channel),
        words=event.words,
        icon=_ICONS[event.what],
        to_member=event.what in ("message", "asked", "solved", "refused"),
        private=event.what in ("note", "requested"),
    )
