"""What counts towards steps on a ladder, as plain changes: points, what is there, money spent, days of visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger import courses, families
from ledger.families import Heirs
from programs import queries as programs
from programs.models import Program
from tiers import bookmarks
from tiers.bookmarks import Bookmark
from tiers.course import Change, Given
from tiers.ladder import NOWHERE, Home, Ladder
from tiers.ladders import Held
from values import money, periods

PURCHASE, VISIT = 1, 3
WALK = 1
"""Of the way a course is walked: another number, and every bookmark put before is walked anew."""

# the membership that is in the holder now, or was last; of several, the one that joined first
_HOMES = """
SELECT DISTINCT ON (h.holder_id) h.holder_id, m.market_code, m.joined_at
FROM membership_holder AS h JOIN membership AS m ON m.id = h.membership_id
WHERE h.holder_id = ANY(%s) ORDER BY h.holder_id, h.until_at DESC NULLS FIRST, m.joined_at
"""
_GIVEN = """
SELECT holder_id, kind, step, at FROM tier_assignment WHERE holder_id = ANY(%s) AND program_id = %s
ORDER BY at, assignment_id
"""
_ACTIVITY = """
SELECT t.holder_id, a.activity_id, a.occurred_at, a.occurred_on, a.net, a.currency
FROM attribution AS t JOIN activity AS a ON a.activity_id = t.activity_id AND a.occurred_on = t.occurred_on
WHERE t.holder_id = ANY(%s) AND t.program_id = %s AND t.ended_at IS NULL AND a.kind = ANY(%s)
ORDER BY t.holder_id, a.occurred_at, a.activity_id
"""


@dataclass(frozen=True)
class Place:
    """Where a holder is at home: zone, first day, money; and since when its activity counts (null: always)."""

    home: Home
    money: str
    counts_from: datetime | None


@dataclass(frozen=True)
class Measures:
    """All that a ladder counts for some holders, and the ladder as it stands for each of their moneys.

    Of holders with a bookmark in `after`, the changes from its moment on, none of which takes back; what came before
    is as it was when the bookmark was put.
    """

    held: Held
    places: dict[int, Place]
    changes: dict[int, list[Change]]
    given: dict[int, list[Given]]
    after: dict[int, Bookmark]

    def ladder_of(self, holder_id: int) -> Ladder:
        return ladder_in(self.held, self.places[holder_id].money)

    def bookmarked(self, holder_id: int, mark: Bookmark | None) -> Bookmark | None:
        """A new bookmark of this holder's course, with what it rests upon."""
        if mark is None:
            return None
        before = self.after.get(holder_id)
        digest = bookmarks.digest_of(
            self.changes[holder_id], before=mark.since, on=before.digest if before else bookmarks.NOTHING
        )
        return mark.knowing(digest, self.circumstances(holder_id, mark.since))

    def circumstances(self, holder_id: int, since: datetime) -> str:
        """What else decides a course until a moment: the ladder, the home, what was given by hand."""
        return _circumstances(self.held, self.places[holder_id], self.given.get(holder_id, ()), since)


def ladder_in(held: Held, currency: str) -> Ladder:
    """The ladder with thresholds in smallest units: money is written in whole ones, all else as it is counted."""
    return Ladder.of(held.terms, unit=unit_in(held, currency))


def unit_in(held: Held, currency: str) -> int:
    """How many smallest units a threshold counts as one."""
    return 10 ** money.minor_exponent(currency) if held.terms.measure.spend else 1


def gather(cursor: Any, held: Held, holder_ids: Iterable[int], kept: Mapping[int, Bookmark] | None = None) -> Measures:
    """Read everything the ladder counts for these holders; those without a membership are left out.

    What holders have that were merged into one of them counts as its own. With bookmarks `kept`, only what came since,
    where they still hold.
    """
    wanted = sorted(set(holder_ids))
    places = _places(cursor, held.program_id, wanted)
    heirs = _heirs(cursor, places)
    given = _given(cursor, held, heirs)
    after = {
        holder: mark
        for holder, mark in (kept or {}).items()
        if holder in places
        and mark.circumstances == _circumstances(held, places[holder], given.get(holder, ()), mark.since)
    }
    changes, sums = _changes(cursor, held, heirs, places, after)
    stale = [
        holder
        for holder, mark in after.items()
        if sums.get(holder, bookmarks.NOTHING) != mark.digest or any(one.undoes for one in changes[holder])
    ]
    if stale:
        theirs = {holder: heir for holder, heir in heirs.items() if heir in stale}
        anew, _ = _changes(cursor, held, theirs, places, {})
        changes |= anew
    return Measures(
        held, places, changes, given, {holder: mark for holder, mark in after.items() if holder not in stale}
    )


