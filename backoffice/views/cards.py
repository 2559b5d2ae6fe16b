from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from activity.assigning import MembershipClosed
from backoffice import cards, doors, opening
from members.models import Membership
from members.refusals import Refused


@require_http_methods(["GET", "POST"])
@doors.for_staff("cards.block")
def show(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """A member's cards, and what can be done with each."""
    row = opening.opened(desk, public_id, action="cards.block")
    if request.method != "POST":
        return _page(request, desk, row, cards.BindForm())
    act = request.POST.get("act", "")
    form = _form_of(request, act)
    if not form.is_valid():
        return _page(request, desk, row, form if act == "bind" else cards.BindForm(), status=422)
    try:
        messages.success(request, cards.do(desk, row, act, _number(request.POST.get("card", "")), form.cleaned_data))
    except Refused as refused:
        messages.error(request, cards.reason_of(refused))
    return redirect("backoffice:member_cards", public_id)


@require_http_methods(["GET", "POST"])
@doors.for_staff("cards.block")
def receipts(request: HttpRequest, desk: doors.Desk, public_id: str, card_id: int) -> HttpResponse:
    """What was bought with a blocked card: hers, or not."""
    row = opening.opened(desk, public_id, action="cards.block")
    card = cards.card_of(row, card_id)
    if request.method == "POST":
        try:
            theirs, others = cards.decide(desk, card, row.member_id, request.POST.dict())
        except Refused as refused:
            messages.error(request, cards.reason_of(refused))
        except MembershipClosed:
            messages.error(request, _("The membership is closed: nothing can be given to it."))
        else:
            messages.success(request, _("%(theirs)s given, %(others)s set aside.") % {
                "theirs": theirs, "others": others,
            })  # fmt: skip
        return redirect("backoffice:member_cards", public_id)
    values = {
        "member": row, "name": str(row.member), "card": cards.people.card_row(card), "place": "members",
        "receipts": cards.receipts_of(desk, card),
    }  # fmt: skip
    return doors.page(request, "backoffice/card_receipts.html", desk, values)


def _form_of(request: HttpRequest, act: str) -> forms.Form:
    if act == "bind":
        return cards.BindForm(request.POST)
    return cards.DeedForm(request.POST) if act != "unblock" else forms.Form(request.POST)


def _page(
    request: HttpRequest, desk: doors.Desk, row: Membership, bind: forms.Form, *, status: int = 200
) -> HttpResponse:
    values = {
        "public_id": row.public_id, "name": str(row.member), "cards": cards.held_by(row), "reasons": cards.REASONS,
        "bind": bind, "member": row, "place": "members",
    }  # fmt: skip
    return doors.page(request, "backoffice/member_cards.html", desk, values, status=status)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
