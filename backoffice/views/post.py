from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from activity import attribution
from backoffice import doors, queries, twins
from backoffice.post import PostForm
from backoffice.views.enrol import REMATCHED
from members import postal
from members.contacts import InvalidContact
from members.refusals import Refused
from programs import asking
from values import periods

FIELDS = {"card_number": "card"}


@require_http_methods(["GET", "POST"])
@doors.for_staff("members.enrol")
def show(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """One paper form after another: batch and day stay, the cursor stands in the first field of the next."""
    today = periods.day_of(desk.now, desk.market.timezone)
    if request.method != "POST":
        stays = {name: request.GET.get(name, "")[:30] for name in ("batch", "signed_on")}
        return _page(request, desk, PostForm(initial=stays, today=today))
    form = PostForm(request.POST, today=today)
    if not form.is_valid():
        return _page(request, desk, form, status=422)
    typed = form.cleaned_data
    answer = request.POST.get("other")
    if answer == "left_out":
        return _leave_out(request, desk, typed)
    if answer != "yes":
        asked = {name: typed[name] for name in ("first_name", "last_name", "birth_date", "email", "phone")}
        if twin := twins.twin_of(desk, **asked):
            return _page(request, desk, form, duplicate=twin)
    return _enter(request, desk, form)


def _enter(request: HttpRequest, desk: doors.Desk, form: PostForm) -> HttpResponse:
    typed = form.cleaned_data
    try:
        membership = postal.enter(
            program=desk.program, batch=typed["batch"], signed_on=typed["signed_on"], timezone=desk.market.timezone,
            now=desk.now, by=desk.actor, first_name=typed["first_name"], last_name=typed["last_name"],
            birth_date=typed["birth_date"], email=typed["email"], phone=typed["phone"], card_number=typed["card"],
            language=desk.market.languages[0], market_code=desk.market.code, offers=typed["offers"],
            terms=asking.terms_of(desk.program),
        )  # fmt: skip
    except (Refused, InvalidContact) as refused:
        field = FIELDS.get(getattr(refused, "field", ""), getattr(refused, "field", ""))
        form.add_error(field if field in form.fields else None, queries.refusal(refused))
        return _page(request, desk, form, status=422)
    attribution.rematch(desk.program, desk.now, REMATCHED)
    messages.success(request, _("%(name)s is a member.") % {"name": str(membership.member)})
    return _next(typed)


def _leave_out(request: HttpRequest, desk: doors.Desk, typed: dict[str, Any]) -> HttpResponse:
    """Lay the form aside; it is counted, so that the pile adds up."""
    postal.leave_out(program=desk.program, batch=typed["batch"], now=desk.now, by=desk.actor)
    messages.success(request, _("The form is left out, and counted."))
    return _next(typed)


def _next(typed: dict[str, Any]) -> HttpResponse:
    stays = {"batch": typed["batch"], "signed_on": typed["signed_on"].isoformat()}
    return redirect(f"{reverse('backoffice:enrol_post')}?{urlencode(stays)}")


def _page(
    request: HttpRequest, desk: doors.Desk, form: PostForm, *, status: int = 200, duplicate: Any = None
) -> HttpResponse:
    batch = str(form["batch"].value() or "")
    count, left_out = postal.entered(desk.program, batch) if batch else (0, 0)
    values = {
        "form": form, "batch": batch, "count": count, "left_out": left_out, "duplicate": duplicate, "place": "enrol",
    }  # fmt: skip
    return doors.page(request, "backoffice/post.html", desk, values, status=status)
