"""The household of a member, as her pages show it: who is in it, what each put into the pot, who was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from earning import shared
from members import households, inviting, pooling, seats
from members.models import Household, Invitation, Membership
from members.refusals import Refused
from portal.queries import Visit, formats_of
from rewards.refusals import StillHeld
from web import pots
from web.formats import Formats
from web.pots import Pot, Unit


@dataclass(frozen=True)
class Sitter:
    """Somebody in the household. `gave`: what she put into the pot, written; empty for nothing yet."""

    public_id: str
    name: str
    since: datetime
    is_me: bool
    is_head: bool
    is_adult: bool
    gave: str
    brought: str


@dataclass(frozen=True)
class Asked:
    """An invitation: to whom (as typed), or from whom, and until when."""

    public_id: str
    name: str
    until: datetime


@dataclass(frozen=True)
class Page:
    """`sitters` empty: in none. `offered`: whether the program has households at all."""

    offered: bool
    most: int
    pots: list[Pot]
    sitters: list[Sitter]
    am_head: bool
    may_ask: bool
    is_full: bool
    asked: list[Asked]
    waiting: list[Asked]


class InviteForm(forms.Form):
    """Who is asked: an e-mail address or a member number."""

    to = forms.CharField(
        label=gettext_lazy("E-mail address or member number"), max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


def page_of(visit: Visit) -> Page:
    """Everything the page shows."""
    membership = membership_of(visit)
    household = seats.household_of(visit.membership_id)
    sitting = seats.seats_of(household) if household else []
    formats, units = formats_of(visit), pots.units_of(visit.program_id)
    parts = shared.parts_of(household, visit.now) if household else []
    asked = inviting.open_of(household, visit.now) if household else []
    most = seats.most_of(membership.program)
    is_adult = seats.is_adult(membership, visit.now)
    return Page(
        offered=most > 1,
        most=most,
        pots=pots.pots_of(visit.holder_id, units.values(), formats, visit.now) if household else [],
        sitters=[_sitter(seat, visit, parts, units, formats) for seat in sitting],
        am_head=household is not None and household.head_id == visit.membership_id,
        may_ask=is_adult,
        is_full=len(sitting) >= most,
        asked=[Asked(one.public_id, one.sent_to, one.expires_at) for one in asked],
        waiting=[waiting_of(one) for one in inviting.waiting_for(membership, visit.now)] if not household else [],
    )


def membership_of(visit: Visit) -> Membership:
    return Membership.objects.select_related("member", "program").get(pk=visit.membership_id)


def waiting_of(invitation: Invitation) -> Asked:
    return Asked(invitation.public_id, invitation.household.head.member.first_name, invitation.expires_at)


def brings(visit: Visit) -> list[Pot]:
    """What a member would bring: her own pots."""
    units = pots.units_of(visit.program_id)
    return pots.pots_of(visit.holder_id, units.values(), formats_of(visit), visit.now)


def names_in(household: Household) -> list[str]:
    """First names of who sits there, the head first."""
    sitting = sorted(seats.seats_of(household), key=lambda seat: not seat.is_head)
    return [seat.membership.member.first_name or seat.membership.number for seat in sitting]


def household_for(visit: Visit) -> Household | None:
    return seats.household_of(visit.membership_id)


def actor(visit: Visit) -> str:
    return f"member:{visit.public_id}"


def reason_of(refused: Refused) -> str:
    """A refusal in the member's words: a fact, then what to do."""
    words: dict[type[Refused], str] = {
        households.HouseholdFull: _("The household is full: somebody leaves first."),
        households.HouseholdGone: _("This household is no more."),
        households.InAHousehold: _("You are in a household already: leave it first."),
        households.NotActive: _("Your membership is not active: ask us."),
        households.NotAnAdult: _("Only adults invite into a household."),
        households.NoHouseholds: _("This program has no households."),
        households.NotInIt: _("Only who is in the household can do this."),
        inviting.InvitationOver: _("This invitation is no longer open. Ask for another one."),
        inviting.TooManyInvitations: _("Many are invited already. Wait for their answers, or take one back."),
        pooling.PotsFrozen: _("Your points are stopped for now: ask us."),
        pooling.PotsHeld: _("Points are set aside for a reward. Try again in a few minutes."),
        StillHeld: _("Points are set aside for a reward. Try again in a few minutes."),
    }
    return words.get(type(refused), str(refused))


def _sitter(
    seat: seats.Seat, visit: Visit, parts: list[shared.Part], units: dict[int, Unit], formats: Formats
) -> Sitter:  # fmt: skip
    member = seat.membership.member
    mine = [part for part in parts if part.membership_id == seat.membership.pk and _is_spendable(units, part)]
    return Sitter(
        public_id=seat.membership.public_id,
        name=member.first_name or seat.membership.number,
        since=seat.from_at,
        is_me=seat.membership.pk == visit.membership_id,
        is_head=seat.is_head,
        is_adult=seats.is_adult(seat.membership, visit.now),
        gave=_written(mine, units, formats, lambda part: part.brought + part.earned),
        brought=_written(mine, units, formats, lambda part: part.brought),
    )


def _is_spendable(units: dict[int, Unit], part: shared.Part) -> bool:
    return part.currency_id in units and units[part.currency_id].kind != "status"


def _written(parts: list[shared.Part], units: dict[int, Unit], formats: Formats, amount: Any) -> str:
    told = []
    for part in parts:
        unit, number = units[part.currency_id], amount(part)
        if number:
            text = unit.write(formats, number)
            told.append(text if unit.is_cash else f"{text} {unit.counted(number)}")
    return ", ".join(told)
