from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice import doors, opening
from backoffice import households as pages
from members import households, inviting, splitting
from members.models import Household, Membership
from members.refusals import Refused


@require_http_methods(["GET", "POST"])
@doors.for_staff("households.edit")
def show(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """The household of a member: invite for it, let somebody go, end it."""
    row = opening.opened(desk, public_id, action="households.edit")
    page = pages.page_of(desk, row)
    form = pages.InviteForm(request.POST if request.POST.get("do") == "invite" else None)
    if request.method == "POST" and (not form.is_bound or form.is_valid()):
        try:
            _do(desk, page, request.POST.get("do", ""), request.POST.get("who", ""), form)
        except Refused as refused:
            messages.error(request, pages.reason_of(desk, refused))
        else:
            messages.success(request, _("Done. It is kept with your name."))
        return redirect("backoffice:household", public_id)
    values = {"page": page, "form": form, "place": "members"}
    return doors.page(request, "backoffice/household.html", desk, values, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@doors.for_staff("households.edit")
def split(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """Give whoever leaves, or left, a part of the pot: said, looked at, done."""
    row = opening.opened(desk, public_id, action="households.edit")
    page = pages.page_of(desk, row)
    household = page.household or page.left
    if household is None:
        raise Http404
    form = pages.SplitForm(pages.units_to_part(desk), request.POST or None)
    shares = []
    if request.method == "POST" and form.is_valid():
        try:
            shares = pages.shares_of(desk, household, form)
            if shares and "sure" in request.POST:
                return _split(request, desk, household, row, form)
            if not shares:
                form.add_error(None, _("There is nothing in the pot to give."))
        except Refused as refused:
            form.add_error(None, pages.reason_of(desk, refused))
    values = {"page": page, "form": form, "shares": shares, "place": "members"}
    status = 422 if form.is_bound and form.errors else 200
    return doors.page(request, "backoffice/household_split.html", desk, values, status=status)


def _split(
    request: HttpRequest, desk: doors.Desk, household: Household, row: Membership, form: pages.SplitForm
) -> HttpResponse:
    splitting.split(
        household=household, membership_id=row.pk, amounts=form.amounts(), percent=form.cleaned_data["percent"] or 0,
        reason=form.cleaned_data["reason"], now=desk.now, by=desk.actor,
    )  # fmt: skip
    messages.success(request, _("The part is hers, with its dates, and she earns for herself."))
    return redirect("backoffice:member", row.public_id)


def _do(desk: doors.Desk, page: pages.HouseholdPage, what: str, who: str, form: Any) -> None:
    """One act of the page, by one call. What the page does not offer is not there."""
    around: dict[str, Any] = {"now": desk.now, "by": desk.actor}
    household = page.household
    if what == "invite" and household is None:
        inviting.ask(membership_id=page.membership.pk, to=form.cleaned_data["to"], **around)
    elif household is not None and what == "invite":
        inviting.invite(household=household, to=form.cleaned_data["to"], membership_id=None, **around)
    elif household is not None and what == "remove":
        sitter = next((one for one in page.sitters if one.public_id == who), None)
        if sitter is None:
            raise Http404
        households.remove(household=household, membership_id=sitter.membership_id, head_id=None, **around)
    elif household is not None and what == "withdraw":
        inviting.withdraw(household=household, public_id=who, **around)
    elif household is not None and what == "dissolve":
        households.dissolve(household=household, **around)
    else:
        raise Http404
