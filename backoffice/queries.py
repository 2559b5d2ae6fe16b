"""What the desk's pages read, filtered by what the person may see. Lists are a fixed number of queries."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backoffice import actions, contacts, floors, leaving, opening, together
from backoffice.doors import Desk, shown_card
from identity import rights
from members import pooling, searching
from members import queries as members
from members.models import Card
from programs import queries as programs
from programs.models import Store
from rewards import queries as rewards
from values import texts
from web import climbs, context, movements, people, pots, reasons
from web.climbs import Climb
from web.formats import Formats
from web.movements import Ground
from web.pots import Pot

MONTHS_A_PAGE = 3
ROWS_A_PAGE = 300


@dataclass(frozen=True)
class Found:
    """A hit of the search box: contact in part only, as much as it takes to tell two people apart."""

    membership_id: int
    public_id: str
    name: str
    number: str
    card_number: str
    contact: str
    status: str
    status_label: str
    store: str
    exact: bool


@dataclass(frozen=True)
class Voucher:
    """A voucher as staff see it: without its code, which is the member's. `until` is the last day it lives."""

    name: str
    value: str
    state: str
    until: date | None


@dataclass(frozen=True)
class MemberPage:
    """A member at a glance."""

    person: people.Person
    membership_id: int
    program_name: str
    phone: str
    pots: list[Pot]
    formats: Formats
    ground: Ground
    climb: Climb | None
    floor: str
    may_give_floor: bool
    vouchers: list[Voucher]
    actions: list[actions.Action]
    care: contacts.Care
    together: together.Together
    states: list[str]


@dataclass(frozen=True)
class Row:
    """A movement at the desk; an open one carries its verdicts."""

    key: str
    at: datetime
    title: str
    place: str
    net: int | None
    currency: str
    points: int
    amount: str
    note: str
    activity_id: int | None
    open: bool
    verdicts: list[reasons.Verdict]


@dataclass(frozen=True)
class Movements:
    """A page of movements: `before` is the month it ends with ("2026-11"), `earlier` that of the next page."""

    rows: list[Row]
    before: str
    earlier: str


def search(desk: Desk, text: str, limit: int) -> list[Found]:
    """Members of the desk's program whom this person may see, the surest first."""
    hits = searching.search(
        text, program=desk.program, scopes=rights.scopes(desk.user, "members.search"), limit=limit, now=desk.now
    )
    return [
        Found(
            membership_id=hit.membership.pk,
            public_id=hit.membership.public_id,
            name=str(hit.membership.member),
            number=hit.membership.number,
            card_number=shown_card(hit.membership),
            contact=masked(hit.membership.member.phone, hit.membership.member.email),
            status=hit.membership.status,
            status_label=people.label(people.STATUSES, hit.membership.status),
            store=people.store_name(hit.membership.home_store),
            exact=hit.exact,
        )
        for hit in hits
    ]


def member_of(desk: Desk, public_id: str) -> MemberPage:
    """The member at a glance; 404 when there is none here, or it is not this person's to see."""
    row = opening.opened(desk, public_id, action="members.see")
    market = programs.market_of(desk.program.pk, row.market_code) or desk.market
    formats = context.formats_of(desk.now, market=market.code, zone=market.timezone, currency=market.currency)
    holder_id = row.holders.get(until_at=None).holder_id
    units = pots.units_of(desk.program.pk)
    ground = Ground(holder_id, desk.program.pk, units, formats, desk.now, kin=pooling.kin_of(row.pk))
    sees_points = desk.may("points.see", members.scope_of(row))
    climb = climbs.climb_of(holder_id, desk.program.pk, ground.units, formats, desk.now) if sees_points else None
    return MemberPage(
        person=people.person_of(row.pk),
        membership_id=row.pk,
        program_name=next(one.name for one in desk.programs if one.code == desk.program_code),
        phone=people.written_phone(row.member.phone),
        pots=pots.pots_of(holder_id, ground.units.values(), formats, desk.now) if sees_points else [],
        formats=formats,
        ground=ground,
        climb=climb,
        floor=floors.name_of(desk, holder_id) if climb else "",
        may_give_floor=climb is not None and floors.may_give(desk, row),
        vouchers=_vouchers(desk, row.pk, formats) if sees_points else [],
        actions=actions.for_member(desk, row),
        care=contacts.of_member(desk, row),
        together=together.of_member(desk, row),
        states=leaving.states_of(desk, row),
    )


