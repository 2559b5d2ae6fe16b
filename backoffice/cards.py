"""The cards of the member at the desk: blocked, replaced, found again, and whose the receipts of a blocked one are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activity import attribution, disowning
from backoffice.doors import Desk
from members import cards, policies
from members.models import Card, Membership
from members.refusals import CardNotActive, CardTaken, Refused
from web import movements, people

REMATCHED = 2000
REASONS = [
    ("lost", gettext_lazy("Lost")),
    ("stolen", gettext_lazy("Stolen")),
    ("damaged", gettext_lazy("Damaged, does not scan")),
    ("misused", gettext_lazy("Somebody else uses it")),
]
NO_FILL = {"autocomplete": "off"}


class DeedForm(forms.Form):
    """What is done to one card, and why."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=REASONS)
    number = forms.CharField(
        label=gettext_lazy("New card"),
        help_text=gettext_lazy("Scan a blank card. Left empty, a new number appears on the phone."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={**NO_FILL, "class": "num"}),
    )


class BindForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("One more card"),
        help_text=gettext_lazy("Scan a blank card: both work from now on."),
        max_length=40,
        widget=forms.TextInput(attrs={**NO_FILL, "class": "num"}),
    )


@dataclass(frozen=True)
class Held:
    """A card of the member; `waiting` is how many receipts wait since it was blocked."""

    id: int
    row: people.CardRow
    reason: str
    blocked_at: datetime | None
    waiting: int

    @property
    def works(self) -> bool:
        return self.row.status == Card.Status.ACTIVE

    @property
    def is_blocked(self) -> bool:
        return self.row.status == Card.Status.BLOCKED


@dataclass(frozen=True)
class Receipt:
    """A receipt of a blocked card, to be decided on; `net` in minor units."""

    id: int
    number: str
    at: datetime
    place: str
    net: int
    currency: str


def held_by(membership: Membership) -> list[Held]:
    words = dict(REASONS)
    return [
        Held(
            card.pk, people.card_row(card), str(words.get(card.reason, card.reason)), card.blocked_at,
            len(disowning.waiting(card)) if card.blocked_at else 0,
        )
        for card in membership.cards.order_by("-issued_at", "-pk")
    ]  # fmt: skip


def card_of(membership: Membership, card_id: int) -> Card:
    """One card of the member at the desk; another's is not there."""
    card = membership.cards.select_related("program").filter(pk=card_id).first()
    if card is None:
        raise Http404
    return card


def receipts_of(desk: Desk, card: Card) -> list[Receipt]:
    places = movements.places_of(desk.program.pk)
    return [
        Receipt(one.activity_id, one.external_id, one.occurred_at, places.get(one.store_id or 0, ""), one.net,
                one.currency)
        for one in disowning.waiting(card)
    ]  # fmt: skip


def do(desk: Desk, membership: Membership, act: str, card_id: int | None, typed: Mapping[str, Any]) -> str:
    """Do one thing to one card; what came of it, in words. Raises Refused; 404 for what there is not to do."""
    policies.check_acts_on_another(desk.user, membership.member_id)
    if act == "bind":
        cards.bind(membership=membership, number=typed["number"], now=desk.now, by=desk.actor)
        attribution.rematch(desk.program, desk.now, REMATCHED)
        return _("The card is hers or his from now on.")
    deeds: dict[str, Callable[[Desk, Card, Mapping[str, Any]], str]] = {
        "block": _block, "replace": _replace, "unblock": _unblock,
    }  # fmt: skip
    if act not in deeds or card_id is None:
        raise Http404
    return deeds[act](desk, card_of(membership, card_id), typed)


def decide(desk: Desk, card: Card, member_id: int, answers: Mapping[str, Any]) -> tuple[int, int]:
    """What the page said of each receipt: `receipt-<id>` is "theirs", "others" or nothing yet."""
    policies.check_acts_on_another(desk.user, member_id)
    said = {one.activity_id: answers.get(f"receipt-{one.activity_id}", "") for one in disowning.waiting(card)}
    return disowning.decide(
        card=card, theirs=[one for one, word in said.items() if word == "theirs"],
        others=[one for one, word in said.items() if word == "others"], now=desk.now, by=desk.actor,
    )  # fmt: skip


def reason_of(refused: Refused) -> str:
    """Why nothing was done, in words for the desk."""
    if isinstance(refused, CardTaken):
        return _("This card is in use. Take another one.")
    if isinstance(refused, CardNotActive):
        return _("Somebody was faster: look at the card again.")
    if isinstance(refused, policies.OwnAccount):
        return _("Nobody works on their own account: ask a colleague.")
    return str(refused)


def _block(desk: Desk, card: Card, typed: Mapping[str, Any]) -> str:
    cards.block(card=card, reason=typed["reason"], now=desk.now, by=desk.actor)
    return _("The card is blocked. The points are safe.")


def _replace(desk: Desk, card: Card, typed: Mapping[str, Any]) -> str:
    """A lost card may be found again, so it is only blocked; any other is replaced for good."""
    if typed["reason"] in (cards.LOST, cards.STOLEN) and not typed.get("number") and card.status == Card.Status.ACTIVE:
        cards.lose(card=card, reason=typed["reason"], now=desk.now, by=desk.actor)
    else:
        number = typed.get("number") or ""
        cards.replace(card=card, reason=typed["reason"], now=desk.now, by=desk.actor, number=number)
        attribution.rematch(desk.program, desk.now, REMATCHED)
    return _("The old card is blocked, the new one works. The points are safe.")


def _unblock(desk: Desk, card: Card, typed: Mapping[str, Any]) -> str:
    cards.unblock(card=card, now=desk.now, by=desk.actor)
    attribution.rematch(desk.program, desk.now, REMATCHED)
    return _("The card works again, and what waited for it is counted.")
