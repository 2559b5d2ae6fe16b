from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice import casework, doors, outcome_forms
from care import outcomes
from care.refusals import Refused
from ledger.posting import InsufficientPoints
from members.refusals import Refused as RefusedByMembers
from web import pots


@require_http_methods(["GET", "POST"])
@doors.for_staff("cases.work")
def show(request: HttpRequest, desk: doors.Desk, case_id: int) -> HttpResponse:
    """Choose what ends a case; see what would be posted; let it be."""
    page = casework.page_of(desk, case_id, action="cases.work")
    kinds = outcome_forms.kinds_for(desk, page)
    chosen = request.POST.get("kind") or request.GET.get("kind") or kinds[0].code
    if chosen not in {kind.code for kind in kinds}:
        raise Http404
    if not (page.may_work and page.lives):
        messages.error(request, _("This case is closed, or your own."))
        return redirect("backoffice:case", case_id)
    data = request.POST if request.method == "POST" else None
    number = (request.POST.get("number") or request.GET.get("number") or page.case.receipt)[:200]
    form = outcome_forms.FORMS[chosen](desk, page, data, number)
    values: dict[str, Any] = {
        "page": page, "kinds": kinds, "chosen": chosen, "form": form, "number": number, "place": "cases",
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        answer = _settle(request, desk, page, form, values)
        if answer is not None:
            return answer
    status = 422 if form.is_bound and form.errors else 200
    return doors.page(request, "backoffice/outcome.html", desk, values, status=status)


def _settle(
    request: HttpRequest, desk: doors.Desk, page: casework.CasePage, form: Any, values: dict[str, Any]
) -> HttpResponse | None:  # fmt: skip
    """Preview, or do it when the preview was confirmed; None shows the form again."""
    confirmed = "confirm" in request.POST
    act = outcomes.settle if confirmed else outcomes.preview
    try:
        done = act(case_id=page.case.pk, outcome=form.outcome(), user=desk.user, now=desk.now)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.told)
        return None
    except RefusedByMembers as refused:
        form.add_error(None, str(refused))
        return None
    except InsufficientPoints as lacking:
        form.add_error("amount", outcome_forms.too_much(desk, form.cleaned_data["currency"], lacking))
        return None
    if not confirmed:
        values["preview"], values["will"] = done, written(desk, done)
        return None
    if done.waits:
        messages.warning(request, _("This is above your ceiling: another person decides. The case stays open."))
    else:
        messages.success(request, _("The case is solved, and the member is told."))
    return redirect("backoffice:case", page.case.pk)


def written(desk: doors.Desk, done: outcomes.Done) -> list[str]:
    """What an outcome moves, in the units of the program."""
    units, formats = pots.units_of(desk.program.pk), desk.formats
    return [
        f"{units[currency].write(formats, amount, signed=True)} {units[currency].counted(amount)}"
        if not units[currency].is_cash
        else units[currency].write(formats, amount, signed=True)
        for currency, amount in done.points
    ]
