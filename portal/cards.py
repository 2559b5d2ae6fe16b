"""What the pages of cards read: the member's cards, the code she spends with, what a card knows without network."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from members import policies, spending_codes
from members.models import Card, Membership
from portal.passes import apple, google
from portal.queries import Visit, formats_of
from web import people, pots
from web.pots import Pot

CLAIM_KEY = "pending_claim"
"""Session key: the card and the proof that somebody typed before joining."""


@dataclass(frozen=True)
class Mine:
    """A card of the member. `id` is hers to name it by in addresses."""

    id: int
    row: people.CardRow
    works: bool


@dataclass(frozen=True)
class Code:
    """A one-time code: `digits` as they are read out, `payload` as a till scans card and code at once."""

    digits: str
    payload: str
    until: datetime


@dataclass(frozen=True)
class CardPage:
    """The card at the till. `code` null: the member cannot spend now."""

    number: str
    holder: str
    card_id: int | None
    others: list[Mine]
    code: Code | None


@dataclass(frozen=True)
class Offline:
    """What the phone keeps for a till without network: the card, and what was there at that moment."""

    number: str
    holder: str
    pots: list[Pot]
    at: datetime


def mine(visit: Visit) -> list[Mine]:
    """Every card, the working ones first, newest first."""
    rows = Card.objects.filter(membership_id=visit.membership_id).order_by("-issued_at", "-pk")
    found = [Mine(card.pk, people.card_row(card), card.status == Card.Status.ACTIVE) for card in rows]
    return sorted(found, key=lambda one: not one.works)


def one_of(visit: Visit, card_id: int) -> Card:
    """One of the member's own cards; anybody else's is not there."""
    card = Card.objects.filter(pk=card_id, membership_id=visit.membership_id).first()
    if card is None:
        raise Http404
    return card


def page_of(visit: Visit, chosen: str = "") -> CardPage:
    """The card at the till: the one of `chosen` (its id), else the newest that works."""
    working = [one for one in mine(visit) if one.works]
    shown = next((one for one in working if str(one.id) == chosen), working[0] if working else None)
    number = shown.row.number if shown else visit.number
    return CardPage(
        number=number,
        holder=visit.first_name,
        card_id=shown.id if shown else None,
        others=[one for one in working if one is not shown],
        code=code_of(visit, number) if working else None,
    )


def code_of(visit: Visit, number: str) -> Code | None:
    """The one-time code of this moment; None for who may not spend."""
    membership = Membership.objects.get(pk=visit.membership_id)
    try:
        policies.check_spend(membership, now=visit.now)
    except policies.CannotSpend:
        return None
    shown = spending_codes.shown(visit.membership_id, visit.now)
    digits = shown.digits
    return Code(f"{digits[:3]} {digits[3:]}", f"{number}/{digits}", shown.until)


def has_wallet() -> bool:
    """Whether cards for a phone's wallet are offered at all."""
    return apple.is_configured() or google.is_configured()


def offline_of(visit: Visit) -> Offline:
    units = pots.units_of(visit.program_id)
    held = pots.pots_of(visit.holder_id, units.values(), formats_of(visit), visit.now)
    return Offline(visit.shown_number, visit.first_name, held, visit.now)


def keep_claim(session: MutableMapping[str, Any], program_code: str, number: str, proof: str) -> None:
    """Let a card that is claimed wait until its holder is a member of this program."""
    session[CLAIM_KEY] = {"program": program_code, "number": number, "proof": proof}


def kept_claim(session: MutableMapping[str, Any], program_code: str) -> tuple[str, str] | None:
    """(number, proof) of the claim that waits for this program, or None."""
    waiting = session.get(CLAIM_KEY)
    if not waiting or waiting.get("program") != program_code:
        return None
    return waiting["number"], waiting["proof"]


def forget_claim(session: MutableMapping[str, Any]) -> None:
    session.pop(CLAIM_KEY, None)


def not_claimed() -> str:
    """One sentence for every vain claim: it tells nobody which numbers exist."""
    return _("We found no card to hand out with this number and this proof. Check both, or ask at the desk of a store.")
