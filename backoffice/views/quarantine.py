from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from activity.quarantine import NotInQuarantine
from backoffice import arrivals, doors, mending
from backoffice.mending import MendForm
from identity import rights


@require_safe
@doors.for_staff("quarantine.see", whole=True)
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """The rows that wait, or those that are done, by file where one is named."""
    file_id, after = (_number(request.GET.get(name, "")) for name in ("file", "after"))
    state = "done" if request.GET.get("state") == "done" else "open"
    rows, more = arrivals.waiting(desk, done=state == "done", file_id=file_id, after=after)
    return doors.page(
        request,
        "backoffice/quarantine.html",
        desk,
        {"rows": rows, "more": more, "state": state, "file_id": file_id, "place": "quarantine"},
    )


@require_http_methods(["GET", "POST"])
@doors.for_staff("quarantine.see", whole=True)
def show(request: HttpRequest, desk: doors.Desk, row_id: int) -> HttpResponse:
    """One row as it came and why it waits; who may mend it can, and it tries again at once."""
    row = arrivals.waiting_row(desk, row_id)
    if row is None:
        raise Http404
    may_fix = row.open and desk.may("quarantine.fix", rights.EVERYWHERE)
    form = MendForm(row, request.POST or None) if may_fix else None
    if request.method == "POST":
        return _work(request, desk, row, form)
    return doors.page(request, "backoffice/quarantined.html", desk, {"row": row, "form": form, "place": "quarantine"})


def _work(request: HttpRequest, desk: doors.Desk, row: arrivals.WaitingRow, form: MendForm | None) -> HttpResponse:
    """Mend or give up, then say what came of it."""
    if form is None:
        raise Http404
    if not form.is_valid():
        values = {"row": row, "form": form, "place": "quarantine"}
        return doors.page(request, "backoffice/quarantined.html", desk, values, status=422)
    try:
        if request.POST.get("action") == "drop":
            mending.give_up(row.id, now=desk.now, by=desk.actor)
            messages.success(request, _("Given up. What it held back was tried again."))
            return redirect("backoffice:quarantine")
        landed = mending.mend(row.id, form.changes, now=desk.now, by=desk.actor)
    except NotInQuarantine:
        messages.error(request, _("Somebody was faster: this row is done."))
        return redirect("backoffice:quarantine")
    if landed:
        messages.success(request, _("The receipt has landed, and its points follow."))
        return redirect("backoffice:quarantine")
    messages.warning(request, _("It still cannot land. What is wrong now stands below."))
    return redirect("backoffice:quarantined", row.id)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
