from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from care import cases
from care.refusals import Refused
from members.models import Membership
from portal import doors, queries, requests
from web import evidence


@require_safe
@doors.for_members
def index(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """What the member asked for, and where it stands."""
    return doors.page(request, "portal/requests.html", visit, {"rows": requests.of_member(visit), "tab": "me"})


@require_http_methods(["GET", "POST"])
@doors.for_members
def new(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Ask for something; from a receipt, its number is filled in."""
    about = _receipt(request, visit)
    form = requests.NewForm(
        request.POST or None, request.FILES or None,
        initial={"receipt": about, "type": "wrong_points" if about else "missing_points"},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            case = cases.open(
                membership=Membership.objects.get(pk=visit.membership_id), type=said["type"], channel="web",
                words=said["words"], receipt=said["receipt"], files=said["files"], now=visit.now, by=_by(visit),
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.told)
        else:
            return redirect("portal:request", case.pk)
    return _page(request, "portal/request_new.html", visit, {"form": form, "about": about}, form)


@require_http_methods(["GET", "POST"])
@doors.for_members
def show(request: HttpRequest, visit: queries.Visit, case_id: int) -> HttpResponse:
    """One request: what was said on both sides, and a field to say more."""
    found = requests.one(visit, case_id)
    if found is None:
        raise Http404
    form = requests.ReplyForm(request.POST or None, request.FILES or None, lives=found.lives)
    if request.method == "POST" and form.is_valid():
        said: Any = form.cleaned_data
        who: Any = {"case_id": case_id, "now": visit.now, "by": _by(visit)}
        try:
            if found.lives:
                cases.reply(words=said["words"], files=said["files"], **who)
            else:
                cases.reopen(words=said["words"], channel="web", **who)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.told)
        else:
            messages.success(request, _("We have your answer."))
            return redirect("portal:request", case_id)
    return _page(request, "portal/request.html", visit, {"found": found, "form": form}, form)


@require_safe
@doors.for_members
def file(request: HttpRequest, visit: queries.Visit, case_id: int, file_id: int) -> HttpResponse:
    """What the member sent, as a download."""
    found = requests.one(visit, case_id)
    row = next((one for one in found.files if one.pk == file_id), None) if found else None
    return evidence.served(row)


def _receipt(request: HttpRequest, visit: queries.Visit) -> str:
    """The number of the receipt a link names, when it is the member's."""
    said = request.GET.get("receipt", "")
    found = queries.receipt_of(visit, int(said)) if said.isdecimal() and len(said) < 19 else None
    return found.external_id if found else ""


def _by(visit: queries.Visit) -> str:
    return f"member:{visit.public_id}"


def _page(request: HttpRequest, template: str, visit: queries.Visit, values: dict[str, Any], form: Any) -> HttpResponse:
    answer = doors.page(request, template, visit, {**values, "tab": "me"})
    answer.status_code = 422 if form.is_bound else 200
    return answer
