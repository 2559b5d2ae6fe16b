from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit import trail
from backoffice import accesses, doors, exports


@require_safe
@doors.for_staff(accesses.ACTION)
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """Who opened which member, why, when. Reading this opens nobody."""
    form = accesses.FilterForm(request.GET)
    found = accesses.accesses_of(desk, form, accesses.SHOWN + 1)
    values = {
        "form": form,
        "rows": found[: accesses.SHOWN],
        "more": len(found) > accesses.SHOWN,
        "asked": request.GET.urlencode(),
        "place": "accesses",
    }
    return doors.page(request, "backoffice/accesses.html", desk, values)


@require_safe
@doors.for_staff(accesses.ACTION)
def export(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """The same as a file; that it was taken stands in the trail."""
    rows = accesses.accesses_of(desk, accesses.FilterForm(request.GET), accesses.EXPORTED)
    trail.record(action="access.exported", actor=desk.actor, obj=("program", desk.program.pk), at=desk.now,
                 data={"rows": len(rows)})  # fmt: skip
    head = [_("When"), _("Who"), _("Member"), _("Number"), _("Page"), _("Purpose")]
    table = [[row.at, row.who, row.whom, row.number, row.page, row.purpose] for row in rows]
    form = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    return exports.answer("accesses", form, head, table, desk.formats.zone)
