from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from activity import attribution
from backoffice import doors, queries, twins
from backoffice.forms import CONSENT_WORDING, CardForm, ConsentForm, IdentityForm
from members import enrolment
from members.consents import Answer
from members.contacts import InvalidContact
from members.refusals import Refused
from messaging import addresses
from programs import asking, terms_texts

REMATCHED = 2000
STEPS = {"card": CardForm, "identity": IdentityForm, "consent": ConsentForm}
FIELDS = {
    "email": "contact", "phone": "contact", "card_number": "card", "first_name": "first_name",
    "last_name": "last_name", "birth_date": "birth_date",
}  # fmt: skip
SOURCES = {"screen": "store", "paper": "paper", "phone": "phone"}


@require_http_methods(["GET", "POST"])
@doors.for_staff("members.enrol")
def show(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """Card, identity, consent: three short steps, each a page; what was typed travels with them."""
    step = request.GET.get("step", "card")
    step = step if step in STEPS else "card"
    if request.method != "POST":
        known = {"card": request.GET.get("card", ""), "contact": request.GET.get("phone", "")}
        return _page(request, desk, step, _form(desk, step, initial=known))
    form = _form(desk, step, request.POST)
    if not form.is_valid():
        return _page(request, desk, step, form)
    if isinstance(form, CardForm):
        return _card(request, desk, form)
    if isinstance(form, ConsentForm):
        return _enrol(request, desk, form)
    assert isinstance(form, IdentityForm)
    return _identity(request, desk, form)


def _form(desk: doors.Desk, step: str, *args: Any, **kwargs: Any) -> forms.Form:
    if step == "card":
        return CardForm(*args, **kwargs)
    return STEPS[step](*args, in_store=queries.store_of(desk) is not None, **kwargs)


def _card(request: HttpRequest, desk: doors.Desk, form: CardForm) -> HttpResponse:
    number = form.cleaned_data["card"]
    if queries.card_in_use(desk, number):
        form.add_error("card", _("This card is in use. Take another one."))
        return _page(request, desk, "card", form)
    return _page(request, desk, "identity", _form(desk, "identity", initial={"card": number}), status=200)


def _identity(request: HttpRequest, desk: doors.Desk, form: IdentityForm) -> HttpResponse:
    typed = form.cleaned_data
    twin = None
    if not typed["other"]:
        twin = twins.twin_of(
            desk, first_name=typed["first_name"], last_name=typed["last_name"], birth_date=typed["birth_date"],
            email=form.contacts["email"], phone=form.contacts["phone"],
        )  # fmt: skip
    if twin:
        return _page(request, desk, "identity", form, duplicate=twin)
    return _page(request, desk, "consent", _form(desk, "consent", initial=form.cleaned_data), status=200)


def _enrol(request: HttpRequest, desk: doors.Desk, form: ConsentForm) -> HttpResponse:
    typed, contacts = form.cleaned_data, form.contacts
    store = queries.store_of(desk)
    try:
        membership = enrolment.enrol(
            program=desk.program,
            channel="store" if store else typed.get("channel") or "phone",
            now=desk.now,
            by=desk.actor,
            first_name=typed["first_name"],
            last_name=typed["last_name"],
            birth_date=typed["birth_date"],
            email=contacts["email"] or None,
            phone=contacts["phone"] or None,
            language=(get_language() or "en")[:2],
            market_code=store.market_code if store else desk.market.code,
            store=store,
            card_number=typed["card"] or None,
            consents=_answers(typed, contacts),
            terms=asking.terms_of(desk.program),
            terms_source=_source(typed, store is not None),
        )
    except (Refused, InvalidContact) as refused:
        return _refused(request, desk, form, refused)
    attribution.rematch(desk.program, desk.now, REMATCHED)
    messages.success(request, _("%(name)s is a member.") % {"name": typed["first_name"]})
    return redirect("backoffice:member", membership.public_id)


def _source(typed: dict[str, Any], in_store: bool) -> str:
    """Where the terms were accepted: on the screen of a store, on paper, on the telephone."""
    if typed.get("channel") == "post":
        return "paper"
    return SOURCES.get(typed["how"], "store" if in_store else "phone")


def _answers(typed: dict[str, Any], contacts: dict[str, str]) -> list[Answer]:
    """What was said about offers; with no consent taken there is no answer to keep."""
    if typed["how"] == "none":
        return []
    channel = "email" if contacts["email"] else "sms"
    return [Answer("marketing", channel, typed["offers"], f"{CONSENT_WORDING}-{typed['how']}")]


def _refused(request: HttpRequest, desk: doors.Desk, form: ConsentForm, refused: Exception) -> HttpResponse:
    """Back to the step where it can be mended."""
    field = FIELDS.get(getattr(refused, "field", ""), "contact")
    again = _form(desk, "identity", form.data)
    again.is_valid()
    words = str(refused) if field in ("birth_date", "last_name") else queries.refusal(refused)
    again.add_error(field if field != "card" else None, words)
    return _page(request, desk, "identity", again)


def _terms(desk: doors.Desk) -> str:
    """Where the customer reads what she agrees to; empty while the program shows no text."""
    shown = terms_texts.text_of(desk.program, market_code=desk.market.code)
    return addresses.absolute(desk.program, "terms/") if shown else ""


def _page(
    request: HttpRequest, desk: doors.Desk, step: str, form: forms.Form, *, status: int = 422, duplicate: Any = None
) -> HttpResponse:
    shown = form.data.get("card") or form.initial.get("card") or "" if step != "card" else ""
    return doors.page(
        request,
        "backoffice/enrol.html",
        desk,
        {"step": step, "form": form, "card_number": shown, "duplicate": duplicate, "look": desk.look,
         "terms_href": _terms(desk) if step == "consent" else ""},
        status=status if form.is_bound and not duplicate else 200,
    )  # fmt: skip
