from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice import doors, floors


@require_http_methods(["GET", "POST"])
@doors.for_staff("tiers.floor")
def show(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """Give a member a floor, or lift it; what was said is kept with a name and a reason."""
    page = floors.page_of(desk, public_id)
    if page is None:
        raise Http404
    form = floors.FloorForm(page, request.POST or None)
    values = {"page": page, "form": form, "place": "members"}
    if request.method != "POST":
        return doors.page(request, "backoffice/floor.html", desk, values)
    if not form.is_valid():
        return doors.page(request, "backoffice/floor.html", desk, values, status=422)
    name = floors.give(desk, page, form.cleaned_data["step"], form.cleaned_data["reason"])
    if name:
        messages.success(request, _("From now on never below %(step)s.") % {"step": name})
    else:
        messages.success(request, _("The floor is lifted: what counts decides again."))
    return redirect("backoffice:member", public_id)
