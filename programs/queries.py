"""What is on offer, as the rooms above ask for it: programs as rows, what they hold as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from programs import models

_CODE = re.compile(r"[-a-zA-Z0-9_]{1,40}")


@dataclass(frozen=True)
class Market:
    """A country of a program. `currency` is the money spent there; `languages[0]` is the one spoken by default."""

    id: int
    code: str
    currency: str
    languages: tuple[str, ...]
    timezone: str
    week_start: str
    minimum_age: int


@dataclass(frozen=True)
class Store:
    """A store as one program sees it: `market_code` is a market of that program and `timezone` is never empty."""

    id: int
    code: str
    names: Mapping[str, str]
    kind: str
    banner_id: int
    banner: str
    market_code: str
    timezone: str
    money: str


@dataclass(frozen=True)
class Currency:
    """A kind of points. `pending` and `expiry` are the policies `programs.lifetimes` reads; expiry None is never."""

    id: int
    code: str
    names: Mapping[str, str]
    kind: str
    money: str
    scale: int
    rounding: str
    round_per: str
    pending: Mapping[str, Any]
    expiry: Mapping[str, Any] | None
    returns: str
    unit_value: Any
    release: Mapping[str, Any]


def program_by_code(code: str) -> models.Program | None:
    """The program of that code. None for anything that cannot be a code, without asking the database."""
    if not _CODE.fullmatch(code):
        return None
    return _programs().filter(code=code).first()


def program_for_host(host: str) -> models.Program | None:
    """The program served under a host name (no port); letter case does not matter."""
    if not host or "\x00" in host or len(host) > 253:
        return None
    return _programs().filter(hosts__host__iexact=host.rstrip(".")).first()


def programs() -> QuerySet[models.Program]:
    """Every program, by code."""
    return _programs().order_by("code")


def markets_of(program_id: int) -> list[Market]:
    """The markets of a program in their order; the first is its home."""
    return [
        Market(
            row.pk, row.code, row.currency, tuple(row.languages), row.timezone, row.week_start, row.minimum_age
        )
        for row in models.Market.objects.filter(program_id=program_id)
    ]  # fmt: skip


def market_of(program_id: int, code: str) -> Market | None:
    """One market of a program."""
    return next((market for market in markets_of(program_id) if market.code == code), None)


def stores_of(program_id: int) -> list[Store]:
    """The stores of a program's banners that stand in one of its markets, by code."""
    markets = {market.code: market for market in markets_of(program_id)}
    rows = (
        models.Store.objects.filter(banner__programs=program_id, market_code__in=markets)
        .select_related("banner")
        .order_by("code")
    )
    return [
        Store(
            id=row.pk,
            code=row.code,
            names=row.names,
            kind=row.kind,
            banner_id=row.banner_id,
            banner=row.banner.code,
            market_code=row.market_code,
            timezone=row.timezone or markets[row.market_code].timezone,
            money=markets[row.market_code].currency,
        )
        for row in rows
    ]


def store_by_code(program_id: int, code: str) -> Store | None:
    """One store of a program."""
    return next((store for store in stores_of(program_id) if store.code == code), None)


def currencies_of(program_id: int) -> list[Currency]:
    """The currencies of a program in their order; the first is the default of effects and rewards."""
    return [
        Currency(
            id=row.pk,
            code=row.code,
            names=row.names,
            kind=row.kind,
            money=row.money,
            scale=row.scale,
            rounding=row.rounding,
            round_per=row.round_per,
            pending=row.pending,
            expiry=row.expiry,
            returns=row.returns,
            unit_value=row.unit_value,
            release=row.release,
        )
        for row in models.Currency.objects.filter(program_id=program_id)
    ]


def _programs() -> QuerySet[models.Program]:
    return models.Program.objects.select_related("population").prefetch_related("banners")
