from collections.abc import Mapping
from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from backoffice import case_forms, doors, opening, voices
from care import opinions, receipts
from care.models import Opinion
from care.refusals import Refused
from members.models import Membership
from members.policies import OwnAccount
from programs import queries as programs
from programs.models import Store
from values import periods
from web import people


@require_safe
@doors.for_staff("opinions.see")
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """What was said, by state, and the score of each store."""
    state = request.GET.get("state", "")
    state = state if state in Opinion.State.values else Opinion.State.NEW
    page = int(request.GET["page"]) if request.GET.get("page", "").isdecimal() else 1
    days = request.GET.get("days", "")
    chosen = int(days) if days.isdecimal() and int(days) in voices.PERIODS else voices.PERIODS[1]
    rows, more = voices.queue(desk, state, max(1, min(page, 1000)))
    stores, whole = voices.scores(desk, chosen)
    values = {
        "rows": rows, "more": more, "state": state, "next": page + 1, "stores": stores, "whole": whole,
        "days": chosen, "periods": voices.PERIODS, "place": "opinions",
    }  # fmt: skip
    return doors.page(request, "backoffice/opinions.html", desk, values)


@require_http_methods(["GET", "POST"])
@doors.for_staff("opinions.see")
def show(request: HttpRequest, desk: doors.Desk, opinion_id: int) -> HttpResponse:
    """One opinion: answer it, or lay it aside."""
    row, voice = voices.one(desk, opinion_id)
    may_work = desk.may("cases.work", voices.place_of(row))
    form = case_forms.WordsForm(request.POST or None) if may_work else None
    if request.method == "POST" and form is not None:
        closes = request.POST.get("act") == "close"
        if closes or form.is_valid():
            try:
                if closes:
                    opinions.close(opinion_id=opinion_id, now=desk.now, by=desk.actor)
                    messages.success(request, _("Laid aside."))
                else:
                    words = form.cleaned_data["words"]
                    opinions.answer(opinion_id=opinion_id, words=words, now=desk.now, by=desk.actor)
                    messages.success(request, _("Answered. The member is told."))
                return redirect("backoffice:opinions")
            except Refused as refused:
                form.is_valid()
                form.add_error(None, refused.told)
            except OwnAccount:
                form.is_valid()
                form.add_error(None, _("Nobody acts on their own account. Ask a colleague."))
    values = {"voice": voice, "form": form, "place": "opinions"}
    return doors.page(request, "backoffice/opinion.html", desk, values, status=422 if form and form.errors else 200)


class SaidForm(forms.Form):
    """An opinion told at a desk or on the telephone."""

    rating = forms.TypedChoiceField(
        label=gettext_lazy("From 0 to 10, would the member recommend the store?"), coerce=int,
        choices=[("", "–"), *((number, number) for number in range(10, -1, -1))],  # nobody's rating is a default
    )  # fmt: skip
    store = forms.ChoiceField(label=gettext_lazy("Store"))
    on = forms.DateField(
        label=gettext_lazy("Day of the visit"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    receipt = forms.CharField(
        label=gettext_lazy("Number of the receipt"), required=False, max_length=200,
        help_text=gettext_lazy("Where there is one: the opinion is about it then, and not about the day alone."),
        widget=forms.TextInput(attrs={"class": "num", "autocomplete": "off"}),
    )  # fmt: skip
    channel = forms.ChoiceField(label=gettext_lazy("How was it said?"), choices=case_forms.CHANNELS)
    words = forms.CharField(
        label=gettext_lazy("In the member’s words"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@doors.for_staff("cases.work")
def new(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """Write down what a member says of a visit."""
    membership = opening.opened(desk, public_id, action="cases.work")
    today = periods.day_of(desk.now, desk.market.timezone)
    home = membership.home_store.code if membership.home_store else None
    form = SaidForm(request.POST or None, initial={"on": today, "channel": "phone", "store": home})
    stores = {row.code: row for row in Store.objects.filter(banner__programs=desk.program).order_by("code")}
    known = {row.code for row in programs.stores_of(desk.program.pk)}
    form.fields["store"].choices = [  # type: ignore[attr-defined]
        (code, people.store_name(row)) for code, row in stores.items() if code in known
    ]
    if request.method == "POST" and form.is_valid() and _keep(form, membership, stores, today, desk):
        messages.success(request, _("The opinion is kept."))
        return redirect("backoffice:member", public_id)
    values = {"form": form, "membership": membership, "place": "opinions"}
    return doors.page(request, "backoffice/opinion_new.html", desk, values, status=422 if form.is_bound else 200)


def _keep(form: SaidForm, membership: Membership, stores: Mapping[str, Store], today: date, desk: doors.Desk) -> bool:
    """Keep what was said, of the receipt where its number is known; False with the reason on the form."""
    said = form.cleaned_data
    try:
        opinions.give(
            membership=membership, rating=said["rating"], words=said["words"], channel=said["channel"],
            activity_id=receipts.hers(membership, said["receipt"]) if said["receipt"] else None,
            store=stores[said["store"]], occurred_on=min(said["on"], today), now=desk.now, by=desk.actor,
        )  # fmt: skip
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.told)
        return False
    except OwnAccount:
        form.add_error(None, _("Nobody acts on their own account. Ask a colleague."))
        return False
    return True
