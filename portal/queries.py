"""What the member's pages read. One page is a fixed number of queries, however much the member has."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, Min
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activity.models import Activity, Kind
from members import closing, pooling
from members import queries as members
from members.models import Card, Membership
from programs import queries as programs
from programs.models import ProductState
from values import texts
from web import banners, climbs, context, movements, pots, reasons
from web.banners import Look
from web.climbs import Climb
from web.formats import Formats
from web.movements import Ground, Movement
from web.pots import Lot, Pot

LATEST = 4
A_MONTH_AT_MOST = 500
"""A member with more receipts in one month is a shop; the page stays readable."""


@dataclass(frozen=True)
class Visit:
    """A member on the pages of one program, at one moment."""

    membership_id: int
    public_id: str
    member_id: int
    holder_id: int
    program_id: int
    brand: str
    banner_id: int | None
    look: Look
    number: str
    card_number: str
    first_name: str
    market_code: str
    zone: str
    money: str
    now: datetime

    @property
    def actor(self) -> str:
        """How the audit trail names her."""
        return f"member:{self.public_id}"

    @property
    def shown_number(self) -> str:
        """What a till reads: the card's number, else the member's."""
        return self.card_number or self.number


@dataclass(frozen=True)
class Entry:
    name: str
    href: str


@dataclass(frozen=True)
class Home:
    first_name: str
    card_number: str
    pots: list[Pot]
    lots: tuple[Lot, ...]
    receipts: list[Movement]
    climb: Climb | None


@dataclass(frozen=True)
class MonthSum:
    label: str
    amount: str
    note: str


@dataclass(frozen=True)
class Month:
    """A statement page. `earlier` and `later` are first days of months one may turn to."""

    first_on: date
    earlier: date | None
    later: date | None
    nearest: date | None
    rows: list[Movement]
    sums: list[MonthSum]


@dataclass(frozen=True)
class Line:
    """An article of a receipt: quantity in thousandths, net in minor units."""

    name: str
    category: str
    quantity: int
    net: int


@dataclass(frozen=True)
class Receipt:
    activity_id: int
    external_id: str
    place: str
    at: datetime
    is_return: bool
    currency: str
    net: int
    lines: list[Line]
    why: reasons.Why


def entries() -> list[Entry]:
    """The programs one may choose from where the address names none."""
    language = get_language() or "en"
    return [
        Entry(texts.in_language(program.names, language, program.code), f"/{program.code}/")
        for program in programs.programs()
    ]


def brand_of(program: Any) -> str:
    return texts.in_language(program.names, get_language() or "en", program.code)


def visit_of(user: Any, program: Any, now: datetime, *, left: bool = False) -> Visit | None:
    """The membership of the person who is signed in, in this program; only her own session follows that link.

    One that is closed counts while its pot may be spent, and where those who have `left` are asked for.
    """
    row = members.member_of(user, program)
    if row is None:
        row = members.left_member_of(user, program)
        if row is None or not (left or closing.spends_what_is_left(row, now)):
            return None
    return visit_for(row, program, now)


def visit_for(row: Membership, program: Any, now: datetime) -> Visit | None:
    """A membership as its own pages see it, for what reaches her without her session: her card in a wallet."""
    market = programs.market_of(program.pk, row.market_code)
    holder = row.holders.filter(until_at=None).first()
    card = row.cards.filter(status=Card.Status.ACTIVE).order_by("-issued_at", "-pk").first()
    if market is None or holder is None:
        return None
    return Visit(
        membership_id=row.pk,
        public_id=row.public_id,
        member_id=row.member_id,
        holder_id=holder.holder_id,
        program_id=program.pk,
        brand=brand_of(program),
        banner_id=row.home_banner_id,
        look=banners.of_member(program, row.home_banner_id),
        number=row.number,
        card_number=card.number if card else "",
        first_name=row.member.first_name,
        market_code=market.code,
        zone=market.timezone,
        money=market.currency,
        now=now,
    )


def formats_of(visit: Visit) -> Formats:
    return context.formats_of(visit.now, market=visit.market_code, zone=visit.zone, currency=visit.money)


def today_of(visit: Visit) -> date:
    """The local day in the member's market."""
    return visit.now.astimezone(ZoneInfo(visit.zone)).date()


