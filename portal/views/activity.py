from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal import doors, queries


@require_safe
@doors.for_members
def month(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The statement, a month a page; without one named, the current month."""
    asked = request.GET.get("month", "")
    try:
        first_on = date.fromisoformat(f"{asked}-01") if asked else queries.today_of(visit).replace(day=1)
    except ValueError:
        raise Http404 from None
    return doors.page(
        request, "portal/activity.html", visit, {"month": queries.month_of(visit, first_on), "tab": "activity"}
    )


@require_safe
@doors.for_members
def receipt(request: HttpRequest, visit: queries.Visit, activity_id: int) -> HttpResponse:
    """One receipt with its lines, and why it gave what it gave."""
    found = queries.receipt_of(visit, activity_id)
    if found is None:
        raise Http404
    return doors.page(request, "portal/receipt.html", visit, {"receipt": found, "why": found.why, "tab": "activity"})
