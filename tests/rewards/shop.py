"""A program with rewards, and members with points. Import as `from tests.rewards import shop`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from ledger import posting, queries
from members import enrolment
from programs import queries as programs
from programs.models import Program
from rewards import catalogue, redemption

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)  # 11 o'clock in Paris
BY = "test"
_KEYS = count()


@dataclass(frozen=True)
class Member:
    membership_id: int
    holder_id: int
    program_id: int

    def earn(self, amount: int, currency: str = "points", **dates: Any) -> None:
        posting.earn(
            holder_id=self.holder_id, currency_id=currency_id(self.program_id, currency), amount=amount,
            key=f"earn {next(_KEYS)}", now=dates.pop("now", NOW), actor=BY, **dates,
        )  # fmt: skip

    def balance(self, now: datetime = NOW, currency: str = "points") -> int:
        wanted = currency_id(self.program_id, currency)
        return sum(one.available for one in queries.balances(self.holder_id, now) if one.currency_id == wanted)

    def hold(self, reward: str = "minus5", key: str = "k", now: datetime = NOW, **more: Any) -> redemption.Held:
        return redemption.hold(
            membership_id=self.membership_id, reward=reward, key=key, channel="web", now=now, by=BY, **more
        )

    def redeem(self, reward: str = "minus5", key: str = "k", now: datetime = NOW, **more: Any) -> redemption.Redeemed:
        return redemption.redeem(
            membership_id=self.membership_id, reward=reward, key=key, channel="web", now=now, by=BY, **more
        )

    def confirm(self, key: str = "k", now: datetime = NOW) -> redemption.Redeemed:
        return redemption.confirm(membership_id=self.membership_id, key=key, now=now, by=BY)

    def release(self, key: str = "k", now: datetime = NOW) -> None:
        redemption.release(membership_id=self.membership_id, key=key, now=now, by=BY)


def currency_id(program_id: int, code: str) -> int:
    return next(currency.id for currency in programs.currencies_of(program_id) if currency.code == code)


def member(program: Program, points: int = 0, **fields: Any) -> Member:
    """A new member with points that never die."""
    made = enrolment.enrol(
        program=program, now=fields.pop("now", NOW), by=BY, **{"channel": "store", "market_code": "FR", **fields}
    )
    found = Member(made.pk, made.holders.get().holder_id, program.pk)
    if points:
        found.earn(points)
    return found


def reward(**changes: Any) -> dict[str, Any]:
    """A reward's document: 500 points for 5 euros, alive for 60 days."""
    written = {
        "code": "minus5", "kind": "voucher", "cost": {"points": 500}, "value": {"amount": "5.00"}, "valid_days": 60,
        **changes,
    }  # fmt: skip
    return {key: value for key, value in written.items() if value is not None}


def offer(program: Program, *rewards: dict[str, Any], now: datetime = NOW) -> list[str]:
    return catalogue.put(program=program, documents=rewards or (reward(),), now=now, by=BY)
