from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from backoffice import doors, fraud
from members.policies import OwnAccount


@require_safe
@doors.for_staff(fraud.ACTION)
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """What looks odd in the earning of some days. It accuses nobody: a person looks."""
    form = fraud.SieveForm(request.GET.dict())
    values = {"form": form, "found": fraud.findings_of(desk, form), "place": "fraud"}
    return doors.page(request, "backoffice/fraud.html", desk, values)


@require_http_methods(["GET", "POST"])
@doors.for_staff(fraud.FREEZES)
def freeze(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """A member's pots: frozen with a reason, released with a reason."""
    page = fraud.page_of(desk, public_id)
    form = fraud.FreezeForm(request.POST or None, initial={"act": fraud.RELEASE if page.reason else fraud.FREEZE})
    if request.method != "POST" or not form.is_valid():
        values = {"page": page, "form": form, "place": "members"}
        return doors.page(request, "backoffice/freeze.html", desk, values, status=422 if form.errors else 200)
    try:
        is_frozen = fraud.decide(desk, page, form.cleaned_data["act"], form.cleaned_data["reason"])
    except OwnAccount:
        raise Http404 from None
    told = _("The pots are frozen: nothing can be spent.") if is_frozen else _("The pots are released.")
    messages.success(request, told)
    return redirect("backoffice:member", public_id)
