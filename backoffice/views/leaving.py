from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from backoffice import doors, leaving
from members.models import Membership
from members.refusals import Refused

Load = Callable[[doors.Desk, str, Mapping[str, str] | None], tuple[Membership, leaving.EndPage]]


@require_http_methods(["GET", "POST"])
@doors.for_staff("members.suspend")
def suspend(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """Let a member earn and not spend, with a reason; or lift it."""
    return _answer(request, desk, public_id, leaving.suspend_page)


@require_http_methods(["GET", "POST"])
@doors.for_staff("members.close")
def close(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """Close a membership, saying before what happens to the points; or open it again."""
    return _answer(request, desk, public_id, leaving.close_page)


@require_http_methods(["GET", "POST"])
@doors.for_staff("members.erase")
def data(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """A copy of a member's data for her, or everything deleted, as she asked."""
    return _answer(request, desk, public_id, leaving.data_page)


def _answer(request: HttpRequest, desk: doors.Desk, public_id: str, load: Load) -> HttpResponse:
    row, page = load(desk, public_id, request.POST or None)
    values = {"page": page, "place": "members"}
    deed = request.POST.get("act", "")
    if request.method != "POST" or deed not in {one.act for one in page.deeds} or not page.form.is_valid():
        status = 422 if request.method == "POST" else 200
        return doors.page(request, "backoffice/leaving.html", desk, values, status=status)
    try:
        messages.success(request, leaving.act(desk, row, deed, page.form))
    except Refused as refused:
        page.form.add_error(None, leaving.refusal(refused))
        return doors.page(request, "backoffice/leaving.html", desk, values, status=422)
    return redirect("backoffice:member", public_id)
