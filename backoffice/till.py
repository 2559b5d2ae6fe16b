"""The till screen of a store without a connected till: scan, see what the card gives right to, redeem, record a visit.

Whoever shows a card is served, wherever its member's home is: the scan opens the member, for a quarter of an hour and
on this till alone. Points are spent only with the member's one-time code.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activity import single, sources
from audit import access
from backoffice.doors import Desk
from care import opinions
from identity import rights
from members import merging, numbers, policies, spending_codes
from members.models import Card, Membership
from messaging import addresses
from programs import queries as programs
from programs.models import Store
from rewards import queries as rewards
from rewards import redemption, using
from values import texts
from web import climbs, context, pots
from web.climbs import Climb
from web.pots import Pot, Unit

KEY = "till_card"
LASTS = timedelta(minutes=15)
_WITH_CODE = re.compile(r"(.+)/(\d{6})")


class NoStore(Exception):
    """A visit is somewhere: whoever works in no store records none."""


class NotScanned(Exception):
    """The page is of another member than the card scanned last: scan again."""


@dataclass(frozen=True)
class Reward:
    code: str
    name: str
    price: str


@dataclass(frozen=True)
class Voucher:
    name: str
    value: str
    until: date | None


@dataclass(frozen=True)
class Scanned:
    """The member whose card lies on the till. `why_not` says why nothing is spent now; `key` names one redemption;
    `opinion` is where the member says how the visit was that has just been recorded."""

    public_id: str
    name: str
    card: str
    card_works: bool
    pots: list[Pot]
    climb: Climb | None
    vouchers: list[Voucher]
    rewards: list[Reward]
    why_not: str
    code: str
    key: str
    opinion: str


def scan(desk: Desk, session: MutableMapping[str, Any], text: str) -> bool:
    """Put the card that was scanned on the till; False when it is nobody's. A code scanned with it is kept beside."""
    with_code = _WITH_CODE.fullmatch(text.strip())
    number, code = (with_code[1], with_code[2]) if with_code else (text, "")
    membership, card = _found(desk, numbers.as_read(number).replace("\0", ""))
    if membership is None:
        session.pop(KEY, None)
        return False
    access.record(actor=desk.actor, membership_id=membership.pk, page=desk.page, purpose=desk.purpose, at=desk.now)
    session[KEY] = {
        "program": desk.program_code, "member": membership.public_id, "card": card, "code": code,
        "at": desk.now.isoformat(),
    }  # fmt: skip
    return True


def on_the_till(desk: Desk, session: Mapping[str, Any]) -> Membership | None:
    """Whose card was scanned last, on this program and within the quarter of an hour."""
    kept = session.get(KEY)
    if not kept or kept["program"] != desk.program_code or desk.now - datetime.fromisoformat(kept["at"]) > LASTS:
        return None
    rows = Membership.objects.filter(program=desk.program, public_id=kept["member"])
    return rows.select_related("member", "home_store", "home_banner").first()


def scanned(desk: Desk, session: Mapping[str, Any]) -> Scanned | None:
    """Everything the screen says about the card on the till; None when there is none."""
    row = on_the_till(desk, session)
    if row is None:
        return None
    kept = session[KEY]
    market = programs.market_of(desk.program.pk, row.market_code) or desk.market
    formats = context.formats_of(desk.now, market=market.code, zone=market.timezone, currency=market.currency)
    units, language = pots.units_of(desk.program.pk), get_language() or "en"
    holder_id = row.holders.get(until_at=None).holder_id
    names = rewards.names_of(desk.program.pk)
    by_code = {unit.code: unit for unit in units.values()}
    works = not kept["card"] or _works(row, kept["card"])
    return Scanned(
        public_id=row.public_id,
        name=str(row.member),
        card=kept["card"] or row.number,
        card_works=works,
        pots=pots.pots_of(holder_id, units.values(), formats, desk.now),
        climb=climbs.climb_of(holder_id, desk.program.pk, units, formats, desk.now),
        vouchers=[
            Voucher(
                texts.in_language(names.get(one.reward_code, {}), language, one.reward_code),
                formats.money(one.value, one.money), one.expires_on,
            )
            for one in rewards.in_hand(row.pk, desk.now)
        ],
        rewards=[
            Reward(one.code, texts.in_language(one.names, language, one.code), _price(one.cost, by_code, formats))
            for one in rewards.choices_of(row, channel="store", now=desk.now, where=market_of(desk))
            if one.for_me and not one.missing and one.left != 0
        ],
        why_not=_why_not(row, works, desk.now),
        code=kept["code"],
        key=str(uuid.uuid4()),
        opinion=_opinion_of(desk, row, kept.get("visit")),
    )  # fmt: skip


