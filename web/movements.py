"""What moved a holder's pots: receipts with the points they gave, and everything else the ledger says.

Lists are a fixed number of queries, whatever their length. Points come from awards as posted, dates of pending points
from the lots, other movements (a spend, an expiry, an adjustment) from the ledger's statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from activity.models import Activity, Attribution, Kind
from care import adjustments, terms
from care.models import Adjustment
from earning.models import Award
from ledger import queries as ledger
from members.pooling import Kin
from programs import queries as programs
from values import texts
from web import belongings
from web.formats import Formats
from web.pots import Unit

OF_ACTIVITY = frozenset({"issue", "clawback"})
"""The program's side of what activity gives and takes back; shown with the receipt, not beside it."""


@dataclass(frozen=True)
class Ground:
    """Whose movements, and how to write them. `kin`: all that is the same person's; `discreet`: what others who share
    the pot bought is not shown."""

    holder_id: int
    program_id: int
    units: dict[int, Unit]
    formats: Formats
    now: datetime
    kin: Kin | None = None
    discreet: bool = False

    @property
    def spendable(self) -> list[Unit]:
        return [unit for unit in self.units.values() if unit.kind != "status"]


@dataclass(frozen=True)
class Movement:
    """A line of a statement. `points` is the sign of the first unit, `amount` its writing, `note` what else to know.

    `moved` holds every (currency id, amount).
    """

    key: str
    at: datetime
    title: str
    kind: str
    place: str
    net: int | None
    currency: str
    points: int
    amount: str
    note: str
    activity_id: int | None = None
    moved: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Given:
    """What one activity gave in one currency, and from when it can be spent (None: already)."""

    points: int
    from_at: datetime | None


def receipts_of(ground: Ground, *, limit: int, since: date | None = None, until: date | None = None) -> list[Movement]:
    """The holder's activity with what it gave, newest first; days are half-open, local to the store."""
    every = mine = attributed(ground)
    if since:
        mine = mine.filter(occurred_on__gte=since)
    if until:
        mine = mine.filter(occurred_on__lt=until)
    ids = list(mine.order_by("-occurred_on", "-activity_id").values_list("activity_id", flat=True)[:limit])
    rows = Activity.objects.filter(activity_id__in=ids).defer(
        "states", "quantities", "grosses", "discounts", "nets", "taxes", "line_attributes", "tenders", "attributes"
    )
    given = given_of(ground, ids)
    places = places_of(ground.program_id)
    theirs = belongings.earned_by_others(every, ground.kin, ids) if ground.discreet else {}
    found = [
        _of_another(receipt, theirs[row.activity_id]) if row.activity_id in theirs else receipt
        for row, receipt in ((row, _receipt(ground, row, places.get(row.store_id or 0, ""), given)) for row in rows)
    ]
    return sorted(found, key=lambda movement: movement.at, reverse=True)


def attributed(ground: Ground) -> QuerySet[Attribution]:
    """The activity that belongs on this ground."""
    return belongings.attributed(ground.holder_id, ground.program_id, ground.kin)


def where_it_counts(ground: Ground, activity_id: int) -> Ground:
    """The ground of one activity: that of the pot it was earned into, which may be one the member had before."""
    row = attributed(ground).filter(activity_id=activity_id).first()
    return replace(ground, holder_id=row.holder_id or ground.holder_id) if row else ground


def given_of(ground: Ground, activity_ids: Sequence[int]) -> dict[tuple[int, int], Given]:
    """What each activity gave, by (activity, currency)."""
    sums = (
        Award.objects.filter(holder_id__in=_holders(ground), activity_id__in=activity_ids)
        .values("activity_id", "currency_id")
        .annotate(points=Sum("posted"))
        .values_list("activity_id", "currency_id", "points")
    )
    later = {
        (lot.activity_id, lot.currency_id): lot.available_at
        for lot in ledger.lots(ground.holder_id, [unit.id for unit in ground.spendable], ground.now)
        if lot.activity_id is not None and lot.pending
    }
    return {
        (activity_id, currency_id): Given(points, later.get((activity_id, currency_id)))
        for activity_id, currency_id, points in sums
    }


def other_movements_of(ground: Ground, since: datetime, until: datetime) -> list[Movement]:
    """What moved for another cause than an activity: spends, expiries, gestures, transfers; one line per posting."""
    sums: dict[tuple[int, int], list[ledger.Movement]] = {}
    own = belongings.own_pots(ground.holder_id, ground.kin)
    within = ledger.transfers_between(own) if len(own) > 1 else set()
    units = [unit.id for unit in ground.spendable]
    for entry in (entry for holder_id in own for entry in ledger.statement(holder_id, units, since, until)):
        if entry.contra not in OF_ACTIVITY and entry.posting_id not in within:
            sums.setdefault((entry.posting_id, entry.currency_id), []).append(entry)
    said = _reasons(ground, [rows[0] for rows in sums.values()])
    return [_posting(ground, posting_id, currency_id, rows, said) for (posting_id, currency_id), rows in sums.items()]


