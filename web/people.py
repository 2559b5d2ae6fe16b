"""A member as both doors show her: name, contact, cards, the latest answer to each question; and their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import phonenumbers
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from members import consents
from members.models import Card, Membership
from programs.models import Store
from values import texts

STATUSES = {
    "pending": pgettext_lazy("membership", "waiting"),
    "active": pgettext_lazy("membership", "active"),
    "suspended": pgettext_lazy("membership", "suspended"),
    "closed": pgettext_lazy("membership", "closed"),
}
CARD_STATUSES = {
    "blank": pgettext_lazy("card", "blank"),
    "active": pgettext_lazy("card", "active"),
    "blocked": pgettext_lazy("card", "blocked"),
    "replaced": pgettext_lazy("card", "replaced"),
}
KINDS = {"virtual": _("on the phone"), "physical": _("plastic"), "pass": _("phone wallet")}
CHANNELS = {
    "web": _("web"),
    "store": _("store"),
    "phone": _("phone"),
    "post": _("post"),
    "partner": _("partner"),
    "replication": _("another system"),
    "email": _("E-mail"),
    "sms": _("SMS"),
}
PURPOSES = {"marketing": _("Offers"), "profiling": _("Offers chosen for me")}


@dataclass(frozen=True)
class CardRow:
    number: str
    status: str
    status_label: str
    kind_label: str
    issued_at: datetime


@dataclass(frozen=True)
class ConsentRow:
    label: str
    granted: bool
    at: datetime


@dataclass(frozen=True)
class Person:
    """A membership and who holds it; `store` and the labels are in the language being spoken."""

    public_id: str
    name: str
    email: str
    email_verified: bool
    phone: str
    birth_date: date | None
    language: str
    number: str
    status: str
    status_label: str
    channel_label: str
    joined_at: datetime
    store: str
    cards: list[CardRow]
    consents: list[ConsentRow]

    @property
    def card_number(self) -> str:
        """What a till reads: the newest active card, else the member's number."""
        return next((card.number for card in self.cards if card.status == "active"), self.number)


def person_of(membership_id: int) -> Person:
    """Everything known of a membership, in four queries."""
    row = Membership.objects.select_related("member", "home_store").get(pk=membership_id)
    member, store = row.member, row.home_store
    return Person(
        public_id=row.public_id,
        name=str(member),
        email=member.email,
        email_verified=member.email_verified_at is not None,
        phone=member.phone,
        birth_date=member.birth_date,
        language=member.language,
        number=row.number,
        status=row.status,
        status_label=label(STATUSES, row.status),
        channel_label=label(CHANNELS, row.channel),
        joined_at=row.joined_at,
        store=store_name(store),
        cards=[card_row(card) for card in row.cards.order_by("-issued_at", "-pk")],
        consents=[
            ConsentRow(
                ", ".join(filter(None, (label(PURPOSES, answer.purpose), label(CHANNELS, answer.channel)))),
                answer.granted,
                answer.at,
            )
            for answer in consents.latest(member.pk)
        ],
    )


def card_row(card: Card) -> CardRow:
    return CardRow(card.number, card.status, label(CARD_STATUSES, card.status), label(KINDS, card.kind), card.issued_at)


def written_phone(phone: str) -> str:
    """A phone as one dials it from abroad, in groups."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(phone), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return phone


def store_name(store: Store | None) -> str:
    """A store in the language being spoken; empty for none."""
    return texts.in_language(store.names, get_language() or "en", store.code) if store else ""


def label(words: Mapping[str, object], code: str) -> str:
    """The word for a code in the language being spoken; a code without one speaks for itself."""
    return str(words.get(code, code))
