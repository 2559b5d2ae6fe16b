from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from care.leaving import acting
from identity import stepping
from members import closing
from members.refusals import Refused
from portal import doors, leaving, queries


@require_http_methods(["GET", "POST"])
@never_cache
@doors.for_members_and_those_who_left
def show(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Leave the program: what happens then, a reason, a word. Who has left sees until when she may come back."""
    page = leaving.leave_page(visit)
    form = leaving.LeaveForm(request.POST or None)
    values = {"page": page, "form": form, "tab": "me"}
    if request.method == "POST" and page.left_at is None:
        if not stepping.confirmed_recently(request):
            return stepping.ask(request, then=request.path)
        if form.is_valid():
            return _leave(request, visit, form.cleaned_data["reason"])
        return doors.page(request, "portal/leave.html", visit, values, status=422)
    return doors.page(request, "portal/leave.html" if page.left_at is None else "portal/left.html", visit, values)


@require_http_methods(["POST"])
@doors.for_members_and_those_who_left
def back(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Come back to everything as it was."""
    try:
        acting.reopen(membership_id=visit.membership_id, now=visit.now, by=visit.actor, own=True)
    except closing.SettledAlready:
        messages.warning(request, _("Your pot is settled. You can join again, with an empty pot."))
        return redirect("portal:leave")
    except closing.NotClosed:
        return redirect("portal:home")
    messages.success(request, _("Welcome back: everything is as it was."))
    return redirect("portal:home")


def _leave(request: HttpRequest, visit: queries.Visit, reason: str) -> HttpResponse:
    words = {
        "RewardUnderWay": _("You are taking a reward at this moment. Finish it, or wait a quarter of an hour."),
        "InHousehold": _("You share points with your household. Leave the household first."),
        "Suspended": _("Your membership is suspended. Ask us, and we close it for you."),
    }
    try:
        acting.close(membership_id=visit.membership_id, reason=reason, now=visit.now, by=visit.actor, own=True)
    except Refused as refused:
        messages.warning(request, words.get(type(refused).__name__, str(refused)))
    return redirect("portal:leave")