def _vouchers(desk: Desk, membership_id: int, formats: Formats) -> list[Voucher]:
    names, language = rewards.names_of(desk.program.pk), get_language() or "en"
    return [
        Voucher(
            name=texts.in_language(names.get(voucher.reward_code, {}), language, voucher.reward_code),
            value=formats.money(voucher.value, voucher.money),
            state=voucher.state,
            until=voucher.expires_on,
        )
        for voucher in rewards.vouchers_of(membership_id, desk.now)
    ]


def movements_of(member: MemberPage, *, before: str, why: str) -> Movements:
    """Three months of movements; the one named by `why` is unfolded."""
    ground = member.ground
    end = _month(before) or ground.now.astimezone(ground.formats.zone).date().replace(day=1)
    start = end
    for _step in range(MONTHS_A_PAGE - 1):
        start = (start - timedelta(days=1)).replace(day=1)
    until = movements.month_bounds(end)[1]
    receipts = movements.receipts_of(ground, limit=ROWS_A_PAGE, since=start, until=until)
    others = movements.other_movements_of(ground, *movements.moments(ground, start, until))
    rows = sorted([*receipts, *others], key=lambda row: row.at, reverse=True)
    older = movements.attributed(ground).filter(occurred_on__lt=start).order_by("-occurred_on")
    last = older.values_list("occurred_on", flat=True).first()
    return Movements(
        rows=[_row(ground, row, why) for row in rows],
        before=before if _month(before) else "",
        earlier=last.strftime("%Y-%m") if last else "",
    )


def masked(phone: str, email: str) -> str:
    """Enough of a contact to tell two people apart: the end of the phone, the start of the address."""
    if phone:
        return f"… {phone[-4:-2]} {phone[-2:]}"
    name, _at, host = email.partition("@")
    return f"{name[:2]}…@{host}" if host else ""


def _row(ground: Ground, row: movements.Movement, why: str) -> Row:
    opened = row.activity_id is not None and str(row.activity_id) == why
    verdicts = []
    if opened and row.activity_id is not None:
        told = reasons.why_of(movements.where_it_counts(ground, row.activity_id), row.activity_id, {})
        verdicts = [*told.hits, *told.near]
    return Row(
        key=row.key,
        at=row.at,
        title=movements.kind_label(row.kind) if row.activity_id else row.title,
        place=row.place,
        net=row.net,
        currency=row.currency,
        points=row.points,
        amount=row.amount,
        note=row.note,
        activity_id=row.activity_id,
        open=opened,
        verdicts=verdicts,
    )


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def card_in_use(desk: Desk, number: str) -> bool:
    """Whether a card of that number is anything but blank here."""
    return Card.objects.filter(program=desk.program, number__iexact=number).exclude(status=Card.Status.BLANK).exists()


def store_of(desk: Desk) -> Store | None:
    """The store this person works in: the one her grant of enrolling names."""
    codes = [scope.store for scope in rights.scopes(desk.user, "members.enrol") if scope.store]
    return Store.objects.filter(code__in=codes, banner__programs=desk.program).order_by("code").first()


def refusal(refused: Exception) -> str:
    """Why somebody was not enrolled, in words for the desk."""
    words = {
        "AlreadyMember": _("This person is a member already."),
        "EmailTaken": _("Another member has this e-mail address."),
        "CardTaken": _("This card is in use. Take another one."),
        "InvalidNumber": _("This is no card number: 4 to 32 letters or digits."),
        "NotOffered": _("The program does not take this here."),
        "InvalidContact": _("This is neither a phone number nor an e-mail address."),
    }
    return words.get(type(refused).__name__, str(refused))
