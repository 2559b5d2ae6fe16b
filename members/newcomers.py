"""Who is to become a member: what a door or a file says of a person, checked and brought to the form we keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from members import contacts, numbers
from members.consents import Answer
from members.models import Card, Membership
from members.refusals import NotOffered, TooYoung
from programs import queries as programs
from programs.models import Program

_CHANNELS = frozenset(Membership.Channel.values)
_STATUSES = frozenset(Membership.Status.values) - {Membership.Status.CLOSED}


@dataclass(frozen=True)
class Newcomer:
    """A person as a door or a file gives them. Everything but the channel may be left out.

    `email_verified_at` is for replicas and joiners who proved the address; `card_number` is a blank card of ours or a
    number issued elsewhere, of `card_kind` and issued at `card_issued_at`; without one a virtual card is issued.
    `joined_at` defaults to now.
    """

    channel: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    email_verified_at: datetime | None = None
    phone: str = ""
    birth_date: date | None = None
    language: str = ""
    market_code: str = ""
    store_code: str = ""
    card_number: str = ""
    member_number: str = ""
    status: str = Membership.Status.ACTIVE
    joined_at: datetime | None = None
    consents: Sequence[Answer] = ()
    card_kind: str = Card.Kind.PHYSICAL
    card_issued_at: datetime | None = None


@dataclass(frozen=True)
class Accepted:
    """A newcomer ready to be written: nothing in it needs another look."""

    first_name: str
    last_name: str
    email: str
    email_verified_at: datetime | None
    phone: str
    birth_date: date | None
    language: str
    market_code: str
    store_id: int | None
    banner_id: int | None
    card_number: str
    member_number: str
    channel: str
    status: str
    joined_at: datetime
    consents: tuple[Answer, ...]
    card_kind: str = Card.Kind.PHYSICAL
    card_issued_at: datetime | None = None


class Desk:
    """Where newcomers of one program are checked; its markets, stores and banners are read once for a whole batch."""

    def __init__(self, program: Program, now: datetime) -> None:
        self.now = now
        self._markets = {market.code: market for market in programs.markets_of(program.pk)}
        self._stores = {store.code: store for store in programs.stores_of(program.pk)}
        banners = [banner.pk for banner in program.banners.all()]
        self._only_banner = banners[0] if len(banners) == 1 else None

    def accept(self, newcomer: Newcomer) -> Accepted:
        """Check one person. Raises InvalidContact, InvalidNumber, TooYoung, NotOffered."""
        store = self._stores.get(newcomer.store_code)
        if newcomer.store_code and store is None:
            raise NotOffered("store", newcomer.store_code)
        market = self._market(newcomer.market_code or (store.market_code if store else ""))
        for field, value, known in (
            ("channel", newcomer.channel, _CHANNELS),
            ("status", newcomer.status, _STATUSES),
        ):
            if value not in known:
                raise NotOffered(field, value)
        email = contacts.email(newcomer.email)
        return Accepted(
            first_name=contacts.name(newcomer.first_name, "first_name"),
            last_name=contacts.name(newcomer.last_name, "last_name"),
            email=email,
            email_verified_at=newcomer.email_verified_at if email else None,
            phone=contacts.phone(newcomer.phone, market.code),
            birth_date=self._birth_date(newcomer.birth_date, market),
            language=self._language(newcomer.language, market),
            market_code=market.code,
            store_id=store.id if store else None,
            banner_id=store.banner_id if store else self._only_banner,
            card_number=numbers.check(newcomer.card_number) if newcomer.card_number.strip() else "",
            member_number=numbers.check(newcomer.member_number) if newcomer.member_number.strip() else "",
            channel=newcomer.channel,
            status=newcomer.status,
            joined_at=newcomer.joined_at or self.now,
            consents=tuple(newcomer.consents),
            card_kind=newcomer.card_kind,
            card_issued_at=newcomer.card_issued_at,
        )

    def _market(self, code: str) -> programs.Market:
        if not code and self._markets:
            return next(iter(self._markets.values()))
        try:
            return self._markets[code]
        except KeyError:
            raise NotOffered("market_code", code) from None

    def _birth_date(self, day: date | None, market: programs.Market) -> date | None:
        """Ages are checked where a birth date is given; whether a door asks for one is the door's affair."""
        born_on = contacts.birth_date(day, now=self.now, zone=market.timezone)
        if born_on and contacts.age(born_on, now=self.now, zone=market.timezone) < market.minimum_age:
            raise TooYoung(market.minimum_age)
        return born_on

    def _language(self, language: str, market: programs.Market) -> str:
        """The person's, if the market speaks it; else the market's first."""
        if language in market.languages:
            return language
        return market.languages[0] if market.languages else ""
