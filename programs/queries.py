"""What is on offer, as the rooms above ask for it: programs as rows, what they hold as frozen values."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from programs import models

_CODE = re.compile(r"[-a-zA-Z0-9_]{1,40}")

# asked for with every receipt and every page: in SQL they cost a third of what they cost as models
_MARKETS = """
SELECT id, code, currency, languages, timezone, week_start, minimum_age FROM market
WHERE program_id = %s ORDER BY position, id
"""
_STORES = """
SELECT store.id, store.code, store.names, store.kind, banner.id, banner.code, market.code,
       coalesce(nullif(store.timezone, ''), market.timezone), market.currency
FROM program_banner
JOIN banner ON banner.id = program_banner.banner_id
JOIN store ON store.banner_id = banner.id
JOIN market ON market.program_id = program_banner.program_id AND market.code = store.market_code
WHERE program_banner.program_id = %s ORDER BY store.code
"""
_CURRENCIES = """
SELECT id, code, names, kind, money, scale, rounding, round_per, pending, expiry, returns, unit_value, release
FROM currency WHERE program_id = %s ORDER BY position, id
"""
_SETTINGS = "SELECT settings FROM program WHERE id = %s"


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
        Market(number, code, money, tuple(json.loads(languages)), zone, week_start, age)
        for number, code, money, languages, zone, week_start, age in _rows(_MARKETS, program_id)
    ]


def market_of(program_id: int, code: str) -> Market | None:
    """One market of a program."""
    return next((market for market in markets_of(program_id) if market.code == code), None)


def stores_of(program_id: int) -> list[Store]:
    """The stores of a program's banners that stand in one of its markets, by code."""
    return [Store(number, code, json.loads(names), *rest) for number, code, names, *rest in _rows(_STORES, program_id)]


def store_by_code(program_id: int, code: str) -> Store | None:
    """One store of a program."""
    return next((store for store in stores_of(program_id) if store.code == code), None)


def places_of_stores(codes: Collection[str]) -> dict[str, tuple[str, str]]:
    """(banner, market) of stores, by their codes, as rights ask for them."""
    rows = models.Store.objects.filter(code__in=codes).values_list("code", "banner__code", "market_code")
    return {code: (banner, market) for code, banner, market in rows}


def currencies_of(program_id: int) -> list[Currency]:
    """The currencies of a program in their order; the first is the default of effects and rewards."""
    return [
        Currency(
            number, code, json.loads(names), kind, money, scale, rounding, round_per,
            json.loads(pending), expiry and json.loads(expiry), returns, unit_value and json.loads(unit_value),
            json.loads(release),
        )
        for number, code, names, kind, money, scale, rounding, round_per, pending, expiry, returns, unit_value, release
        in _rows(_CURRENCIES, program_id)
    ]  # fmt: skip


def settings_of(program_id: int) -> dict[str, Any]:
    """How a program counts, as `programs.terms.Settings` writes it."""
    return {key: value for (text,) in _rows(_SETTINGS, program_id) for key, value in json.loads(text).items()}


def is_practice(program_id: int) -> bool:
    """Whether this is a program to train on: in no report, no feed, and writing to staff alone."""
    return bool(settings_of(program_id).get("practice"))


def _rows(query: str, program_id: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, [program_id])
        return list(cursor.fetchall())


def _programs() -> QuerySet[models.Program]:
    return models.Program.objects.select_related("population").prefetch_related("banners")
