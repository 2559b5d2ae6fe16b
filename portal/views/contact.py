"""Me: contact and address. A new e-mail or phone needs a proof of who asks, then the code we send."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit import clock
from identity import stepping
from members import addressing, change_codes, changing, disputing
from members.history import Hand
from members.refusals import Refused
from portal import contacts, doors, queries
from portal.contact_forms import NewContactForm
from web import addresses
from web.person_forms import CodeForm

KINDS = {"email": changing.EMAIL, "phone": changing.PHONE}


def proven(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that only who has just proven who she is may use."""

    @wraps(view)
    def guarded(request: HttpRequest, visit: queries.Visit, *args: Any, **kwargs: Any) -> HttpResponse:
        if not stepping.confirmed_recently(request):
            return stepping.ask(request, then=request.get_full_path())
        return view(request, visit, *args, **kwargs)

    return guarded


@require_safe
@doors.for_members
def show(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """What we write to, and ways to change it."""
    return doors.page(request, "portal/contact.html", visit, {"page": contacts.page_of(visit), "tab": "me"})


@require_http_methods(["GET", "POST"])
@never_cache
@doors.for_members
@proven
def change(request: HttpRequest, visit: queries.Visit, what: str) -> HttpResponse:
    """A new address or number: a code goes out, whoever's it is."""
    kind = _kind(what)
    form = NewContactForm(kind, request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            changing.ask(
                membership=contacts.membership_of(visit), what=kind, wanted=form.cleaned_data["contact"],
                hand=_hand(visit), now=visit.now,
            )  # fmt: skip
            return redirect("portal:contact_code", what)
        except Refused as refused:
            form.add_error("contact" if refused.field in ("email", "phone") else None, str(refused))
    return _form(request, visit, "portal/contact_change.html", form, what)


@require_http_methods(["GET", "POST"])
@never_cache
@doors.for_members
@proven
def code(request: HttpRequest, visit: queries.Visit, what: str) -> HttpResponse:
    """The code makes the change. The page is the same whoever the address belongs to."""
    kind = _kind(what)
    membership = contacts.membership_of(visit)
    waits = changing.waiting(membership.member_id, kind, visit.now)
    if waits is None and not request.POST:
        return redirect("portal:contact")
    form = CodeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            done = changing.confirm(
                membership=membership, what=kind, code=form.cleaned_data["code"], hand=_hand(visit), now=visit.now
            )
            _say_changed(request, done.held_until is not None)
            return redirect("portal:contact")
        except Refused as refused:
            form.add_error("code", str(refused))
    return _form(request, visit, "portal/contact_code.html", form, what, waits=waits)


@require_http_methods(["GET", "POST"])
@doors.for_members
def address(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The postal address, in the form of its country; one can take it out again."""
    known = addressing.of_member(visit.member_id)
    country = request.POST.get("country") or request.GET.get("country") or (known.country if known else "")
    country = country.upper() if country.upper() in addressing.countries() else visit.market_code
    form = addresses.AddressForm(country, request.POST if "country" in request.POST else None, known)
    removing = "remove" in request.POST
    if removing or (form.is_bound and form.is_valid()):
        try:
            addressing.change(
                membership=contacts.membership_of(visit), said=None if removing else form.cleaned_data,
                hand=_hand(visit), now=visit.now,
            )  # fmt: skip
        except Refused as refused:
            if removing:
                messages.error(request, str(refused))
                return redirect("portal:contact")
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The address is taken out.") if removing else _("The address is kept."))
            return redirect("portal:contact")
    values = {"form": form, "country_form": addresses.CountryForm(country, [visit.market_code]), "known": known}
    status = 422 if form.is_bound and form.errors else 200
    return doors.page(request, "portal/address.html", visit, {**values, "tab": "me"}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """The old contact says whether it was her; signed out. Looking says nothing, a second click changes nothing."""
    uid = change_codes.change_of(token)
    found = contacts.answer_of(uid) if uid else None
    if uid is None or found is None:
        raise Http404
    if request.method == "POST":
        now = clock.now()
        if request.POST.get("answer") == "mine":
            disputing.was_me(uid=uid, now=now)
        elif request.POST.get("answer") == "not_mine":
            disputing.was_not_me(uid=uid, now=now)
        return redirect(request.path)
    brand = queries.brand_of(found.brand_of.program)
    return render(request, "portal/contact_answer.html", {"answer": found, "brand": brand})


def _say_changed(request: HttpRequest, held: bool) -> None:
    if held:
        messages.success(
            request,
            _("It is changed. Nothing can be spent for 72 hours, unless you confirm it from the message about it."),
        )
    else:
        messages.success(request, _("It is changed."))


def _kind(what: str) -> str:
    if what not in KINDS:
        raise Http404
    return KINDS[what]


def _hand(visit: queries.Visit) -> Hand:
    return Hand(by=f"member:{visit.public_id}", door="web")


def _form(
    request: HttpRequest, visit: queries.Visit, template: str, form: Any, what: str, **values: Any
) -> HttpResponse:
    page = {"form": form, "what": what, "page": contacts.page_of(visit), "tab": "me", **values}
    status = 422 if form.is_bound and form.errors else 200
    return doors.page(request, template, visit, page, status=status)
