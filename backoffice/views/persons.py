"""Editing a member at the desk: the same rules as for herself, with a reason, under the name of who did it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backoffice import doors, persons, twins
from members import addressing, changing
from members.models import Membership
from members.policies import OwnAccount
from members.refusals import Refused
from web import addresses
from web.person_forms import CodeForm

View = Callable[..., HttpResponse]
KINDS = {"email": changing.EMAIL, "phone": changing.PHONE}


def editing(action: str) -> Callable[[View], View]:
    """A page that edits one member: `view(request, desk, row, ...)`. Nobody edits her own account."""

    def guard(view: View) -> View:
        @wraps(view)
        @doors.for_staff(action)
        def guarded(request: HttpRequest, desk: doors.Desk, public_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                row = persons.opened(desk, public_id, action)
            except OwnAccount:
                messages.error(request, _("This is your own account: a colleague changes it."))
                return redirect("backoffice:member", public_id)
            return view(request, desk, row, *args, **kwargs)

        return guarded

    return guard


@require_http_methods(["GET", "POST"])
@editing("members.edit")
def contact(request: HttpRequest, desk: doors.Desk, row: Membership) -> HttpResponse:
    """What is kept, what waits, what stood there before; here a hold is released."""
    form = persons.ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        if persons.release(desk, row, form.cleaned_data["reason"]):
            messages.success(request, _("Points can be spent again."))
        return redirect("backoffice:contact", row.public_id)
    return page(request, desk, row, "backoffice/contact.html", form)


@require_http_methods(["GET", "POST"])
@editing("members.edit")
def change(request: HttpRequest, desk: doors.Desk, row: Membership, what: str) -> HttpResponse:
    """Another address waits for the code that was sent to it; another phone is what the person says it is."""
    if what not in KINDS:
        raise Http404
    form = persons.NewContactForm(KINDS[what], request.POST or None)
    twin = None
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        if not typed["other"]:
            twin = twins.twin_of(desk, **{what: typed["contact"]}, country=row.market_code, but=row.member_id)
        if twin is None:
            try:
                return _changed(request, desk, row, what, typed)
            except Refused as refused:
                form.add_error("contact", str(refused))
    return page(request, desk, row, "backoffice/contact_change.html", form, what=what, duplicate=twin)


@require_http_methods(["GET", "POST"])
@editing("members.edit")
def code(request: HttpRequest, desk: doors.Desk, row: Membership) -> HttpResponse:
    """The code that the person reads out from her new mailbox."""
    form = CodeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            changing.confirm(
                membership=row, what=changing.EMAIL, code=form.cleaned_data["code"], hand=persons.hand_of(desk, ""),
                now=desk.now,
            )  # fmt: skip
        except Refused as refused:
            form.add_error("code", str(refused))
        else:
            messages.success(
                request, _("The address is changed. Nothing is spent for 72 hours, unless the old one agrees.")
            )
            return redirect("backoffice:contact", row.public_id)
    return page(request, desk, row, "backoffice/contact_code.html", form)


@require_http_methods(["GET", "POST"])
@editing("members.edit")
def address(request: HttpRequest, desk: doors.Desk, row: Membership) -> HttpResponse:
    """The postal address, in the form of its country."""
    known = addressing.of_member(row.member_id)
    asked = request.POST.get("country") or request.GET.get("country") or (known.country if known else "")
    country = asked.upper() if asked.upper() in addressing.countries() else row.market_code
    form = persons.AddressForm(country, request.POST or None, known)
    if form.is_bound and form.is_valid():
        said = {key: value for key, value in form.cleaned_data.items() if key != "reason"}
        hand = persons.hand_of(desk, form.cleaned_data["reason"])
        try:
            addressing.change(membership=row, said=said, hand=hand, now=desk.now)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The address is kept."))
            return redirect("backoffice:contact", row.public_id)
    countries = addresses.CountryForm(country, [row.market_code])
    return page(request, desk, row, "backoffice/address.html", form, country_form=countries)


def page(
    request: HttpRequest, desk: doors.Desk, row: Membership, template: str, form: Any, **values: Any
) -> HttpResponse:
    """A page of one member, 422 where its form says what is wrong."""
    status = 422 if form is not None and form.is_bound and form.errors else 200
    shown = {"page": persons.page_of(desk, row), "form": form, "place": "members", **values}
    return doors.page(request, template, desk, shown, status=status)


def _changed(request: HttpRequest, desk: doors.Desk, row: Membership, what: str, typed: dict[str, Any]) -> HttpResponse:
    said: dict[str, Any] = {"membership": row, "what": KINDS[what], "wanted": typed["contact"], "now": desk.now}
    hand = persons.hand_of(desk, typed["reason"])
    if what == "email":
        changing.ask(**said, hand=hand)
        return redirect("backoffice:contact_code", row.public_id)
    changing.set_by_staff(**said, hand=hand)
    messages.success(
        request, _("The number is changed. Nothing is spent for 72 hours, unless the member agrees by e-mail.")
    )
    return redirect("backoffice:contact", row.public_id)