def _heirs(cursor: Any, holder_ids: Iterable[int]) -> Heirs:
    """Each of these holders and of those who were merged into one of them -> the one for whom it counts."""
    own = {holder: holder for holder in holder_ids}
    return own | {old: new for old, new in families.heirs_around(cursor, own).items() if new in own}


def _circumstances(held: Held, place: Place, given: Iterable[Given], since: datetime) -> str:
    hands = [(one.kind, one.place, one.at.isoformat()) for one in given if one.at < since]
    return f"{WALK} {held.id} {place.home.zone} {place.home.joined_on} {place.money} {place.counts_from} {hands}"


def _places(cursor: Any, program_id: int, holder_ids: Sequence[int]) -> dict[int, Place]:
    markets = {market.code: market for market in programs.markets_of(program_id)}
    first = next(iter(markets.values()))
    settings = Program.objects.values_list("settings", flat=True).get(pk=program_id)
    always = settings.get("earn_before_joining", True)
    cursor.execute(_HOMES, [holder_ids])
    places = {}
    for holder_id, code, joined_at in cursor.fetchall():
        market = markets.get(code, first)
        home = Home(market.timezone, periods.day_of(joined_at, market.timezone))
        places[holder_id] = Place(home, market.currency, None if always else joined_at)
    return places


def _given(cursor: Any, held: Held, heirs: Heirs) -> dict[int, list[Given]]:
    number = {step.code: place for place, step in enumerate(held.terms.steps)}
    given: dict[int, list[Given]] = defaultdict(list)
    cursor.execute(_GIVEN, [list(heirs), held.program_id])
    for holder_id, kind, step, at in cursor.fetchall():
        if step is None or step in number:  # a step of an older ladder says nothing on this one
            given[heirs[holder_id]].append(Given(at, kind, NOWHERE if step is None else number[step]))
    return given


def _changes(
    cursor: Any, held: Held, heirs: Heirs, places: dict[int, Place], after: Mapping[int, Bookmark]
) -> tuple[dict[int, list[Change]], dict[int, bookmarks.Digest]]:
    """What counts, from the bookmark on where there is one; and digests of what came before those."""
    changes: dict[int, list[Change]] = {holder: [] for holder in heirs.values()}
    sums: dict[int, bookmarks.Digest] = {}
    measure = held.terms.measure
    rows: Iterable[tuple[int, Change]] = ()
    if measure.visits:
        rows = _visits(cursor, held, heirs, places)
    elif measure.spend:
        rows = _spent(cursor, held, heirs, places)
    else:
        code = measure.currency or measure.balance
        number = next((one.id for one in programs.currencies_of(held.program_id) if one.code == code), None)
        if number is not None and measure.balance:
            rows = (
                (row[0], Change(*row[1:])) for row in courses.balance(cursor, list(changes), number)
            )  # it has moved
        elif number is not None:
            since = {holder: mark.since for holder, mark in after.items()}
            found, sums = courses.earned(cursor, heirs, number, since)
            rows = ((row[0], Change(*row[1:])) for row in found)
    for holder_id, change in rows:
        changes[holder_id].append(change)
    return changes, sums


def _visits(cursor: Any, held: Held, heirs: Heirs, places: dict[int, Place]) -> Iterable[tuple[int, Change]]:
    """The first purchase or visit of each local day; somebody came, whatever came back later."""
    seen = set()
    for holder_id, activity_id, at, day, _, _ in _activity(cursor, held, heirs, places, [PURCHASE, VISIT]):
        if (holder_id, day) not in seen:
            seen.add((holder_id, day))
            yield holder_id, Change(at, 1, activity_id)


def _spent(cursor: Any, held: Held, heirs: Heirs, places: dict[int, Place]) -> Iterable[tuple[int, Change]]:
    """Purchases in the money of the holder's home, less what came back of them."""
    from earning import returns  # frames: only where they are asked for

    counted = set()
    for holder_id, activity_id, at, _, net, currency in _activity(cursor, held, heirs, places, [PURCHASE]):
        if currency == places[holder_id].money:
            counted.add((holder_id, activity_id))
            yield holder_id, Change(at, net, activity_id)
    for old, bought, at, lost in returns.lost_by_returns(cursor, list(heirs)):
        holder_id = heirs[old]
        if (holder_id, bought) in counted and lost:
            yield holder_id, Change(at, lost, bought, undoes=True)


def _activity(
    cursor: Any, held: Held, heirs: Heirs, places: dict[int, Place], kinds: list[int]
) -> Iterable[tuple[int, int, datetime, Any, int, str]]:
    cursor.execute(_ACTIVITY, [list(heirs), held.program_id, kinds])
    for old, *row in sorted(cursor.fetchall(), key=lambda row: (heirs[row[0]], row[2], row[1])):
        since = places[heirs[old]].counts_from
        if since is None or row[1] >= since:
            yield heirs[old], *row