def ground_of(visit: Visit) -> Ground:
    return Ground(
        visit.holder_id, visit.program_id, pots.units_of(visit.program_id), formats_of(visit), visit.now,
        kin=pooling.kin_of(visit.membership_id), discreet=True,
    )  # fmt: skip


def home_of(visit: Visit) -> Home:
    """The card, the pots, the place on the ladder, what expires first, the latest receipts."""
    ground = ground_of(visit)
    held = pots.pots_of(visit.holder_id, ground.units.values(), ground.formats, visit.now)
    lots = next((pot.lots for pot in held if pot.lots and not pot.is_cash), ())
    latest = movements.receipts_of(ground, limit=LATEST)
    climb = climbs.climb_of(visit.holder_id, visit.program_id, ground.units, ground.formats, visit.now)
    return Home(visit.first_name, visit.shown_number, held, lots, latest, climb)


def month_of(visit: Visit, first_on: date) -> Month:
    """Everything that moved in a month: receipts by their day, other movements by their moment, newest first."""
    ground = ground_of(visit)
    since, until = movements.month_bounds(first_on)
    receipts = movements.receipts_of(ground, limit=A_MONTH_AT_MOST, since=since, until=until)
    others = movements.other_movements_of(ground, *movements.moments(ground, since, until))
    rows = sorted([*receipts, *others], key=lambda row: row.at, reverse=True)
    ends = movements.attributed(ground).aggregate(first=Min("occurred_on"), last=Max("occurred_on"))
    this_month = today_of(visit).replace(day=1)
    first = min(filter(None, [ends["first"], this_month])).replace(day=1)
    before = (first_on - timedelta(days=1)).replace(day=1)
    return Month(
        first_on=first_on,
        earlier=before if before >= first else None,
        later=until if until <= this_month else None,
        nearest=ends["last"].replace(day=1) if ends["last"] and not rows else None,
        rows=rows,
        sums=_sums(ground, rows),
    )


def receipt_of(visit: Visit, activity_id: int) -> Receipt | None:
    """A receipt of this member, or None when it is somebody else's or does not exist."""
    ground = ground_of(visit)
    memberships = ground.kin.memberships if ground.kin else (visit.membership_id,)
    mine = movements.attributed(ground).filter(activity_id=activity_id, membership_id__in=memberships)
    row = Activity.objects.filter(activity_id=activity_id).first() if mine.exists() else None
    if row is None:
        return None
    sign = -1 if row.kind == Kind.RETURN else 1
    states = ProductState.objects.in_bulk(row.states)
    lines = [
        Line(
            name=states[state].name or states[state].sku,
            category=states[state].category.rpartition("/")[2],
            quantity=abs(quantity),
            net=sign * net,
        )
        for state, quantity, net in zip(row.states, row.quantities, row.nets, strict=True)
    ]
    given = movements.given_of(ground, [activity_id])  # by the pot that has the points now; why, by the one that earned
    return Receipt(
        activity_id=row.activity_id,
        external_id=row.external_id,
        place=movements.places_of(visit.program_id).get(row.store_id or 0, ""),
        at=row.occurred_at,
        is_return=row.kind == Kind.RETURN,
        currency=row.currency,
        net=sign * row.net,
        lines=lines,
        why=reasons.why_of(movements.where_it_counts(ground, activity_id), activity_id, given),
    )


def _sums(ground: Ground, rows: list[Movement]) -> list[MonthSum]:
    sums = []
    for unit in ground.spendable:
        amounts = [amount for row in rows for unit_id, amount in row.moved if unit_id == unit.id]
        if not amounts:
            continue
        inward, outward = sum(a for a in amounts if a > 0), sum(a for a in amounts if a < 0)
        note = ""
        if inward and outward:
            note = _("%(in)s in, %(out)s out") % {
                "in": unit.write(ground.formats, inward, signed=True),
                "out": unit.write(ground.formats, outward, signed=True),
            }
        sums.append(MonthSum(unit.name, unit.write(ground.formats, inward + outward, signed=True), note))
    return sums
