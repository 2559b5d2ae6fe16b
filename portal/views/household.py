from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from identity.codes import AFTER_SIGN_IN
from members import households, inviting, seats
from members.refusals import Refused
from portal import doors, queries
from portal import households as page
from portal.queries import Visit


@require_http_methods(["GET", "POST"])
@doors.for_members
def show(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The household: who is in it, what each gave, who was asked; inviting begins one."""
    form = page.InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            inviting.ask(
                membership_id=visit.membership_id, to=form.cleaned_data["to"], now=visit.now, by=page.actor(visit)
            )  # fmt: skip
        except Refused as refused:
            form.add_error("to", page.reason_of(refused))
        else:
            messages.success(request, _("The invitation is on its way. Whoever it is for finds it here, too."))
            return redirect("portal:household")
    values = {"page": page.page_of(visit), "form": form, "tab": "me"}
    return doors.page(request, "portal/household.html", visit, values, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@doors.for_members
def invitation(request: HttpRequest, visit: Visit, public_id: str) -> HttpResponse:
    """An invitation found on one's own page: look at it, say yes or no."""
    waiting = inviting.waiting_for(page.membership_of(visit), visit.now)
    found = next((one for one in waiting if one.public_id == public_id), None)
    if found is None:
        raise Http404
    return _answer(request, visit, found)


@require_http_methods(["GET", "POST"])
@never_cache
def linked(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a message: whoever is signed in answers, others sign in or join first."""
    program = doors.program_of(request)
    now = datetime.now(UTC)
    visit = queries.visit_of(request.user, program, now)
    found = inviting.by_token(program, token, now)
    if visit is None:
        request.session[AFTER_SIGN_IN] = request.path
        values = {"brand": queries.brand_of(program), "asked": page.waiting_of(found) if found else None}
        return render(request, "portal/household_linked.html", values)
    if found is None:
        messages.warning(request, _("This invitation is no longer open. Ask for another one."))
        return redirect("portal:household")
    return _answer(request, visit, found)


@doors.for_members
@require_POST
def withdraw(request: HttpRequest, visit: Visit, public_id: str) -> HttpResponse:
    """Take an invitation back."""
    household = _mine(visit)
    try:
        inviting.withdraw(household=household, public_id=public_id, now=visit.now, by=page.actor(visit))
    except Refused as refused:
        messages.warning(request, page.reason_of(refused))
    else:
        messages.success(request, _("The invitation is taken back."))
    return redirect("portal:household")


@require_http_methods(["GET", "POST"])
@doors.for_members
def leave(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What happens to the pot is said first; then one leaves."""
    household = _mine(visit)
    sitting = seats.seats_of(household)
    if request.method == "POST":
        try:
            households.leave(membership_id=visit.membership_id, now=visit.now, by=page.actor(visit))
        except Refused as refused:
            messages.error(request, page.reason_of(refused))
        else:
            messages.success(request, _("You have left the household. From now on you earn for yourself."))
        return redirect("portal:household")
    others = [seat for seat in sitting if seat.membership.pk != visit.membership_id]
    heir = next((seat for seat in others if seats.is_adult(seat.membership, visit.now)), others[0] if others else None)
    values: dict[str, Any] = {
        "pots": page.brings(visit), "others": others, "tab": "me",
        "heir": heir.membership.member.first_name if heir and household.head_id == visit.membership_id else "",
    }  # fmt: skip
    return doors.page(request, "portal/household_leave.html", visit, values)


@require_http_methods(["GET", "POST"])
@doors.for_members
def member(request: HttpRequest, visit: Visit, public_id: str) -> HttpResponse:
    """The head lets somebody go, or makes somebody else the head."""
    household = _mine(visit)
    seat = next((one for one in seats.seats_of(household) if one.membership.public_id == public_id), None)
    if seat is None or household.head_id != visit.membership_id or seat.is_head:
        raise Http404
    values = {"seat": seat, "is_adult": seats.is_adult(seat.membership, visit.now), "tab": "me"}
    if request.method != "POST":
        return doors.page(request, "portal/household_member.html", visit, values)
    act = {"household": household, "membership_id": seat.membership.pk, "now": visit.now, "by": page.actor(visit)}
    try:
        if request.POST.get("do") == "lead":
            households.lead(**act)
            messages.success(request, _("Somebody else heads the household now."))
        else:
            households.remove(head_id=visit.membership_id, **act)
            messages.success(request, _("They earn for themselves from now on."))
    except Refused as refused:
        messages.error(request, page.reason_of(refused))
    return redirect("portal:household")


def _mine(visit: Visit) -> Any:
    household = page.household_for(visit)
    if household is None:
        raise Http404
    return household


def _answer(request: HttpRequest, visit: Visit, found: Any) -> HttpResponse:
    if request.method == "POST":
        try:
            if request.POST.get("do") == "decline":
                inviting.decline(invitation_id=found.pk, now=visit.now, by=page.actor(visit))
                messages.success(request, _("You said no. Nothing has changed."))
            else:
                inviting.accept(
                    invitation_id=found.pk, membership_id=visit.membership_id, now=visit.now, by=page.actor(visit)
                )  # fmt: skip
                messages.success(request, _("You are in. From now on you all earn into one pot."))
        except Refused as refused:
            messages.error(request, page.reason_of(refused))
        return redirect("portal:household")
    values = {
        "asked": page.waiting_of(found), "names": page.names_in(found.household), "pots": page.brings(visit),
        "is_in_one": page.household_for(visit) is not None, "tab": "me",
    }  # fmt: skip
    return doors.page(request, "portal/household_join.html", visit, values)
