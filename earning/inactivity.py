"""Points that live while their holder stays active: `expiry: {inactivity: {months: n, renewed_by: [purchase]}}`.

Points live n months from the day they were earned, and n months from each renewing day that finds them alive. A gap of
more than n months between two such days ends them, also when what lies in the gap becomes known later.
`renewed_by` names kinds of activity (purchase, visit) or event types (`review` or `event:review`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from earning import kin
from earning.batches import EVENT, PURCHASE, VISIT
from earning.terms import Terms
from ledger import families, prolonging
from programs.queries import Currency
from values import periods

_KINDS = {"purchase": PURCHASE, "visit": VISIT}
# of each holder its own activity, and that of whom its points came from (earning.kin)
_DAYS = """
SELECT DISTINCT s.holder_id, a.occurred_on
FROM unnest(%s::bigint[], %s::bigint[], %s::date[]) AS s (holder_id, source_id, until_on)
JOIN attribution AS t ON t.holder_id = s.source_id AND (s.until_on IS NULL OR t.occurred_on <= s.until_on)
JOIN activity AS a ON a.activity_id = t.activity_id AND a.occurred_on = t.occurred_on
WHERE t.ended_at IS NULL AND (a.kind = ANY(%s) OR (a.kind = %s AND a.event_type = ANY(%s)))
ORDER BY 1, 2
"""


def last_day(earned_on: date, months: int, active_on: Sequence[date]) -> date:
    """The last day that points earned on `earned_on` live, given the sorted days on which their holder was active."""
    last = periods.plus_months(earned_on, months)
    for day in active_on[bisect_left(active_on, earned_on) :]:
        if day > last:
            break
        last = max(last, periods.plus_months(day, months))
    return last


def of(terms: Terms) -> list[Currency]:
    """The currencies of a program whose points live by activity."""
    return [one for one in terms.currencies.values() if "inactivity" in (one.expiry or {})]


def keep_alive(cursor: Any, earned: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """`earned` (with expires_at) with the deaths that renewing days give to points earned before them."""
    for currency in of(terms):
        own = pl.col("currency_id") == currency.id
        rows = earned.filter(own)
        if rows.is_empty():
            continue
        days = _active_days(cursor, rows["holder_id"].unique().to_list(), currency)
        months = _months(currency)
        deaths = [
            _midnight_after(last_day(day, months, days.get(holder, [])), zone)
            for holder, day, zone in rows.select("holder_id", "local_date", "zone").iter_rows()
        ]
        places = pl.Series(earned.with_row_index("at").filter(own)["at"])
        expires = earned["expires_at"].clone().scatter(places, pl.Series(deaths, dtype=pl.Datetime("us", "UTC")))
        earned = earned.with_columns(pl.max_horizontal("expires_at", expires).alias("expires_at"))
    return earned


def renew(cursor: Any, activities: pl.DataFrame, terms: Terms, *, now: datetime) -> int:
    """Prolong what the holders of these activities (with zone) have alive at `now`. Returns how many lots changed."""
    changed = 0
    zones, renewed = dict(activities.select("holder_id", "zone").iter_rows()), of(terms)
    for old, heir in families.heirs_around(cursor, zones).items() if zones and renewed else ():
        if old in zones:  # its points lie with whoever stands for it
            zones.setdefault(heir, zones[old])
    for currency in renewed if zones else ():
        lots = prolonging.dying(cursor, zones, [currency.id], now=now)
        days = _active_days(cursor, sorted({lot.holder_id for lot in lots}), currency)
        months = _months(currency)
        deaths = (
            (lot, _midnight_after(last_day(lot.occurred_on, months, days.get(lot.holder_id, [])), zones[lot.holder_id]))
            for lot in lots
        )
        changed += prolonging.prolong(cursor, deaths, now=now)
    return changed


def _active_days(cursor: Any, holder_ids: Iterable[int], currency: Currency) -> dict[int, list[date]]:
    named = (currency.expiry or {})["inactivity"].get("renewed_by") or ["purchase"]
    kinds = [_KINDS[name] for name in named if name in _KINDS]
    events = [name.removeprefix("event:") for name in named if name not in _KINDS]
    wanted = list(holder_ids)
    sources = [(holder, holder, None) for holder in wanted] + kin.sources_of(cursor, wanted)
    columns = [list(column) for column in zip(*sources, strict=True)] or [[], [], []]
    cursor.execute(_DAYS, [*columns, kinds, EVENT, events])
    days: dict[int, list[date]] = {}
    for holder_id, day in cursor.fetchall():
        days.setdefault(holder_id, []).append(day)
    return days


def _months(currency: Currency) -> int:
    return int((currency.expiry or {})["inactivity"]["months"])


def _midnight_after(day: date, zone: str) -> datetime:
    return periods.begins_at(day + timedelta(days=1), zone)
