"""Members with points in the ledger, for households and merges. Import as `from tests.members import people`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from ledger import auditing, posting, queries
from members import enrolment, pooling
from members.models import Membership

_keys = count(1)


def enrol(program: Any, now: datetime, first_name: str = "Anna", **more: Any) -> Membership:
    """A member of the program's French market, in store s1 unless said."""
    return enrolment.enrol(
        program=program, channel="store", now=now, by="test", first_name=first_name, market_code="FR", **more
    )


def holder(membership: Membership) -> int:
    return pooling.holder_of(membership.pk)


def points_of(program: Any) -> int:
    return int(program.currencies.get(code="points").pk)


def give(
    membership: Membership, amount: int, now: datetime, *, days: int = 100, currency_id: int | None = None
) -> None:
    """Points that die so many days from now."""
    posting.earn(
        holder_id=holder(membership), currency_id=currency_id or points_of(membership.program), amount=amount,
        key=f"gift {next(_keys)}", now=now, actor="test", expires_at=now + timedelta(days=days),
    )  # fmt: skip


def spend(membership: Membership, amount: int, now: datetime) -> None:
    posting.spend(
        holder_id=holder(membership), currency_id=points_of(membership.program), amount=amount,
        key=f"spend {next(_keys)}", now=now, actor="test",
    )  # fmt: skip


def points(membership: Membership, now: datetime) -> tuple[int, int]:
    """(available, debt)"""
    wanted = points_of(membership.program)
    pots = queries.balances(holder(membership), now)
    return next(((one.available, one.debt) for one in pots if one.currency_id == wanted), (0, 0))


def lots(membership: Membership, now: datetime) -> list[tuple[int, date | None]]:
    """(points left, the day they die) of each lot, in the order in which they are spent."""
    found = queries.lots(holder(membership), [points_of(membership.program)], now)
    return [(lot.remaining, lot.expires_at and lot.expires_at.date()) for lot in found]


def sound() -> None:
    assert list(auditing.differences()) == []
