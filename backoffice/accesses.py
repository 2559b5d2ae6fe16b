"""Reading the access log: who opened which member, why, when; members within the auditor's own scopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import access
from audit.models import AccessEvent
from backoffice import staff_names
from backoffice.doors import Desk
from identity import rights
from identity.models import User
from members import queries as members
from members.models import Membership

ACTION = "access.see"
PAGES = {
    "member": gettext_lazy("Member"),
    **dict.fromkeys(("member_cards", "card_receipts"), gettext_lazy("Cards")),
    "person": gettext_lazy("Name"),
    "likes": gettext_lazy("Tastes"),
    "consents": gettext_lazy("Consents"),
    **dict.fromkeys(("contact", "contact_code", "contact_address", "contact_change"), gettext_lazy("Contact")),
    "suspend": gettext_lazy("Suspend"),
    "close": gettext_lazy("Close the membership"),
    "data": gettext_lazy("The member's data"),
    **dict.fromkeys(("household", "household_split"), gettext_lazy("Household")),
    **dict.fromkeys(("twins", "merge", "unmerge"), gettext_lazy("Merge")),
    "floor": gettext_lazy("Tier floor"),
    **dict.fromkeys(("case", "case_new", "case_file", "outcome"), gettext_lazy("Case")),
    "adjust": gettext_lazy("Adjust"),
    "approval": gettext_lazy("Approval"),
    **dict.fromkeys(("opinion", "opinion_new"), gettext_lazy("Opinion")),
    "freeze": gettext_lazy("Pots frozen or released"),
    "till": gettext_lazy("Till"),
    "conflict": gettext_lazy("Question from another system"),
    access.SEARCH: gettext_lazy("among others in a list"),
}
"""What the pages are called on which somebody is opened; a page without a name here has its address's."""
SHOWN = 100
EXPORTED = 20_000
DAYS = 30


@dataclass(frozen=True)
class Access:
    """One opening; `public_id` is empty where the auditor may not open the member herself."""

    at: datetime
    who: str
    public_id: str
    whom: str
    number: str
    page: str
    purpose: str


class FilterForm(forms.Form):
    """Who, whom, since and until when; everything may be left open. Names that lists showed are left out unless they
    are asked for: there are many."""

    who = forms.CharField(label=gettext_lazy("Who (e-mail or name)"), max_length=254, required=False)
    whom = forms.CharField(label=gettext_lazy("Member number"), max_length=32, required=False)
    since = forms.DateField(
        label=gettext_lazy("From day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("To day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    shown = forms.BooleanField(label=gettext_lazy("Names in lists, too"), required=False)

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data or {}, auto_id="filter_%s")


def accesses_of(desk: Desk, form: FilterForm, limit: int) -> list[Access]:
    """The openings the filter asks for, the latest first, of members this person may audit; at most `limit`."""
    said = form.cleaned_data if form.is_valid() else {}
    zone = desk.formats.zone
    last = said.get("until") or desk.now.astimezone(zone).date()
    first = said.get("since") or last - timedelta(days=DAYS)
    since, until = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    rows = access.events(since=since, until=until)
    seen = Membership.objects.filter(members.in_scopes(rights.scopes(desk.user, ACTION)), program=desk.program)
    if said.get("whom"):
        seen = seen.filter(number__iexact=said["whom"].strip())
    rows = rows.filter(membership_id__in=seen.values("pk"))
    if not said.get("shown"):
        rows = rows.exclude(page=access.SEARCH)
    if said.get("who"):
        rows = rows.filter(actor__in=_actors(said["who"].strip()))
    return _told(desk, list(rows[:limit]))


def _actors(text: str) -> list[str]:
    found = User.objects.filter(email__iexact=text) | User.objects.filter(staff__display_name__icontains=text)
    return [f"user:{pk}" for pk in found.values_list("pk", flat=True).distinct()[:200]]


def _told(desk: Desk, rows: list[AccessEvent]) -> list[Access]:
    names = staff_names.of(row.actor for row in rows)
    there = Membership.objects.select_related("member").in_bulk({row.membership_id for row in rows})
    openable = set(
        members.visible(desk.program, rights.scopes(desk.user, "members.see"))
        .filter(pk__in=there).values_list("pk", flat=True)
    )  # fmt: skip
    return [_one(row, names[row.actor], there.get(row.membership_id), openable) for row in rows]


def _one(row: AccessEvent, who: str, membership: Any, openable: set[int]) -> Access:
    return Access(
        at=row.at,
        who=who,
        public_id=membership.public_id if membership and membership.pk in openable else "",
        whom=str(membership.member) if membership else "",
        number=membership.number if membership else str(row.membership_id),
        page=str(PAGES.get(row.page, row.page)),
        purpose=purpose_label(row.purpose),
    )


def purpose_label(purpose: str) -> str:
    """Why a member was opened, in words."""
    words = {access.DESK: _("at the desk"), access.CALL: _("at the telephone"), access.TILL: _("at the till")}
    return words.get(purpose, purpose)
