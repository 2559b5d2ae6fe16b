from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice import doors, opening, together
from backoffice import merging as pages
from members import merging
from members.refusals import Refused


@require_http_methods(["GET", "POST"])
@doors.for_staff("members.merge")
def twins(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """Members who may be the same person; another one is found by number."""
    row = opening.opened(desk, public_id, action="members.merge")
    form = pages.FindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        other = pages.by_number(desk, form.cleaned_data["number"])
        if other and other != public_id:
            return redirect("backoffice:merge", public_id, other)
        form.add_error("number", _("Nobody else here has this number."))
    values = {
        "membership": row, "twins": together.twins_of(desk, row), "undoable": together.undoable_of(desk, row),
        "form": form, "place": "members",
    }  # fmt: skip
    return doors.page(request, "backoffice/twins.html", desk, values, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@doors.for_staff("members.merge")
def merge(request: HttpRequest, desk: doors.Desk, public_id: str, other: str) -> HttpResponse:
    """Both side by side and what will be; then one of them."""
    kept, gone = pages.opened_two(desk, public_id, other)
    form = pages.MergeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            merging.merge(
                kept_id=kept.pk, gone_id=gone.pk, reason=form.cleaned_data["reason"], now=desk.now, by=desk.actor
            )
        except Refused as refused:
            form.add_error(None, pages.reason_of(refused))
        else:
            messages.success(request, _("The two are one now. You may undo it within 30 days, here."))
            return redirect("backoffice:twins", public_id)
    values = {"preview": pages.preview_of(desk, kept, gone), "form": form, "place": "members"}
    return doors.page(request, "backoffice/merge.html", desk, values, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@doors.for_staff("members.merge")
def undo(request: HttpRequest, desk: doors.Desk, public_id: str, merge_id: int) -> HttpResponse:
    """What goes back and what stays is said first; then two of one again."""
    row = opening.opened(desk, public_id, action="members.merge")
    done = pages.merge_of(desk, row, merge_id)
    if request.method == "POST":
        try:
            merging.undo(merge_id=done.pk, partly="partly" in request.POST, now=desk.now, by=desk.actor)
        except Refused as refused:
            messages.error(request, pages.reason_of(refused))
        else:
            messages.success(request, _("They are two again, each with what is theirs."))
            return redirect("backoffice:member", done.gone.public_id)
    rows, whole = pages.back_of(desk, done)
    values = {"membership": row, "done": done, "rows": rows, "whole": whole, "place": "members"}
    return doors.page(request, "backoffice/unmerge.html", desk, values)
