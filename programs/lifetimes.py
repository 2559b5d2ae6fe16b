"""From when points can be spent, and when they die. Pure: policies, days and zones in, instants out.

Everything is counted in whole local days of the market. Points earned on day D for n months live through the day
D + n months (after 31 January comes the end of February) and are gone at the midnight after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from values import periods

Policy = Mapping[str, Any]


# points that wait for an event wait until then, or for ever; no day of ours is later
UNTIL_SAID = datetime(9999, 1, 1, tzinfo=UTC)


def dies_at(policy: Policy | None, earned_on: date, zone: str) -> datetime | None:
    """The instant from which points earned on a local day are gone; None when they never are.

    `policy` is a currency's `expiry`: {"days": n}, {"months": n}, {"end_of": "month", "plus_months": n},
    {"table": [...]}, {"inactivity": {"months": n}} (from that day on; later activity renews), or nothing for never.
    Raises ValueError for what is no policy.
    """
    if not policy:
        return None
    return periods.begins_at(_first_day_without(policy, earned_on), zone)


def available_at(pending: Policy, occurred_at: datetime, earned_on: date, zone: str) -> datetime:
    """The instant from which points can be spent: at once, or the midnight that begins day D + n.

    `pending` is a currency's: {}, {"days": n}, or {"until": event type}, which is UNTIL_SAID as long as nobody says.
    """
    if "until" in pending:
        return UNTIL_SAID
    days = pending.get("days", 0)
    return occurred_at if days == 0 else periods.begins_at(earned_on + timedelta(days=days), zone)


def _first_day_without(policy: Policy, earned_on: date) -> date:
    one_day = timedelta(days=1)
    match policy:
        case {"days": days}:
            return earned_on + timedelta(days=days) + one_day
        case {"months": months}:
            return periods.plus_months(earned_on, months) + one_day
        case {"end_of": period}:
            # "plus n months" is again a month's end: January to March, not to 28 March by way of February
            later = periods.plus_months(periods.last_day(earned_on, period), policy.get("plus_months", 0))
            return periods.last_day(later, "month") + one_day
        case {"table": rows}:
            return _from_table(rows, earned_on)
        case {"inactivity": {"months": months}}:
            return periods.plus_months(earned_on, months) + one_day
    raise ValueError(f"no expiry policy: {dict(policy)}")


def _from_table(rows: list[Policy], earned_on: date) -> date:
    """`dies_on` of the row that holds the day; `years_later` counts from the year in which its period began."""
    day = f"{earned_on:%m-%d}"
    for row in rows:
        first, last = row["earned_from"], row["earned_to"]
        over_new_year = first > last
        if first <= day <= last or (over_new_year and (day >= first or day <= last)):
            began = earned_on.year - (1 if over_new_year and day <= last else 0)
            month, dies = map(int, row["dies_on"].split("-"))
            return date(began + row.get("years_later", 0), month, dies)
    raise ValueError(f"the expiry table says nothing about {day}")
