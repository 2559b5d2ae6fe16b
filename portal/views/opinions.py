from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audit import clock
from care import opinions
from care.models import Opinion
from care.refusals import Refused
from members import merging
from members.models import Membership
from portal import doors, queries


class RatingForm(forms.Form):
    """From 0 to 10, and words if one likes."""

    rating = forms.TypedChoiceField(
        label=gettext_lazy("Would you recommend this store?"), coerce=int, widget=forms.RadioSelect,
        choices=[(number, str(number)) for number in range(11)],
        help_text=gettext_lazy("0: certainly not. 10: certainly."),
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("What should we know?"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@doors.for_members
def receipt(request: HttpRequest, visit: queries.Visit, activity_id: int) -> HttpResponse:
    """What the member thinks of a receipt; said again, it is changed."""
    found = queries.receipt_of(visit, activity_id)
    if found is None:
        raise Http404
    before = opinions.of_receipt(visit.membership_id, activity_id)
    form = _form(request, before)
    if request.method == "POST" and form.is_valid():
        membership = Membership.objects.get(pk=visit.membership_id)
        if _give(form, membership, activity_id, "web", visit.now, f"member:{visit.public_id}"):
            messages.success(request, _("Thank you. We read every opinion."))
            return redirect("portal:receipt", activity_id)
    values = {"form": form, "receipt": found, "activity_id": activity_id, "before": before, "tab": "activity"}
    answer = doors.page(request, "portal/opinion.html", visit, values)
    answer.status_code = 422 if form.is_bound else 200
    return answer


@require_http_methods(["GET", "POST"])
def linked(request: HttpRequest, token: str) -> HttpResponse:
    """The same from a signed link in a message, without signing in; it shows nothing of the receipt or the member."""
    program, now = doors.program_of(request), clock.now()
    named = opinions.named_by(token)
    membership = _bearer(program, named[0]) if named else None
    if named is None or membership is None:
        raise Http404
    form = _form(request, None)
    done = False
    if request.method == "POST" and form.is_valid():
        done = _give(form, membership, named[1], "link", now, f"member:{membership.public_id}")
    values = {"form": form, "done": done, "brand": queries.brand_of(program)}
    status = 422 if form.is_bound and not done else 200
    return render(request, "portal/opinion_linked.html", values, status=status)


def _bearer(program: Any, membership_id: int) -> Membership | None:
    """Whose link it is now: a membership may have been merged since; whoever left is asked nothing more."""
    rows = Membership.objects.select_related("merged_into")
    named = rows.filter(pk=membership_id, program=program).first()
    standing = merging.standing_for(named) if named else None
    return standing if standing and standing.status != Membership.Status.CLOSED else None


def _form(request: HttpRequest, before: Opinion | None) -> RatingForm:
    initial = {"rating": before.rating, "words": before.words} if before else None
    return RatingForm(request.POST or None, initial=initial)


def _give(form: RatingForm, membership: Membership, activity_id: int, channel: str, now: datetime, by: str) -> bool:
    """Keep the opinion; False with the reason said on the form."""
    said = form.cleaned_data
    try:
        opinions.give(
            membership=membership, rating=said["rating"], words=said["words"], channel=channel,
            activity_id=activity_id, now=now, by=by,
        )  # fmt: skip
    except Refused as refused:
        form.add_error(None, refused.told)
        return False
    return True
