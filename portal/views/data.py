from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from care.privacy import archives, erasing
from identity import stepping
from members.refusals import Refused
from portal import doors, leaving, queries


@require_http_methods(["GET", "POST"])
@never_cache
@doors.for_members_and_those_who_left
def show(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Ask for a copy of everything, and fetch it; the way to having it deleted."""
    if request.method == "POST":
        if not stepping.confirmed_recently(request):
            return stepping.ask(request, then=request.path)
        try:
            archives.ask(membership_id=visit.membership_id, now=visit.now, by=visit.actor)
            messages.success(request, _("We are putting it together. A message tells you when it is ready."))
        except archives.AskedAlready:
            messages.warning(request, _("It is being put together already."))
        return redirect("portal:data")
    return doors.page(request, "portal/data.html", visit, {"page": leaving.data_page(visit), "tab": "me"})


@require_http_methods(["POST"])
@never_cache
@doors.for_members_and_those_who_left
def fetch(request: HttpRequest, visit: queries.Visit, uid: UUID) -> HttpResponse:
    """The archive itself: once, by who it is about."""
    if not stepping.confirmed_recently(request):
        return stepping.ask(request, then=request.path.rpartition("archive/")[0])
    try:
        name, content = archives.take(uid=uid, membership_id=visit.membership_id, now=visit.now, by=visit.actor)
    except archives.NotThere:
        raise Http404 from None
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "POST"])
@never_cache
@doors.for_members_and_those_who_left
def erase(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Have everything deleted: what that means, a word; or keep it after all."""
    page, form = leaving.leave_page(visit), leaving.erase_form(request.POST or None)
    values = {"page": page, "form": form, "tab": "me"}
    if request.method != "POST":
        return doors.page(request, "portal/erase.html", visit, values)
    if not stepping.confirmed_recently(request):
        return stepping.ask(request, then=request.path)
    try:
        if request.POST.get("keep"):
            erasing.withdraw(member_id=visit.member_id, now=visit.now, by=visit.actor, own=True)
            messages.success(request, _("Nothing is deleted: everything is as it was."))
            return redirect("portal:data")
        if not form.is_valid():
            return doors.page(request, "portal/erase.html", visit, values, status=422)
        erasing.ask(member_id=visit.member_id, reason="asked", now=visit.now, by=visit.actor)
    except Refused:
        messages.warning(request, _("That is not possible at this moment. Try again in a quarter of an hour."))
    return redirect("portal:erase")
