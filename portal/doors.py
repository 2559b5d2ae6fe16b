"""Who stands at the door: the program of the request, and the membership of the person who is signed in there."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from identity import rights
from portal import queries
from web import context

View = Callable[..., HttpResponse]


def for_members(view: View) -> View:
    """A page of a membership: `view(request, visit, ...)`. Others are shown the way in, or back."""
    return _guarded(view, left=False)


def for_members_and_those_who_left(view: View) -> View:
    """A page that stays open to people whose membership is closed: coming back, and their own data."""
    return _guarded(view, left=True)


def way_in(request: HttpRequest, program: Any, now: datetime) -> HttpResponse:
    """Where somebody goes who is signed in and no member: back, or in."""
    was_here = queries.visit_of(request.user, program, now, left=True) is not None
    return redirect("portal:leave" if was_here else "portal:join")


def _guarded(view: View, *, left: bool) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        program = program_of(request)
        if not request.user.is_authenticated:
            return redirect("portal:home")
        now = datetime.now(UTC)
        visit = queries.visit_of(request.user, program, now, left=left)
        if visit is None:
            return way_in(request, program, now)
        return view(request, visit, *args, **kwargs)

    return guarded


def program_of(request: HttpRequest) -> Any:
    """The program the request is for; nothing to see without one."""
    program = getattr(request, "program", None)
    if program is None:
        raise Http404
    return program


def workplace_of(user: Any) -> str:
    """Where a person of staff goes after signing in outside any program; empty for everybody else."""
    if rights.may_anywhere(user, "members.search"):
        return "backoffice:home"
    return "admin:index" if user.is_authenticated and user.is_staff else ""


def page(
    request: HttpRequest, template: str, visit: queries.Visit, values: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with a page of a membership, in its market's formats and its banner's look."""
    context.remember_banner(request, program_of(request), visit.banner_id)
    return render(
        request,
        template,
        {
            "membership": visit,
            "brand": visit.brand,
            "look": visit.look,
            "formats": context.formats_of(visit.now, market=visit.market_code, zone=visit.zone, currency=visit.money),
            **values,
        },
        status=status,
    )