def _holders(ground: Ground) -> list[int]:
    return [ground.holder_id, *(ground.kin.holders if ground.kin else ())]


def _of_another(movement: Movement, title: str) -> Movement:
    return replace(movement, title=title, place="", net=None, activity_id=None)


def places_of(program_id: int) -> dict[int, str]:
    """The stores of a program by id, named in the language being spoken."""
    language = get_language() or "en"
    return {store.id: texts.in_language(store.names, language, store.code) for store in programs.stores_of(program_id)}


def month_bounds(first_on: date) -> tuple[date, date]:
    """A month as half-open days."""
    return first_on, (first_on.replace(day=28) + timedelta(days=4)).replace(day=1)


def moments(ground: Ground, since: date, until: date) -> tuple[datetime, datetime]:
    """Local days of the market as moments."""
    zone = ground.formats.zone
    return tuple(datetime.combine(day, time(), zone).astimezone(UTC) for day in (since, until))  # type: ignore[return-value]


def kind_label(kind: str) -> str:
    """What an activity is, for staff."""
    words = {"purchase": _("Purchase"), "return": _("Return"), "visit": _("Visit"), "event": _("Event")}
    return words.get(kind, kind)


def contra_label(contra: str) -> str:
    """A movement's cause in words; one without words of its own is an adjustment."""
    words = {
        "redeem": _("Points used"),
        "expire": _("Points expired"),
        "expiry": _("Points expired"),
        "breakage": _("Points given up on leaving"),
        "transfer": _("Points transferred"),
        "goodwill": _("A gesture from us"),
        "opening": _("Opening balance"),
    }
    return words.get(contra, _("Adjustment"))


def _reasons(ground: Ground, entries: Sequence[ledger.Movement]) -> dict[int, str]:
    """Posting -> why points were given or taken by hand, in the program's words; one statement where there is any."""
    asked = {
        entry.source_id: entry.posting_id
        for entry in entries
        if entry.source_type == adjustments.SOURCE and entry.source_id is not None
    }
    if not asked:
        return {}
    names, language = terms.of(ground.program_id).reasons, get_language() or "en"
    rows = Adjustment.objects.filter(pk__in=list(asked)).values_list("pk", "reason")
    return {asked[number]: texts.in_language(names.get(code, {}), language, code) for number, code in rows}


def _posting(
    ground: Ground, posting_id: int, currency_id: int, rows: list[ledger.Movement], said: Mapping[int, str]
) -> Movement:  # fmt: skip
    amount = sum(row.amount for row in rows)
    title = _("Points given back") if rows[0].contra == "redeem" and amount > 0 else contra_label(rows[0].contra)
    return Movement(
        key=f"p{posting_id}c{currency_id}",
        at=rows[0].effective_at,
        title=said.get(posting_id) or title,
        kind=rows[0].contra,
        place="",
        net=None,
        currency="",
        points=amount,
        amount=ground.units[currency_id].write(ground.formats, amount, signed=True),
        note="",
        moved=((currency_id, amount),),
    )


def _receipt(ground: Ground, row: Activity, place: str, given: dict[tuple[int, int], Given]) -> Movement:
    gave = [(unit, given[row.activity_id, unit.id]) for unit in ground.spendable if (row.activity_id, unit.id) in given]
    written = [unit.write(ground.formats, it.points, signed=True) for unit, it in gave if it.points]
    later = min((it.from_at for _unit, it in gave if it.from_at), default=None)
    notes = [_("from %(day)s") % {"day": ground.formats.day(later)} if later else "", *written[1:]]
    return Movement(
        key=f"a{row.activity_id}",
        at=row.occurred_at,
        title=title_of(row, place),
        kind=Kind(row.kind).name.lower(),
        place=place,
        net=signed_net(row),
        currency=row.currency,
        points=next((it.points for _unit, it in gave if it.points), 0),
        amount=written[0] if written else "0",
        note=", ".join(filter(None, notes)),
        activity_id=row.activity_id,
        moved=tuple((unit.id, it.points) for unit, it in gave if it.points),
    )


def signed_net(row: Activity) -> int | None:
    """What was paid, or given back (below zero); nothing for a visit or an event. Returns are kept as they print."""
    return {Kind.PURCHASE: row.net, Kind.RETURN: -row.net}.get(Kind(row.kind))


def title_of(row: Activity, place: str) -> str:
    """What a receipt is called: its store; a return, a visit and an event say so."""
    where = place or _("Online")
    if row.kind == Kind.RETURN:
        return _("Return, %(place)s") % {"place": where}
    if row.kind == Kind.VISIT:
        return _("Visit, %(place)s") % {"place": where}
    if row.kind == Kind.EVENT:
        return row.event_type or _("Event")
    return where
