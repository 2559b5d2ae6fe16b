from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from backoffice import approving, case_forms, doors, opening, outcome_forms
from care import adjustments
from care.models import Adjustment
from care.refusals import Refused
from ledger.posting import InsufficientPoints
from members.policies import OwnAccount


@require_http_methods(["GET", "POST"])
@doors.for_staff("points.adjust")
def adjust(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """Give or take points by hand; above the ceiling it is asked for."""
    membership = opening.opened(desk, public_id, action="points.adjust")
    form = case_forms.AdjustForm(request.POST or None, **outcome_forms.adjustable(desk))
    if request.method == "POST" and form.is_valid():
        row = _adjust(desk, membership, form)
        if row is not None:
            _tell(request, row)
            return redirect("backoffice:member", public_id)
    room = adjustments.room_of(desk.user, membership, desk.now)
    values = {
        "form": form, "membership": membership, "place": "",
        "act": desk.formats.money(room.act, room.money), "today": desk.formats.money(room.today, room.money),
    }  # fmt: skip
    return doors.page(request, "backoffice/adjust.html", desk, values, status=422 if form.is_bound else 200)


@require_safe
@doors.for_staff("points.approve")
def approvals(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """What waits for a second pair of eyes."""
    values = {"rows": approving.waiting(desk), "decided": approving.decided(desk), "place": "approvals"}
    return doors.page(request, "backoffice/approvals.html", desk, values)


@require_http_methods(["GET", "POST"])
@doors.for_staff("points.approve")
def approval(request: HttpRequest, desk: doors.Desk, adjustment_id: int) -> HttpResponse:
    """One request: yes, or no with a reason."""
    asked = approving.one(desk, adjustment_id)
    form = case_forms.AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request, desk, adjustment_id, form.cleaned_data["words"])
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.told)
        except OwnAccount:
            form.add_error(None, _("Nobody acts on their own account. Ask a colleague."))
        except InsufficientPoints as lacking:
            form.add_error(None, outcome_forms.too_much(desk, asked.currency, lacking))
        else:
            return redirect("backoffice:approvals")
    values = {"asked": asked, "form": form, "place": "approvals"}
    return doors.page(request, "backoffice/approval.html", desk, values, status=422 if form.is_bound else 200)


def _decide(request: HttpRequest, desk: doors.Desk, adjustment_id: int, words: str) -> None:
    if request.POST.get("act") == "approve":
        adjustments.approve(adjustment_id=adjustment_id, user=desk.user, words=words, now=desk.now)
        messages.success(request, _("Approved and posted."))
    else:
        adjustments.refuse(adjustment_id=adjustment_id, user=desk.user, words=words, now=desk.now)
        messages.success(request, _("Refused. Whoever asked reads why."))


def _adjust(desk: doors.Desk, membership: Any, form: case_forms.AdjustForm) -> Adjustment | None:
    """The adjustment, or None with what is wrong said on the form."""
    said = form.cleaned_data
    try:
        return adjustments.ask(
            membership=membership, currency=form.currencies[said["currency"]], amount=said["units"],
            reason=said["reason"], words=said["words"], key=said["key"], user=desk.user, now=desk.now,
        )  # fmt: skip
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.told)
    except OwnAccount:
        form.add_error(None, _("Nobody acts on their own account. Ask a colleague."))
    except InsufficientPoints as lacking:
        form.add_error("amount", outcome_forms.too_much(desk, said["currency"], lacking))
    return None


def _tell(request: HttpRequest, row: Adjustment) -> None:
    if row.state == Adjustment.State.POSTED:
        messages.success(request, _("Posted. The member sees it on the statement."))
    else:
        messages.warning(request, _("This is above your ceiling: it is posted when another person approves it."))
