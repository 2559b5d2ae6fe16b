"""Me: who I am, what I like, what I agreed to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members import agreeing, preferring
from members.history import Hand
from members.refusals import NotOffered, Refused, TooYoung
from portal import contacts, doors, queries
from web import agreements
from web.person_forms import LikesForm, PersonForm


@require_http_methods(["GET", "POST"])
@doors.for_members
def profile(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Name, date of birth (once), language of what we write."""
    membership = contacts.membership_of(visit)
    form = PersonForm(membership, request.POST or None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            preferring.change_person(
                membership=membership, first_name=said["first_name"], last_name=said["last_name"],
                birth_date=said.get("birth_date"), language=said["language"], hand=_hand(visit), now=visit.now,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, _words(refused))
        else:
            messages.success(request, _("It is kept."))
            return redirect("portal:profile")
    status = 422 if form.is_bound and form.errors else 200
    values = {"form": form, "birth_date": membership.member.birth_date, "tab": "me"}
    return doors.page(request, "portal/profile.html", visit, values, status=status)


@require_http_methods(["GET", "POST"])
@doors.for_members
def likes(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Tastes of the program's list, and the store that is hers."""
    membership = contacts.membership_of(visit)
    form = LikesForm(membership, request.POST or None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        if "tastes" in form.fields:
            preferring.choose_tastes(
                membership=membership, codes=said["tastes"], hand=_hand(visit), now=visit.now
            )  # fmt: skip
        if said["store"] and not form.fields["store"].disabled:
            preferring.choose_store(membership=membership, code=said["store"], hand=_hand(visit), now=visit.now)
        messages.success(request, _("It is kept."))
        return redirect("portal:likes")
    status = 422 if form.is_bound and form.errors else 200
    return doors.page(request, "portal/likes.html", visit, {"form": form, "tab": "me"}, status=status)


@require_http_methods(["GET", "POST"])
@doors.for_members
def consents(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The preference centre: a toggle for each purpose and channel, with what was said and when."""
    membership = contacts.membership_of(visit)
    if request.method == "POST":
        changed = agreeing.answer(
            membership=membership, yes=request.POST.getlist("yes"), source="web", wording=agreeing.WORDING,
            now=visit.now, by=f"member:{visit.public_id}",
        )  # fmt: skip
        messages.success(request, _("It is kept, from now on.") if changed else _("Nothing was changed."))
        return redirect("portal:consents")
    values = {"purposes": agreements.purposes_of(agreeing.standings(membership)), "tab": "me"}
    return doors.page(request, "portal/consents.html", visit, values)


def _hand(visit: queries.Visit) -> Hand:
    return Hand(by=f"member:{visit.public_id}", door="web")


def _words(refused: Refused) -> str:
    if isinstance(refused, TooYoung):
        return _("The program is open from the age of %(age)s.") % {"age": refused.minimum}
    if isinstance(refused, NotOffered):
        return _("The program does not take this here.")
    return str(refused)