def redeem(desk: Desk, session: Mapping[str, Any], *, public_id: str, reward: str, code: str, key: str) -> str:
    """Spend the member's points on a reward, with the member's code of the moment; what comes off the bill.

    The voucher is used there and then: it is on the bill that lies on the till.

    Raises NotScanned, the refusals of spending_codes and of redemption, members.policies.OwnAccount.
    """
    row = on_the_till(desk, session)
    if row is None or row.public_id != public_id:
        raise NotScanned(public_id)
    policies.check_acts_on_another(desk.user, row.member_id)
    spending_codes.use(membership_id=row.pk, code=code, key=f"till:{key}", now=desk.now, by=desk.actor)
    redeemed = redemption.redeem(
        membership_id=row.pk, reward=reward, key=uuid.UUID(key), channel="store", now=desk.now, by=desk.actor,
        card=session[KEY]["card"] or None, receipt=f"till-{key}", market=market_of(desk),
    )  # fmt: skip
    return ", ".join(desk.formats.money(one.value, one.money) for one in redeemed.vouchers)


def use_voucher(desk: Desk, session: Mapping[str, Any], *, public_id: str, voucher: str) -> str:
    """Use a voucher of the member by its code; what comes off the bill.

    Raises NotScanned, the refusals of rewards.using (OtherMoney: the store's is another), members.policies.OwnAccount.
    """
    row = on_the_till(desk, session)
    if row is None or row.public_id != public_id:
        raise NotScanned(public_id)
    policies.check_acts_on_another(desk.user, row.member_id)
    place = programs.market_of(desk.program.pk, market_of(desk) or "")
    used = using.use(
        program_id=desk.program.pk, code=voucher, now=desk.now, by=desk.actor, money=place.currency if place else None
    )  # fmt: skip
    return desk.formats.money(used.value, used.money)


def visit(desk: Desk, session: MutableMapping[str, Any], *, public_id: str) -> bool:
    """Record that the member came today; False when that is known. The rules of the day then give what they give.

    Raises NotScanned, NoStore, members.policies.OwnAccount.
    """
    row, store = on_the_till(desk, session), store_of(desk)
    if row is None or row.public_id != public_id:
        raise NotScanned(public_id)
    if store is None:
        raise NoStore
    policies.check_acts_on_another(desk.user, row.member_id)
    source, _new = sources.source_for(
        f"desk-{desk.program_code}"[:40], program=desk.program, now=desk.now, by=desk.actor
    )  # fmt: skip
    local = desk.now.astimezone(ZoneInfo(_zone_of(desk, store)))
    said = {
        "receipt_id": f"visit-{row.public_id}-{store.code}-{local:%Y-%m-%d}", "kind": "visit", "store": store.code,
        "occurred_at": local.isoformat(timespec="seconds"), "member": row.number, "channel": "store",
    }  # fmt: skip
    landed = single.land_one([said], source=source, program=desk.program, now=desk.now, keep=False)
    if landed.state == "quarantined" and landed.reason != "DifferentContent":
        raise ValueError(f"a visit does not land: {landed.reason} {landed.field} {landed.detail}")
    if landed.state == "landed":
        session[KEY] = {**session[KEY], "visit": landed.activity_id}
    return landed.state == "landed"


def store_of(desk: Desk) -> Store | None:
    """The store this person works in: the one her grant names."""
    codes = [scope.store for scope in rights.scopes(desk.user, "till.use") if scope.store]
    return Store.objects.filter(code__in=codes, banner__programs=desk.program).order_by("code").first()


def market_of(desk: Desk) -> str | None:
    """The market whose prices and money hold on this till; None for who works in no store."""
    store = store_of(desk)
    return store.market_code if store else None


def _zone_of(desk: Desk, store: Store) -> str:
    market = programs.market_of(desk.program.pk, store.market_code)
    return store.timezone or (market.timezone if market else desk.market.timezone)


def _opinion_of(desk: Desk, row: Membership, activity_id: int | None) -> str:
    """The signed address, for a phone to read off the screen; empty while no visit was recorded."""
    if activity_id is None:
        return ""
    link = opinions.link_of(row.pk, activity_id)
    return addresses.absolute(desk.program, reverse("portal:opinion_linked", args=[link]))


def _found(desk: Desk, number: str) -> tuple[Membership | None, str]:
    """The membership of a card number, and the card; of a membership number, and no card."""
    card = Card.objects.filter(program=desk.program, number__iexact=number).select_related("membership").first()
    if card is not None and card.membership is not None:
        return card.membership, card.number
    row = Membership.objects.filter(program=desk.program, number__iexact=number).first()
    return merging.standing_for(row) if row else None, ""


def _works(row: Membership, number: str) -> bool:
    return row.cards.filter(number__iexact=number, status=Card.Status.ACTIVE).exists()


def _why_not(row: Membership, works: bool, now: datetime) -> str:
    if not works:
        return _("This card is blocked. Keep it, and open the member's cards.")
    try:
        policies.check_spend(row, now=now)
    except policies.SpendingHeld:
        return _("A contact was changed: nothing can be spent until it is confirmed.")
    except policies.CannotSpend:
        return _("Nothing can be spent with this membership now.")
    return ""


def _price(cost: Mapping[str, int], units: Mapping[str, Unit], formats: Any) -> str:
    return " + ".join(units[code].write(formats, amount) for code, amount in cost.items() if code in units)
