"""What a member asked for, as she reads it: her requests with their state, and the words meant for her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from care import policies, words
from care.models import Case, CaseEvent, CaseFile
from portal.queries import Visit, today_of
from web.uploads import FilesField

SHOWN = 50
_HERS = ("opened", "message", "asked", "reply", "solved", "refused", "reopened")
_TYPES = [
    ("missing_points", gettext_lazy("Points are missing")),
    ("wrong_points", gettext_lazy("Points are wrong")),
    ("reward_not_received", gettext_lazy("A reward did not arrive")),
    ("lost_card", gettext_lazy("My card")),
    ("address", gettext_lazy("My contact or address")),
    ("other", pgettext_lazy("request", "Something else")),
]


@dataclass(frozen=True)
class Asked:
    """A request in a list. `due_on` while it is worked on; `late` when that day has passed."""

    id: int
    type: str
    state: str
    mark: str
    asked_at: datetime
    due_on: date | None
    late: bool


@dataclass(frozen=True)
class Said:
    """One step of a request: what happened, in words for the member, and what was written."""

    at: datetime
    what: str
    words: str
    ours: bool


@dataclass(frozen=True)
class Request:
    """A request whole."""

    asked: Asked
    receipt: str
    said: list[Said]
    files: list[CaseFile]
    lives: bool
    waits: bool


class NewForm(forms.Form):
    """A request: what it is about, in the member's words, with pictures."""

    type = forms.ChoiceField(label=gettext_lazy("What is it about?"), choices=_TYPES)
    receipt = forms.CharField(
        label=gettext_lazy("Number of the receipt"), required=False, max_length=200,
        help_text=gettext_lazy("Printed at its foot."),
        widget=forms.TextInput(attrs={"class": "num", "autocomplete": "off"}),
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("What happened?"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )
    files = FilesField(label=gettext_lazy("Pictures of the receipt"))  # type: ignore[assignment]


class ReplyForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Your answer"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    files = FilesField(label=gettext_lazy("Pictures"))  # type: ignore[assignment]

    def __init__(self, *args: Any, lives: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not lives:  # opened again by words; pictures can be added then
            del self.fields["files"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("words", "").strip() and not said.get("files"):
            self.add_error("words", _("Write a sentence, or add a picture."))
        return said


def of_member(visit: Visit) -> list[Asked]:
    """Everything asked for, the newest first."""
    rows = Case.objects.filter(membership_id=visit.membership_id).order_by("-opened_at")
    return [_asked(row, today_of(visit)) for row in rows[:SHOWN]]


def one(visit: Visit, case_id: int) -> Request | None:
    """A request of this member; None when it is somebody else's or does not exist. Notes of staff are not read."""
    row = Case.objects.filter(membership_id=visit.membership_id, pk=case_id).first()
    if row is None:
        return None
    events = CaseEvent.objects.filter(case=row, what__in=_HERS).order_by("at", "pk")
    return Request(
        asked=_asked(row, today_of(visit)),
        receipt=row.receipt,
        said=[_said(event) for event in events],
        files=list(row.files.filter(removed_at=None).order_by("pk")),
        lives=row.state in policies.LIVING,
        waits=row.state == Case.State.WAITING,
    )


def _asked(row: Case, today: date) -> Asked:
    states = {
        "open": pgettext("request", "under way"),
        "waiting": pgettext("request", "waits for you"),
        "solved": pgettext("request", "solved"),
        "refused": pgettext("request", "refused"),
        "reopened": pgettext("request", "under way again"),
    }
    lives = row.state in policies.LIVING
    return Asked(
        id=row.pk,
        type=words.label(
            dict(_TYPES) | {"leaving": words.TYPES["leaving"], "opinion": words.TYPES["opinion"]}, row.type
        ),
        state=states[row.state],
        mark=words.MARKS[row.state],
        asked_at=row.opened_at,
        due_on=row.due_on if lives else None,
        late=lives and row.due_on < today,
    )


def _said(event: CaseEvent) -> Said:
    told = {
        "opened": _("You asked us"),
        "message": _("We wrote to you"),
        "asked": _("We ask you"),
        "reply": _("You answered"),
        "solved": _("Solved"),
        "refused": _("We cannot do it"),
        "reopened": _("Opened again"),
    }
    if event.what == CaseEvent.What.SOLVED:
        told["solved"] = {
            "receipt": _("Solved: the receipt is yours"), "land": _("Solved: the receipt is yours"),
            "adjust": _("Solved: your points were put right"), "card": _("Solved: you have a new card"),
            "refund": _("Solved: your points came back"),
        }.get(event.data.get("outcome", ""), told["solved"])  # fmt: skip
    ours = event.what in ("message", "asked", "solved", "refused")
    return Said(event.at, told[event.what], event.words, ours)
