"""Every component on one page, with words and figures of the demo, for those who build and those who judge."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from web import banners, context
from web.climbs import Climb


@dataclass(frozen=True)
class Lot:
    amount: str
    on: date
    soon: bool = False


@dataclass(frozen=True)
class Part:
    points: int
    amount: str
    signed: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Total:
    amount: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Verdict:
    kind: str
    text: str
    detail: str = ""
    missing: str = ""


class Example(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="We send a code, no password is needed.")
    store = forms.ChoiceField(label="Store", choices=[("atl", "Nantes Atlantis"), ("drv", "Drive d’Orvault")])
    offers = forms.BooleanField(label="Receive offers by e-mail", help_text="two a month at most", required=False)
    paper = forms.ChoiceField(
        label="How does she agree?",
        choices=[("screen", "On this screen"), ("paper", "On paper")],
        widget=forms.RadioSelect,
        initial="screen",
    )


def show(request: HttpRequest) -> HttpResponse:
    """The gallery; staff only where DEBUG is off."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    now = datetime(2026, 11, 22, 10, 42, tzinfo=UTC)
    return render(
        request,
        "ui/gallery.html",
        {
            "formats": context.formats_of(now, market="FR", zone="Europe/Paris", currency="EUR"),
            "looks": banners.LOOKS,
            "now": now,
            "lots": [
                Lot("120", date(2026, 11, 30), soon=True),
                Lot("340", date(2027, 1, 31)),
                Lot("780", date(2027, 3, 31)),
            ],
            "climbing": Climb("Silver", "Gold", "€160", 84, date(2026, 12, 31), "Member", soon=True),
            "at_the_top": Climb("Gold", "", "", 100, date(2027, 12, 31), "Silver", soon=False),
            "parts": [
                Part(99, "99", "+99", "1 point per euro, on €99.80.", "The gift card does not count."),
                Part(50, "50", "+50", "Garden counts double at weekends.", "€50.20 of garden, on a Saturday."),
                Part(20, "20", "+20", "First visit of the month."),
            ],
            "total": Total("169", "points, yours on 5 December.", "Two weeks, the time a return may take."),
            "verdicts": [
                Verdict("near", "25 points from €100.", "Your receipt counts €99.80.", "€0.20 short"),
                Verdict("hit", "Garden counts double at weekends."),
                Verdict("other", "Tool week, points doubled.", "It starts on Monday 23 November."),
            ],
            "form": Example({"email": "camille@example", "store": "atl", "offers": "on", "paper": "screen"}),
            "empty_form": Example(auto_id="blank_%s"),
        },
    )
