"""What counts towards steps on a ladder, as plain changes: points, what is there, money spent, days of visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger import courses
from programs import queries as programs
from programs.models import Program
from tiers.course import Change, Given
from tiers.ladder import NOWHERE, Home, Ladder
from tiers.ladders import Held
from values import money, periods

PURCHASE, VISIT = 1, 3

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
    """All that a ladder counts for some holders, and the ladder as it stands for each of their moneys."""

    held: Held
    places: dict[int, Place]
    changes: dict[int, list[Change]]
    given: dict[int, list[Given]]

    def ladder_of(self, holder_id: int) -> Ladder:
        return ladder_in(self.held, self.places[holder_id].money)


def ladder_in(held: Held, currency: str) -> Ladder:
    """The ladder with thresholds in smallest units: money is written in whole ones, all else as it is counted."""
    return Ladder.of(held.terms, unit=unit_in(held, currency))


def unit_in(held: Held, currency: str) -> int:
    """How many smallest units a threshold counts as one."""
    return 10 ** money.minor_exponent(currency) if held.terms.measure.spend else 1


def gather(cursor: Any, held: Held, holder_ids: Iterable[int]) -> Measures:
    """Read everything the ladder counts for these holders; those without a membership are left out."""
    wanted = sorted(set(holder_ids))
    places = _places(cursor, held.program_id, wanted)
    known = [holder for holder in wanted if holder in places]
    changes: dict[int, list[Change]] = {holder: [] for holder in known}
    for holder_id, change in _changes(cursor, held, known, places):
        changes[holder_id].append(change)
    return Measures(held, places, changes, _given(cursor, held, known))


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


def _given(cursor: Any, held: Held, holder_ids: Sequence[int]) -> dict[int, list[Given]]:
    number = {step.code: place for place, step in enumerate(held.terms.steps)}
    given: dict[int, list[Given]] = defaultdict(list)
    cursor.execute(_GIVEN, [holder_ids, held.program_id])
    for holder_id, kind, step, at in cursor.fetchall():
        if step is None or step in number:  # a step of an older ladder says nothing on this one
            given[holder_id].append(Given(at, kind, NOWHERE if step is None else number[step]))
    return given


def _changes(
    cursor: Any, held: Held, holder_ids: Sequence[int], places: dict[int, Place]
) -> Iterable[tuple[int, Change]]:
    measure = held.terms.measure
    if measure.visits:
        return _visits(cursor, held, holder_ids, places)
    if measure.spend:
        return _spent(cursor, held, holder_ids, places)
    code = measure.currency or measure.balance
    number = next((one.id for one in programs.currencies_of(held.program_id) if one.code == code), None)
    if number is None:
        return ()
    rows = courses.earned if measure.currency else courses.balance
    return ((row[0], Change(*row[1:])) for row in rows(cursor, holder_ids, number))


def _visits(
    cursor: Any, held: Held, holder_ids: Sequence[int], places: dict[int, Place]
) -> Iterable[tuple[int, Change]]:
    """The first purchase or visit of each local day; somebody came, whatever came back later."""
    seen = set()
    for holder_id, activity_id, at, day, _, _ in _activity(cursor, held, holder_ids, places, [PURCHASE, VISIT]):
        if (holder_id, day) not in seen:
            seen.add((holder_id, day))
            yield holder_id, Change(at, 1, activity_id)


def _spent(
    cursor: Any, held: Held, holder_ids: Sequence[int], places: dict[int, Place]
) -> Iterable[tuple[int, Change]]:
    """Purchases in the money of the holder's home, less what came back of them."""
    from earning import returns  # frames: only where they are asked for

    counted = set()
    for holder_id, activity_id, at, _, net, currency in _activity(cursor, held, holder_ids, places, [PURCHASE]):
        if currency == places[holder_id].money:
            counted.add((holder_id, activity_id))
            yield holder_id, Change(at, net, activity_id)
    for holder_id, bought, at, lost in returns.lost_by_returns(cursor, list(holder_ids)):
        if (holder_id, bought) in counted and lost:
            yield holder_id, Change(at, lost, bought, undoes=True)


def _activity(
    cursor: Any, held: Held, holder_ids: Sequence[int], places: dict[int, Place], kinds: list[int]
) -> Iterable[tuple[int, int, datetime, Any, int, str]]:
    cursor.execute(_ACTIVITY, [holder_ids, held.program_id, kinds])
    for row in cursor.fetchall():
        since = places[row[0]].counts_from
        if since is None or row[2] >= since:
            yield row
