"""Whether a reward's `when` holds for a member at a moment: the rules' conditions, read over one member's facts.

A comparison with a fact that is not known is false, so its `not` is true; only `is_set` asks whether it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from members.models import Member, Membership
from programs.queries import Market
from rules_engine.core.catalogue import WEEKDAYS
from rules_engine.core.conditions import All, AnyOf, Comparison, Condition, Not
from tiers import queries as tiers
from values import periods

_ONE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, asked: found == asked,
    "ne": lambda found, asked: found != asked,
    "lt": lambda found, asked: found < asked,
    "le": lambda found, asked: found <= asked,
    "gt": lambda found, asked: found > asked,
    "ge": lambda found, asked: found >= asked,
    "between": lambda found, asked: asked[0] <= found <= asked[1],
    "in": lambda found, asked: found in asked,
    "not_in": lambda found, asked: found not in asked,
    "starts_with": lambda found, asked: found.startswith(asked),
    "contains": lambda found, asked: asked in found,
}


def meets(condition: Condition | None, facts: Mapping[str, Any]) -> bool:
    """Whether the condition holds; a fact with several values meets a comparison when one of them does."""
    match condition:
        case None:
            return True
        case All(all=parts):
            return all(meets(part, facts) for part in parts)
        case AnyOf(any=parts):
            return any(meets(part, facts) for part in parts)
        case Not(not_=inner):
            return not meets(inner, facts)
        case Comparison(fact=name):
            return _compared(condition, facts.get(name))
    raise ValueError(f"a reward cannot ask this: {condition}")


def _compared(asked: Comparison, found: Any) -> bool:
    known = found is not None and found != ()
    if asked.operator == "is_set":
        return known is asked.value
    if not known:
        return False
    holds = _ONE[asked.operator]
    values = found if isinstance(found, tuple) else (found,)
    return any(holds(value, asked.value) for value in values)


def facts_of(membership: Membership, holder_id: int, market: Market, *, channel: str, now: datetime) -> dict[str, Any]:
    """Everything a reward may ask of this member now; None where it is not known."""
    local = now.astimezone(periods.zone(market.timezone))
    today, born = local.date(), membership.member.birth_date
    return {
        "market": market.code,
        "receipt.channel": channel or None,
        "calendar.date": today,
        "calendar.weekday": WEEKDAYS[today.weekday()],
        "calendar.hour": local.hour,
        "calendar.month": today.month,
        "calendar.day": today.day,
        "member.tier": tiers.step_of(holder_id, membership.program_id, now),
        "member.segment": (),
        "member.age": None if born is None else _age(born, today),
        "member.birthday_month": None if born is None else born.month == today.month,
        "member.joined_days": (today - membership.joined_at.date()).days,
        "member.home_store": membership.home_store.code if membership.home_store else None,
        "member.language": _language(membership.member),
    }


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _language(member: Member) -> str | None:
    return member.language or None
