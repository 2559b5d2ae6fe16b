"""What the page of rewards reads: the vouchers in a member's hands, and what she can take for her points."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from members.models import Membership
from portal.queries import Visit, formats_of, today_of
from rewards import queries as rewards
from rewards import refusals
from values import texts
from web import pots
from web.formats import Formats
from web.pots import Pot, Unit

SOON = timedelta(days=7)


@dataclass(frozen=True)
class Ticket:
    """A voucher in hand: `value` as money is written, `until` the last day it lives; no code when its key is gone."""

    code: str | None
    name: str
    value: str
    until: date | None
    soon: bool


@dataclass(frozen=True)
class Choice:
    """A reward on offer. `price` as it is written; `why_not` is empty when it can be taken. `key` names one taking."""

    code: str
    name: str
    value: str
    price: str
    valid_days: int | None
    left: int | None
    why_not: str
    key: str


@dataclass(frozen=True)
class Shelf:
    pots: list[Pot]
    tickets: list[Ticket]
    within_reach: list[Choice]
    later: list[Choice]


def shelf_of(visit: Visit) -> Shelf:
    """Everything the page shows; what is for other members is not shown at all."""
    language, formats = get_language() or "en", formats_of(visit)
    units = pots.units_of(visit.program_id)
    membership = Membership.objects.select_related("member", "home_store").get(pk=visit.membership_id)
    offered = rewards.choices_of(membership, channel="web", now=visit.now)
    choices = [_choice(choice, units, formats, language) for choice in offered if choice.for_me]
    return Shelf(
        pots=pots.pots_of(visit.holder_id, units.values(), formats, visit.now),
        tickets=tickets_of(visit, formats),
        within_reach=[choice for choice in choices if not choice.why_not],
        later=[choice for choice in choices if choice.why_not],
    )


def tickets_of(visit: Visit, formats: Formats) -> list[Ticket]:
    """The vouchers in hand, those that die first before."""
    names, language = rewards.names_of(visit.program_id), get_language() or "en"
    today = today_of(visit)
    return [
        Ticket(
            code=voucher.code,
            name=texts.in_language(names.get(voucher.reward_code, {}), language, voucher.reward_code),
            value=formats.money(voucher.value, voucher.money, short=True),
            until=voucher.expires_on,
            soon=voucher.expires_on is not None and voucher.expires_on - today <= SOON,
        )
        for voucher in rewards.in_hand(visit.membership_id, visit.now)
    ]


def reason_of(refused: refusals.Refused) -> str:
    """A refusal in the member's words."""
    words: Mapping[type[refusals.Refused], str] = {
        refusals.MembershipClosed: _("Your membership is not active: ask us."),
        refusals.SpendingHeld: _("Your contact has changed: confirm it by the message at the old one."),
        refusals.NotAnAdult: _("Only the adults of a household spend from its pot."),
        refusals.NotOnOffer: _("This reward is no longer on offer."),
        refusals.NotEligible: _("This reward is for other members."),
        refusals.LimitReached: _("You have taken as many as one may."),
        refusals.OutOfStock: _("The last one has just been taken."),
        refusals.BudgetSpent: _("The last one has just been taken."),
        refusals.InsufficientPoints: _("You do not have enough for this yet."),
    }
    return words.get(type(refused), _("This could not be done now. Nothing was taken from you."))


def _choice(choice: rewards.Choice, units: Mapping[int, Unit], formats: Formats, language: str) -> Choice:
    by_code = {unit.code: unit for unit in units.values()}
    return Choice(
        code=choice.code,
        name=texts.in_language(choice.names, language, choice.code),
        value=formats.money(choice.value, choice.money, short=True),
        price=_written(choice.cost, by_code, formats),
        valid_days=choice.valid_days,
        left=choice.left,
        why_not=_why_not(choice, by_code, formats),
        key=str(uuid.uuid4()),
    )


def _why_not(choice: rewards.Choice, units: Mapping[str, Unit], formats: Formats) -> str:
    if choice.left == 0:
        return _("None left for you")
    if choice.missing:
        return _("%(missing)s to go") % {"missing": _written(choice.missing, units, formats)}
    return ""


def _written(amounts: Mapping[str, int], units: Mapping[str, Unit], formats: Formats) -> str:
    """`500`, or `300 + 2,50 €`."""
    return " + ".join(units[code].write(formats, amount) for code, amount in amounts.items() if code in units)
