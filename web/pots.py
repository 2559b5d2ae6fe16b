"""What a holder has, in words a page can print: one pot per currency, its pending part, what expires when."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import get_language

from ledger import queries as ledger
from programs import queries as programs
from values import texts
from web.formats import Formats

SOON = timedelta(days=30)
SHOWN_LOTS = 3
SHOWN_WITHIN = timedelta(days=400)


@dataclass(frozen=True)
class Unit:
    """A currency of points as a page names and writes it."""

    id: int
    code: str
    name: str
    kind: str
    money: str
    scale: int

    @property
    def is_cash(self) -> bool:
        return self.kind == "cash"

    def counted(self, amount: int) -> str:
        """The name as it stands behind that amount, in small letters: one point, 58 points.

        Only the word "points" is known to have a singular; other names of marketing's choice stay as they are.
        """
        units = abs(Decimal(amount).scaleb(-self.scale))
        single = units < 2 if (get_language() or "en").startswith("fr") else units == 1
        name = self.name.lower()
        return re.sub(r"\bpoints\b", "point", name) if single else name

    def write(self, formats: Formats, amount: int, *, signed: bool = False) -> str:
        """The amount in this unit: `1 240`, or `8,60 €` for a cash pot."""
        if self.is_cash and self.money:
            return formats.money(amount, self.money, signed=signed)
        if self.scale:
            text = formats.number(Decimal(amount).scaleb(-self.scale))
            return f"+{text}" if signed and amount > 0 else text
        return formats.signed(amount) if signed else formats.number(amount)


@dataclass(frozen=True)
class Lot:
    """Points that die on the same day: `on` is the last day they live, in the market's zone."""

    amount: str
    on: date
    soon: bool


@dataclass(frozen=True)
class Pot:
    unit: Unit
    available: int
    pending: int
    debt: int
    next_available_at: datetime | None
    lots: tuple[Lot, ...]

    @property
    def name(self) -> str:
        return self.unit.name

    @property
    def is_cash(self) -> bool:
        return self.unit.is_cash

    @property
    def soonest(self) -> Lot | None:
        return self.lots[0] if self.lots else None


def units_of(program_id: int) -> dict[int, Unit]:
    """The currencies of a program by id, in their order, named in the language being spoken."""
    language = get_language() or "en"
    return {
        row.id: Unit(row.id, row.code, texts.in_language(row.names, language, row.code), row.kind, row.money, row.scale)
        for row in programs.currencies_of(program_id)
    }


def pots_of(holder_id: int, units: Iterable[Unit], formats: Formats, now: datetime) -> list[Pot]:
    """What can be spent, currency by currency; status points are no pot."""
    balances = {balance.currency_id: balance for balance in _balances(holder_id, now)}
    pots = []
    for unit in units:
        if unit.kind == "status":
            continue
        balance = balances.get(unit.id)
        if balance is None:
            pots.append(Pot(unit, 0, 0, 0, None, ()))
            continue
        lots = tuple(
            Lot(unit.write(formats, amount), last_day(dies_at, formats.zone), dies_at - now <= SOON)
            for dies_at, amount in balance.expiring[:SHOWN_LOTS]
        )
        pots.append(Pot(unit, balance.available, balance.pending, balance.debt, balance.next_available_at, lots))
    return pots


def _balances(holder_id: int, now: datetime) -> list[ledger.Balance]:
    return ledger.balances_of([holder_id], now, expiring_within=SHOWN_WITHIN).get(holder_id, [])


def last_day(dies_at: datetime, zone: ZoneInfo) -> date:
    """Points gone at the midnight after a day are said to live through that day."""
    return (dies_at.astimezone(zone) - timedelta(microseconds=1)).date()
