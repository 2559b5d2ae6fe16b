from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from backoffice import doors, finding, opening, queries
from members.searching import TooMany

SHOWN = 20


@require_safe
@doors.for_staff("members.search")
def search(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """One box for a card, a phone, an address, a name, a case or a receipt; where one alone is meant, it opens."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:80]
    if not text:
        return doors.page(request, "backoffice/search.html", desk, {"query": "", "place": "members"})
    try:
        found = finding.find(desk, text, SHOWN + 1)
    except TooMany:
        values = {"query": text, "more": True, "place": "members"}
        return doors.page(request, "backoffice/search.html", desk, values)
    if found.there:
        return redirect(found.there)
    opening.showed(desk, {*(one.membership_id for one in found.members[:SHOWN]), *found.shown})
    values = {
        "query": text, "found": found.members[:SHOWN], "more": len(found.members) > SHOWN, "case": found.case,
        "receipts": found.receipts, "place": "members",
    }  # fmt: skip
    return doors.page(request, "backoffice/search.html", desk, values)


@require_safe
@doors.for_staff("members.see")
def show(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """The member at a glance; `?why=` unfolds one movement."""
    member = queries.member_of(desk, public_id)
    doors.remember(request, public_id)
    movements = queries.movements_of(member, before=request.GET.get("before", ""), why=request.GET.get("why", ""))
    return doors.page(
        request,
        "backoffice/member.html",
        desk,
        {"member": member, "movements": movements, "formats": member.formats, "place": "members"},
    )
