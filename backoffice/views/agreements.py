"""Who a member is, what she likes and what she agreed to, written down at the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from backoffice import doors, persons
from backoffice.views.persons import editing, page
from identity import rights
from members import agreeing, preferring
from members import queries as members
from members.models import Membership
from members.refusals import NotOffered, Refused, TooYoung
from web import agreements
from web.person_forms import LikesForm, PersonForm

WORDING = "desk-preferences-1"
"""Version of the sentences read out at the desk; the way they were answered stands behind it."""


class HowForm(forms.Form):
    how = forms.ChoiceField(
        label=gettext_lazy("How did the member say it?"),
        choices=[
            ("screen", gettext_lazy("On this screen, turned to the customer")),
            ("paper", gettext_lazy("On paper, signed")),
            ("phone", gettext_lazy("On the telephone")),
        ],
        widget=forms.RadioSelect,
    )


@require_http_methods(["GET", "POST"])
@editing("members.edit")
def person(request: HttpRequest, desk: doors.Desk, row: Membership) -> HttpResponse:
    """Name, date of birth, language, with a reason."""
    form = PersonForm(row, request.POST or None, mend=True)
    form.fields["reason"] = persons.ReasonForm.base_fields["reason"]
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            preferring.change_person(
                membership=row, first_name=said["first_name"], last_name=said["last_name"],
                birth_date=said["birth_date"], language=said["language"],
                hand=persons.hand_of(desk, said["reason"]), now=desk.now, mend_birth=True,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, _words(refused))
        else:
            messages.success(request, _("It is kept."))
            return redirect("backoffice:member", row.public_id)
    return page(request, desk, row, "backoffice/person.html", form)


@require_http_methods(["GET", "POST"])
@editing("members.edit")
def likes(request: HttpRequest, desk: doors.Desk, row: Membership) -> HttpResponse:
    """What the member says she likes, and her store. A store that gives her to another one sees her no more."""
    form = LikesForm(row, request.POST or None)
    if form.is_bound and form.is_valid():
        said, hand = form.cleaned_data, persons.hand_of(desk, "")
        if "tastes" in form.fields:
            preferring.choose_tastes(membership=row, codes=said["tastes"], hand=hand, now=desk.now)
        if said["store"] and not form.fields["store"].disabled:
            preferring.choose_store(membership=row, code=said["store"], hand=hand, now=desk.now)
        messages.success(request, _("It is kept."))
        still = members.by_public_id(desk.program, row.public_id, rights.scopes(desk.user, "members.see"))
        return redirect("backoffice:member", row.public_id) if still else redirect("backoffice:home")
    return page(request, desk, row, "backoffice/likes.html", form)


@require_http_methods(["GET", "POST"])
@editing("members.consents")
def consents(request: HttpRequest, desk: doors.Desk, row: Membership) -> HttpResponse:
    """The preference centre at the desk: what was said, and how it was said."""
    form = HowForm(request.POST or None)
    if form.is_bound and form.is_valid():
        changed = agreeing.answer(
            membership=row, yes=request.POST.getlist("yes"), source=_source(form.cleaned_data["how"]),
            wording=f"{WORDING}-{form.cleaned_data['how']}", now=desk.now, by=desk.actor,
        )  # fmt: skip
        messages.success(request, _("It is kept, from now on.") if changed else _("Nothing was changed."))
        return redirect("backoffice:member", row.public_id)
    purposes: list[Any] = agreements.purposes_of(agreeing.standings(row))
    return page(request, desk, row, "backoffice/consents.html", form, purposes=purposes)


def _source(how: str) -> str:
    return {"screen": "store", "paper": "paper"}.get(how, "phone")


def _words(refused: Refused) -> str:
    if isinstance(refused, TooYoung):
        return _("Members are %(age)s or older.") % {"age": refused.minimum}
    if isinstance(refused, NotOffered):
        return _("The program does not take this here.")
    return str(refused)
