"""What every record of a system is taken with: the program's markets, stores and steps, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from members.newcomers import Desk
from programs import asking
from programs import queries as programs
from programs.models import Program
from programs.queries import Market, Store
from replication.lots import Ledger
from replication.mapping import CANONICAL, Mapping
from replication.models import Run, System
from replication.records import Record, Surroundings
from replication.refusals import RecordRefused
from tiers import granting

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours the clock of a system may be."""


@dataclass(frozen=True)
class Room:
    """`run` is None before it is written down: a dry run that only reads."""

    system: System
    program: Program
    desk: Desk
    around: Surroundings
    markets: dict[str, Market]
    stores: dict[str, Store]
    steps: frozenset[str]
    tastes: frozenset[str]
    ledger: Ledger
    run: Run
    now: datetime
    by: str

    @property
    def channel(self) -> str:
        return str(self.system.channel)

    def market_of(self, record: Record, default: str | None = None) -> Market:
        """The market a record is of: as it says, as its store says, as it was, or the program's home."""
        store = self.stores.get(record.store or "")
        code = record.market or (store.market_code if store else None) or default
        if code is None:
            return next(iter(self.markets.values()))
        try:
            return self.markets[code]
        except KeyError:
            raise RecordRefused("NotOffered", "market", f"{code[:10]!r} is no market of the program") from None

    def store_of(self, record: Record) -> Store | None:
        if not record.store:
            return None
        try:
            return self.stores[record.store]
        except KeyError:
            raise RecordRefused("NotOffered", "store", f"{record.store[:40]!r} is no store of the program") from None

    def check_said(self, record: Record) -> None:
        """Raises RecordRefused for a step, a store or a taste that the program does not have, and for what is said to
        have happened later than now: an answer of next year would count against every one to come."""
        if record.tier and record.tier not in self.steps:
            raise RecordRefused("UnknownStep", "tier", f"{record.tier[:40]!r} is no step of the program's ladder")
        self.store_of(record)
        for code in record.tastes or ():
            if code not in self.tastes:
                raise RecordRefused("NotOffered", "tastes", f"{code[:40]!r} is no taste of the program's list")
        moments = [("joined_at", record.joined_at), ("tier_since", record.tier_since),
                   ("email_verified_at", record.email_verified_at),
                   *(("consents.at", answer.given_at) for answer in record.consents)]  # fmt: skip
        for field, moment in moments:
            if moment is not None and moment > self.now + CLOCKS_DIFFER:
                raise RecordRefused("InTheFuture", field, f"{moment.isoformat()} is yet to come")


def around(program: Program, system: System, mapping: Mapping | None = None) -> Surroundings:
    """What the words of a record mean."""
    return Surroundings(
        currencies={one.code: (one.id, one.scale) for one in programs.currencies_of(program.pk)},
        timezone=programs.markets_of(program.pk)[0].timezone,
        moments=system.versions == System.Versions.MOMENT,
        mapping=mapping or CANONICAL,
    )


def enter(run: Run, *, mapping: Mapping | None = None, now: datetime, by: str) -> Room:
    """The room in which the records of a run are taken."""
    system = run.system
    program = programs.programs().get(pk=system.program_id)
    words = around(program, system, mapping)
    return Room(
        system=system,
        program=program,
        desk=Desk(program, now),
        around=words,
        markets={market.code: market for market in programs.markets_of(program.pk)},
        stores={store.code: store for store in programs.stores_of(program.pk)},
        steps=granting.steps_of(program.pk),
        tastes=frozenset(asking.tastes_of(program)),
        ledger=Ledger(system.pk, words.timezone, now, by),
        run=run,
        now=now,
        by=by,
    )
