from datetime import UTC, datetime

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from activity import handed_out
from members import cards as use_cases
from members import proofs
from members.refusals import CardNotActive
from portal import cards, doors, queries
from web import people

NO_FILL = {"autocomplete": "off"}


class ClaimForm(forms.Form):
    """A card handed out in a store, and what proves that one holds it."""

    number = forms.CharField(
        label=gettext_lazy("Card number"),
        max_length=40,
        widget=forms.TextInput(attrs={**NO_FILL, "inputmode": "numeric", "class": "num", "autofocus": True}),
    )
    proof = forms.CharField(
        label=gettext_lazy("Code on the card, or number of a receipt"),
        help_text=gettext_lazy("The code is under the film. Or take a receipt for which this card was scanned."),
        max_length=80,
        widget=forms.TextInput(attrs={**NO_FILL, "class": "num"}),
    )


@require_safe
@never_cache
@doors.for_members
def show(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The card's codes over the whole screen, for the till, and the code of the moment to spend with."""
    page = cards.page_of(visit, request.GET.get("card", ""))
    return doors.page(request, "portal/card.html", visit, {"card": page, "code": page.code, "tab": "card"})


@require_safe
@never_cache
@doors.for_members
def code(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The code of the moment alone, for a page that refreshes itself."""
    page = cards.page_of(visit, request.GET.get("card", ""))
    return doors.page(request, "portal/_code.html", visit, {"card": page, "code": page.code})


@require_safe
@doors.for_members
def index(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Every card of the member: which work, which are blocked."""
    return doors.page(
        request, "portal/cards.html", visit, {"cards": cards.mine(visit), "wallet": cards.has_wallet(), "tab": "me"}
    )


@require_http_methods(["GET", "POST"])
@doors.for_members
def lost(request: HttpRequest, visit: queries.Visit, card_id: int) -> HttpResponse:
    """Lost or stolen: blocked at once, with a new number in its place."""
    card = cards.one_of(visit, card_id)
    if request.method != "POST":
        return doors.page(request, "portal/card_lost.html", visit, {"card": people.card_row(card), "tab": "card"})
    reason = request.POST.get("reason", "")
    if reason not in (use_cases.LOST, use_cases.STOLEN):
        raise Http404
    try:
        use_cases.lose(card=card, reason=reason, now=visit.now, by=f"member:{visit.public_id}")
    except CardNotActive:
        messages.warning(request, _("This card was blocked already. Your points are safe."))
    else:
        messages.success(request, _("The old card is blocked. Your points are safe; this is your new card."))
    return redirect("portal:card")


@require_http_methods(["GET", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """I have a card: a member has it at once, somebody else joins first."""
    program = doors.program_of(request)
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        cards.keep_claim(request.session, program.code, typed["number"], typed["proof"])
        return redirect("portal:claim_done")
    values = {"form": form, "brand": queries.brand_of(program)}
    return render(request, "portal/claim.html", values, status=422 if form.is_bound else 200)


@require_safe
def claim_done(request: HttpRequest) -> HttpResponse:
    """Bind the card that waits in the session. Acts only on what this session itself asked for."""
    program = doors.program_of(request)
    waiting = cards.kept_claim(request.session, program.code)
    visit = queries.visit_of(request.user, program, datetime.now(UTC))
    if waiting is None:
        return redirect("portal:home")
    if visit is None:
        messages.success(request, _("First your name and your address; then the card is yours."))
        return redirect("portal:join")
    cards.forget_claim(request.session)
    return _claimed(request, visit, *waiting)


def _claimed(request: HttpRequest, visit: queries.Visit, number: str, proof: str) -> HttpResponse:
    try:
        handed_out.claim(
            membership_id=visit.membership_id, number=number, proof=proof, now=visit.now, by=f"member:{visit.public_id}"
        )
    except handed_out.NotClaimed:
        messages.error(request, cards.not_claimed())
        return redirect("portal:claim")
    except proofs.TooManyTries:
        messages.error(request, _("Too many tries. Wait a quarter of an hour, or ask at the desk of a store."))
        return redirect("portal:cards")
    messages.success(request, _("The card is yours, with what was bought with it."))
    return redirect("portal:cards")
