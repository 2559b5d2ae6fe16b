from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from portal import agreeing, doors, queries


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """A member's home; the welcome page for who is not signed in; the choice of programs where there is none."""
    program = getattr(request, "program", None)
    if program is None:
        if place := doors.workplace_of(request.user):
            return redirect(place)
        return render(request, "portal/entry.html", {"choices": queries.entries()})
    if not request.user.is_authenticated:
        return render(request, "portal/welcome.html", {"brand": queries.brand_of(program)})
    now = datetime.now(UTC)
    visit = queries.visit_of(request.user, program, now)
    if visit is None:
        return doors.way_in(request, program, now)
    if agreeing.is_to_be_asked(request.session, program, visit):
        return redirect("portal:my_terms")
    return doors.page(request, "portal/home.html", visit, {"home": queries.home_of(visit), "tab": "home"})
