"""Leaving the program, coming back, and what people may ask about their own data: what these pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from care.leaving import foreseeing
from care.models import Archive, Erasure
from care.privacy import archives, erasing
from members import closing, rejoining
from members.models import Membership
from portal.queries import Visit, formats_of
from rewards import queries as rewards
from rewards.queries import VoucherRow
from web import farewells

ASKED = ("moved", "unused", "messages", "privacy", "service", "other")


@dataclass(frozen=True)
class LeavePage:
    """`told`: what becomes of the points. `left_at`: since when it is closed; `back_until`: until when the member may
    come back to everything as it was (None: that is over), and then whether she `may_join` anew without staff;
    `vouchers`: what is still in hand afterwards."""

    told: list[str]
    settles_at: datetime
    in_household: bool
    left_at: datetime | None
    back_until: datetime | None
    may_join: bool
    erases_at: datetime | None
    vouchers: list[VoucherRow]


@dataclass(frozen=True)
class DataPage:
    archive: Archive | None
    ready: bool
    erasure: Erasure | None


class WordForm(forms.Form):
    """A word to type before something that hurts. It is told beside the field, in the person's language."""

    word = forms.CharField(
        label=gettext_lazy("The word"), max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, word: str, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.asked = word
        self.fields["word"].label = _("To be sure, type: %(word)s") % {"word": word}

    def clean_word(self) -> str:
        typed = str(self.cleaned_data["word"]).strip().lower()
        if typed != self.asked:
            raise forms.ValidationError(_("Type %(word)s, as it stands here.") % {"word": self.asked})
        return typed


class LeaveForm(WordForm):
    reason = forms.ChoiceField(label=gettext_lazy("Why do you leave?"))
    field_order = ("reason", "word")

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(_("leave"), data)
        field: Any = self.fields["reason"]
        field.choices = [(code, farewells.REASONS[code]) for code in ASKED]
        field.initial = "other"


def erase_form(data: Mapping[str, str] | None = None) -> WordForm:
    return WordForm(_("delete"), data)


def membership_of(visit: Visit) -> Membership:
    return Membership.objects.select_related("program", "member").get(pk=visit.membership_id)


def leave_page(visit: Visit) -> LeavePage:
    row = membership_of(visit)
    foreseen = foreseeing.of(row, visit.now)
    closed = row.status == Membership.Status.CLOSED
    left = closing.latest(row.pk) if closed else None
    under_way = closing.open_closing(row.pk)
    erasure = erasing.asked(visit.member_id)
    return LeavePage(
        told=farewells.of_member(row, formats_of(visit), visit.now) if under_way or not closed else [],
        settles_at=foreseen.settles_at,
        in_household=foreseen.in_household,
        left_at=left.asked_at if left else None,
        back_until=under_way.settles_at if under_way else None,
        may_join=closed and under_way is None and rejoining.may(row),
        erases_at=erasure.erases_at if erasure else None,
        vouchers=rewards.in_hand(row.pk, visit.now) if closed else [],
    )


def data_page(visit: Visit) -> DataPage:
    latest = archives.latest(visit.membership_id)
    ready = latest is not None and latest.state == Archive.State.MADE and (latest.expires_at or visit.now) > visit.now
    return DataPage(latest, ready, erasing.asked(visit.member_id))
