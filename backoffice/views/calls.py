from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit import access
from backoffice import doors, queries
from backoffice.views.members import SHOWN
from identity import rights


@require_safe
@doors.for_staff("members.search")
def show(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """What a telephone system opens when it rings: the member of the number, those of it, or a place to enrol one."""
    # a plus that nobody encoded arrives as a blank
    number = request.GET.get("from", "").replace("\x00", "").strip()[:40]
    phone = f"+{number}" if request.GET.get("from", "").startswith(" ") and number[:1].isdigit() else number
    found = [one for one in queries.search(desk, phone, SHOWN) if one.exact] if phone else []
    if len(found) == 1 and rights.may_anywhere(desk.user, "members.see"):
        there = reverse("backoffice:member", args=[found[0].public_id])
        return redirect(f"{there}?{urlencode({'for': access.CALL})}")
    if not found and phone and desk.may_enrol:
        return redirect(f"{reverse('backoffice:enrol')}?{urlencode({'step': 'identity', 'phone': phone})}")
    return redirect(f"{reverse('backoffice:home')}?{urlencode({'q': phone, 'for': access.CALL})}")
