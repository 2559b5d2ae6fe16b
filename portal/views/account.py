from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal import doors, places, queries
from web import people


@require_safe
@doors.for_members
def show(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """What we know of the member, her cards and consents, and the way out."""
    me = people.person_of(visit.membership_id)
    values = {"me": me, "phone": people.written_phone(me.phone), "places": places.of_member(visit), "tab": "me"}
    return doors.page(request, "portal/me.html", visit, values)
