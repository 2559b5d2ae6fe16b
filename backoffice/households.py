"""A member's household at the desk: who is in it, inviting for them, letting go, parting the pot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import opening
from backoffice.doors import Desk
from backoffice.merging import reason_of as reason_of_merging
from earning import shared
from members import households, inviting, policies, seats, splitting
from members.models import Household, Membership
from members.refusals import Refused
from web import pots
from web.pots import Pot, Unit


@dataclass(frozen=True)
class Sitter:
    membership_id: int
    public_id: str
    name: str
    number: str
    since: datetime
    is_head: bool
    gave: str


@dataclass(frozen=True)
class HouseholdPage:
    """`household` null: in none; `left` is then the one she left last, of which she may still be given a part."""

    membership: Membership
    household: Household | None
    left: Household | None
    most: int
    pots: list[Pot]
    sitters: list[Sitter]
    asked: list[Any]


class InviteForm(forms.Form):
    to = forms.CharField(label=gettext_lazy("E-mail address or member number"), max_length=254)


class SplitForm(forms.Form):
    """A part of each pot, as it is written, or a share of all; and why."""

    percent = forms.IntegerField(
        label=gettext_lazy("Share in percent"), min_value=1, max_value=100, required=False,
        help_text=gettext_lazy("Of what can be spent now, rounded down. Leave it empty to say amounts."),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, units: list[Unit], data: Any = None) -> None:
        super().__init__(data)
        self.units = units
        for unit in units:
            self.fields[f"amount_{unit.id}"] = forms.DecimalField(
                label=unit.name, min_value=Decimal(0), required=False, decimal_places=unit.scale
            )
        self.order_fields(["percent", *(f"amount_{unit.id}" for unit in units), "reason"])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if not self.errors and not said.get("percent") and not self.amounts():
            raise forms.ValidationError(_("Say a share or an amount."))
        return said

    def amounts(self) -> dict[int, int]:
        """Smallest units by currency."""
        told = {unit: self.cleaned_data.get(f"amount_{unit.id}") for unit in self.units}
        return {unit.id: int(amount.scaleb(unit.scale)) for unit, amount in told.items() if amount}


@dataclass(frozen=True)
class Share:
    """Of one pot: what goes to whoever leaves, and what stays; `field` and `value` say the part again in a form."""

    name: str
    given: str
    stays: str
    field: str
    value: str


def shares_of(desk: Desk, household: Household, form: SplitForm) -> list[Share]:
    """Who gets what, before it is done. Raises splitting.NotSplit."""
    units = {unit.id: unit for unit in form.units}
    parts = splitting.foreseen(
        household=household, amounts=form.amounts(), percent=form.cleaned_data["percent"] or 0, now=desk.now
    )
    return [
        Share(
            name=unit.name, given=unit.write(desk.formats, part.given), stays=unit.write(desk.formats, part.stays),
            field=f"amount_{unit.id}", value=str(Decimal(part.given).scaleb(-unit.scale)),
        )
        for part in parts
        if (unit := units.get(part.currency_id)) is not None
    ]  # fmt: skip


def page_of(desk: Desk, row: Membership) -> HouseholdPage:
    """What the page shows. One's own account and household are not there."""
    if policies.acts_on_self(desk.user, row.member_id):
        raise Http404
    household = seats.household_of(row.pk)
    left = None if household else seats.last_household_of(row.pk)
    units = pots.units_of(desk.program.pk)
    shown = household or left
    return HouseholdPage(
        membership=row,
        household=household,
        left=left if left and left.dissolved_at is None else None,
        most=seats.most_of(desk.program),
        pots=pots.pots_of(shown.holder_id, units.values(), desk.formats, desk.now) if shown else [],
        sitters=_sitters(desk, household, units) if household else [],
        asked=inviting.open_of(household, desk.now) if household else [],
    )


def units_to_part(desk: Desk) -> list[Unit]:
    return [unit for unit in pots.units_of(desk.program.pk).values() if unit.kind != "status"]


def reason_of(desk: Desk, refused: Refused) -> str:
    """A refusal in words for the desk."""
    if isinstance(refused, splitting.NotSplit):
        unit = pots.units_of(desk.program.pk)[refused.currency_id]
        available = unit.write(desk.formats, refused.available)
        return _("%(name)s: only %(available)s can be given now.") % {"name": unit.name, "available": available}
    words: dict[type[Refused], str] = {
        households.HouseholdFull: _("The household is full: somebody leaves first."),
        households.HouseholdGone: _("This household is no more."),
        households.InAHousehold: _("The member is in another household by now."),
        households.NotInIt: _("The member is not in this household."),
        households.NotActive: _("The membership is not active."),
        households.NotAnAdult: _("Only an adult heads a household and invites into it."),
        households.NoHouseholds: _("This program has no households."),
        inviting.TooManyInvitations: _("Many are invited already: wait for answers, or take one back."),
        inviting.InvitationOver: _("This invitation is no longer open."),
    }
    return words.get(type(refused), "") or reason_of_merging(refused)


def _sitters(desk: Desk, household: Household, units: dict[int, Unit]) -> list[Sitter]:
    parts, sitting = shared.parts_of(household, desk.now), list(seats.seats_of(household))
    opening.showed(desk, [seat.membership.pk for seat in sitting])
    found = []
    for seat in sitting:
        mine = [part for part in parts if part.membership_id == seat.membership.pk and part.currency_id in units]
        gave = [
            units[part.currency_id].write(desk.formats, part.brought + part.earned)
            for part in mine
            if units[part.currency_id].kind != "status" and part.brought + part.earned
        ]
        found.append(
            Sitter(
                seat.membership.pk, seat.membership.public_id, str(seat.membership.member), seat.membership.number,
                seat.from_at, seat.is_head, ", ".join(gave),
            )
        )  # fmt: skip
    return found
