from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from activity import attribution
from identity import codes
from members import closing, joining, rejoining
from members.consents import Answer
from members.refusals import NotOffered, Refused, TooYoung
from portal import agreeing, cards, doors, queries
from portal.forms import CONSENT_WORDING, JoinForm
from programs import asking

REMATCHED = 2000
"""Receipts that waited for this card or address and are counted at once."""
_AGAIN = {
    rejoining.RESTORED: gettext_lazy("Welcome back: everything is as it was."),
    rejoining.ANEW: gettext_lazy("Welcome back. Your membership begins anew, with an empty pot."),
}


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Three fields and a consent; then a code by e-mail, which proves the address."""
    program = doors.program_of(request)
    known = request.user.is_authenticated
    now = datetime.now(UTC)
    if known and queries.visit_of(request.user, program, now):
        return redirect("portal:home")
    left = queries.visit_of(request.user, program, now, left=True) if known else None
    if left is not None and closing.open_closing(left.membership_id) is not None:
        return redirect("portal:leave")  # nothing is settled: coming back is one press there
    form = JoinForm(request.POST or None, program=program, with_email=not known)
    if request.method == "POST" and form.is_valid():
        answer = _begin(request, program, form, now)
        if answer is not None:
            return answer
    status = 422 if form.is_bound else 200
    link = reverse("portal:terms") if agreeing.of_visitor(program) else program.settings.get("terms_link")
    values = {"form": form, "brand": queries.brand_of(program), "terms_link": link}
    return render(request, "portal/join.html", values, status=status)


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """The address is proved: what was typed becomes a membership. Acts only on what this session itself asked for."""
    program = doors.program_of(request)
    pending = joining.kept(request.session)
    if pending is None or not request.user.is_authenticated:
        return redirect("portal:home")
    now = datetime.now(UTC)
    try:
        joined = joining.complete(user=request.user, pending=pending, now=now)
    except Refused as refused:
        messages.error(request, _reason(refused))
        return redirect("portal:join")
    finally:
        joining.forget(request.session)
    attribution.rematch(program, now, REMATCHED)
    if cards.kept_claim(request.session, program.code):
        return redirect("portal:claim_done")
    if joined.again:
        messages.success(request, _AGAIN[joined.again])
    elif joined.new and not joined.claimed:
        messages.success(request, _("Welcome. The card is yours: show it at the till."))
    else:
        messages.success(request, _("Welcome back. Your card and your points were waiting for you."))
    return redirect("portal:home")


def _begin(request: HttpRequest, program: Any, form: JoinForm, now: datetime) -> HttpResponse | None:
    """Keep what was typed and send the code; None when the form now says what is wrong."""
    typed, user = form.cleaned_data, request.user
    try:
        pending = joining.PendingJoin.of(
            program=program,
            email=typed.get("email") or (user.email if user.is_authenticated else ""),
            now=now,
            first_name=typed["first_name"],
            birth_date=typed.get("birth_date"),
            phone=typed.get("phone") or "",
            language=(get_language() or "en")[:2],
            market_code=form.market_code,
            consents=[Answer("marketing", "email", typed["offers"], CONSENT_WORDING)],
            terms=asking.terms_of(program),
        )
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, _reason(refused))
        return None
    joining.keep(request.session, pending)
    if user.is_authenticated and codes.is_proven(user):
        return redirect("portal:join_done")
    try:
        return codes.send(request, email=pending.email, then=reverse("portal:join_done"))
    except codes.TooMany:
        form.add_error(None, _("Too many codes were asked for. Wait a few minutes, then try again."))
    except codes.NoAddress:
        form.add_error("email", _("This is not an e-mail address."))
    return None


def _reason(refused: Refused) -> str:
    """Why somebody is not a member yet, in words for them."""
    if isinstance(refused, TooYoung):
        return _("The program is open from the age of %(age)s.") % {"age": refused.minimum}
    if isinstance(refused, joining.NotYours):
        return _("The code proved another address. Join with the address you signed in with.")
    if isinstance(refused, rejoining.StaffDecide):
        return _("Your membership was closed. The desk of a store opens it again, or our call centre.")
    if isinstance(refused, NotOffered):
        return _("The program does not take this here.")
    return str(refused)
