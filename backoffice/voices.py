"""What members say, as the desk reads it: a queue by state, one opinion, and the score of each store.

An opinion belongs to the store it is about, or to its member's home where it is about none. Who said it is shown to
whoever may see that member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.http import Http404

from backoffice import opening, staff_names
from backoffice.doors import Desk
from care import opinions, words
from care.models import Opinion
from identity import rights
from identity.rights import Scope
from members.models import Membership
from members.scoping import in_scopes, scope_of
from programs.models import Store
from values import periods
from web import people

ROWS = 50
PERIODS = (30, 90, 365)


@dataclass(frozen=True)
class Voice:
    """An opinion; `member` is empty for whoever may not see her."""

    id: int
    rating: int
    kind: str
    words: str
    store: str
    channel: str
    at: datetime
    about_on: date
    state: str
    state_label: str
    member: str
    public_id: str
    answer: str
    answered_at: datetime | None
    answered_by: str
    case_id: int | None


@dataclass(frozen=True)
class StoreScore:
    """The ratings of a store in a period; `nps` from -100 to 100, None without any."""

    name: str
    ratings: int
    promoters: int
    passives: int
    detractors: int
    nps: int | None


def queue(desk: Desk, state: str, page: int) -> tuple[list[Voice], bool]:
    """A page of what was said, the newest first, and whether another one follows."""
    rows = _visible(desk, "opinions.see").filter(state=state).order_by("-given_at")
    first = (page - 1) * ROWS
    found = list(rows[first : first + ROWS + 1])
    return _told(desk, found[:ROWS]), len(found) > ROWS


def one(desk: Desk, opinion_id: int) -> tuple[Opinion, Voice]:
    """One opinion; 404 when it is about no store of this person's."""
    row = _visible(desk, "opinions.see").filter(pk=opinion_id).first()
    if row is None:
        raise Http404
    if desk.may("members.see", scope_of(row.membership)):
        opening.opened(desk, row.membership.public_id, action="members.see")
    return row, _told(desk, [row])[0]


def place_of(row: Opinion) -> Scope:
    """Where an opinion belongs, as rights ask for it."""
    if row.store is None:
        return scope_of(row.membership)
    return Scope(banner=row.store.banner.code, market=row.store.market_code, store=row.store.code)


def scores(desk: Desk, days: int) -> tuple[list[StoreScore], StoreScore]:
    """The score of each store this person may see, worst first, and of all of them together."""
    until = periods.begins_at(periods.day_of(desk.now, desk.market.timezone) + timedelta(days=1), desk.market.timezone)
    stores = {store.pk: store for store in _stores(desk, "opinions.see")}
    counted = opinions.scores(list(stores), program_id=desk.program.pk, since=until - timedelta(days=days), until=until)
    rows = [_score(people.store_name(stores[one.store_id]), [one]) for one in counted if one.store_id in stores]
    return sorted(rows, key=lambda row: (row.nps is None, row.nps or 0, row.name)), _score("", counted)


def _score(name: str, counted: Sequence[opinions.Score]) -> StoreScore:
    ratings = sum(one.ratings for one in counted)
    promoters, detractors = sum(one.promoters for one in counted), sum(one.detractors for one in counted)
    return StoreScore(
        name, ratings, promoters, ratings - promoters - detractors, detractors,
        opinions.nps(ratings, promoters, detractors),
    )  # fmt: skip


def _stores(desk: Desk, action: str) -> QuerySet[Store]:
    wanted = Q(pk__in=[])
    for scope in rights.scopes(desk.user, action):
        inside = Q()
        if scope.banner:
            inside &= Q(banner__code=scope.banner)
        if scope.market:
            inside &= Q(market_code=scope.market)
        if scope.store:
            inside &= Q(code=scope.store)
        wanted |= inside if inside else Q(pk__isnull=False)
    return Store.objects.filter(wanted, banner__programs=desk.program).distinct()


def _visible(desk: Desk, action: str) -> QuerySet[Opinion]:
    homes = Membership.objects.filter(in_scopes(rights.scopes(desk.user, action)), program=desk.program)
    return Opinion.objects.filter(
        Q(store__in=_stores(desk, action)) | Q(store=None, membership__in=homes), program=desk.program
    ).select_related("membership__member", "membership__home_store", "membership__home_banner", "store__banner")


def _told(desk: Desk, rows: Sequence[Opinion]) -> list[Voice]:
    names = staff_names.of(row.answered_by for row in rows if row.answered_by)
    seen = {row.pk for row in rows if desk.may("members.see", scope_of(row.membership))}
    opening.showed(desk, [row.membership_id for row in rows if row.pk in seen])
    return [_voice(row, row.pk in seen, names) for row in rows]


def _voice(row: Opinion, seen: bool, names: dict[str, str]) -> Voice:
    low, high = row.rating <= opinions.DETRACTORS, row.rating >= opinions.PROMOTERS
    return Voice(
        id=row.pk,
        rating=row.rating,
        kind="bad" if low else "good" if high else "",
        words=row.words,
        store=people.store_name(row.store),
        channel=words.label(words.CHANNELS, row.channel),
        at=row.given_at,
        about_on=row.occurred_on,
        state=row.state,
        state_label=words.label(words.OPINIONS, row.state),
        member=str(row.membership.member) if seen else "",
        public_id=row.membership.public_id if seen else "",
        answer=row.answer,
        answered_at=row.answered_at,
        answered_by=names.get(row.answered_by, ""),
        case_id=row.case_id,
    )
