"""A program with a ladder, members who climb it by real receipts, and what is known of them afterwards.

Import as `from tests.tiers import ladders`.
"""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from earning import standing
from ledger import posting
from programs import queries as programs
from tests.earning import world
from tests.earning.world import World
from tiers import ladders, queries
from tiers.terms import Tiers

PARIS = ZoneInfo("Europe/Paris")
STATUS = "- {code: status, trigger: purchase, earn: {per_amount: {points: 1}, currency: status}}"
_numbers = itertools.count(1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def steps(**thresholds: Any) -> list[dict[str, Any]]:
    """silver=100 or silver=(100, 80) with a threshold to keep it."""
    return [
        {"code": code, "from": least} if isinstance(least, int) else {"code": code, "from": least[0], "keep": least[1]}
        for code, least in thresholds.items()
    ]


def make(
    *, rules: str = STATUS, joined: str = "2025-01-01T09:00", members: tuple[str, ...] = ("anna",), **document: Any
) -> World:
    """A program whose ladder is `document`, on status points unless it says otherwise."""
    now = local(joined)
    here = world.make(rules, now=now, members=members)
    put(here, now=now, **document)
    return here


def put(here: World, *, now: datetime, **document: Any) -> bool:
    document = {"measure": {"currency": "status"}, **document}
    return ladders.put(program=here.program, document=Tiers.model_validate(document), now=now, by="test")


def buy(here: World, at: str, amount: Any, *, member: str = "anna", now: datetime | None = None) -> str:
    """A receipt of so many euros, scored a second later; its number."""
    receipt = f"T{next(_numbers)}"
    moment = now or local(at) + timedelta(seconds=1)
    here.buy(receipt, at, ("a", amount), member=member, now=moment)
    world.drained(moment)
    return receipt


def bring_back(here: World, at: str, receipt: str, amount: Any, *, member: str = "anna") -> None:
    moment = local(at) + timedelta(seconds=1)
    row = {
        "receipt_id": f"B{next(_numbers)}", "occurred_at": at, "store": "s1", "kind": "return", "sku": "a",
        "quantity": "-1", "gross": f"-{amount}", "original_receipt_id": receipt, "member": f"{member}-0001",
    }  # fmt: skip
    from activity import single

    outcome = single.land_one([row], source=here.source, program=here.program, now=moment)
    assert outcome.state == "landed", outcome
    world.drained(moment)


def adjust(here: World, at: str, amount: int, *, currency: str = "status", member: str = "anna") -> None:
    number = next(one.id for one in programs.currencies_of(here.program.pk) if one.code == currency)
    posting.adjust(
        holder_id=holder(here, member), currency_id=number, amount=amount, key=f"k{next(_numbers)}", now=local(at),
        actor="test",
    )  # fmt: skip


def holder(here: World, member: str = "anna") -> int:
    return here.holders[f"{member}-0001"]


def step(here: World, at: str, member: str = "anna") -> str | None:
    return queries.step_of(holder(here, member), here.program.pk, local(at))


def course(here: World, member: str = "anna") -> list[tuple[str | None, str, str]]:
    """(step, local moment, reason) of the whole history, what is planned included."""
    stood = queries.history_of(holder(here, member), here.program.pk)
    return [(one.step, f"{one.from_at.astimezone(PARIS):%Y-%m-%d %H:%M}", one.reason) for one in stood]


def close(here: World, at: str) -> int:
    return standing.close_windows(program=here.program, now=local(at))
