from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from backoffice import doors, queries

SHOWN = 20


@require_safe
@doors.for_staff("members.search")
def search(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """One box for a card, a number, a phone, an e-mail address, a name; one exact hit opens the member."""
    text = request.GET.get("q", "").strip()[:80]
    found = queries.search(desk, text, SHOWN + 1) if text else []
    if len(found) == 1 and found[0].exact:
        return redirect("backoffice:member", found[0].public_id)
    return doors.page(
        request,
        "backoffice/search.html",
        desk,
        {"query": text, "found": found[:SHOWN], "more": len(found) > SHOWN, "place": "members"},
    )


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
