"""What a program has given so far: points by rule, balances by currency, what it owes by market."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from ledger import totals
from members import queries as members
from programs import queries as programs
from programs.models import Program
from tiers import queries as tiers
from values.money import minor_exponent

_RECEIPTS = """
SELECT count(*) FILTER (WHERE a.kind = 1), count(*) FILTER (WHERE a.kind = 2), coalesce(sum(cardinality(a.states)), 0)
FROM activity AS a JOIN source_program AS fed ON fed.source_id = a.source_id WHERE fed.program_id = %s
"""
_POINTS = """
SELECT currency.code, rule.code, (coalesce(sum(posted) FILTER (WHERE posted > 0), 0) + sum(taken_back))::bigint,
       (coalesce(-sum(posted) FILTER (WHERE posted < 0), 0) + sum(taken_back))::bigint
FROM award JOIN rule ON rule.id = award.rule_id JOIN currency ON currency.id = award.currency_id
WHERE rule.program_id = %s GROUP BY currency.position, currency.code, rule.code ORDER BY currency.position, rule.code
"""


def of(program: Program, *, now: datetime) -> dict[str, Any]:
    """`{program, members, steps, receipts, returns, lines, points, balances, liability}`; amounts in smallest units.

    steps: how many stand on each step of the ladder, "" below the lowest; empty without a ladder.
    points: currency -> rule -> {granted, taken_back}, whose difference stands. liability: market -> minor units of its
    currency, the available and pending points at their value per unit, and cash pots as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPTS, [program.pk])
        receipts, returns, lines = cursor.fetchone()
        cursor.execute(_POINTS, [program.pk])
        points: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
        for currency, rule, granted, taken_back in cursor.fetchall():
            points[currency][rule] = {"granted": granted, "taken_back": taken_back}
    balances, liability = _pots(program, now)
    return {
        "program": program.code,
        "members": program.memberships.count(),
        "steps": _steps(program, now),
        "receipts": receipts,
        "returns": returns,
        "lines": int(lines),
        "points": dict(points),
        "balances": balances,
        "liability": liability,
    }


def _steps(program: Program, now: datetime) -> dict[str, int]:
    codes = [code for code, _ in tiers.steps(program.pk)]
    if not codes:
        return {}
    holders = {one for some in members.holders_by_market(program.pk).values() for one in some}
    found = Counter(tiers.steps_of(holders, program.pk, now).values())
    nowhere = {"": found[None]} if found[None] else {}
    return nowhere | {code: found[code] for code in codes}


def _pots(program: Program, now: datetime) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    currencies = {currency.id: currency for currency in programs.currencies_of(program.pk)}
    markets = {market.code: market for market in programs.markets_of(program.pk)}
    balances = {one.code: {"available": 0, "pending": 0, "debt": 0} for one in currencies.values()}
    owed: dict[str, Decimal] = {code: Decimal(0) for code in markets}
    for market_code, holder_ids in members.holders_by_market(program.pk).items():
        for total in totals.of(holder_ids, now):
            currency = currencies.get(total.currency_id)
            if currency is None:
                continue
            parts = balances[currency.code]
            parts["available"] += total.available
            parts["pending"] += total.pending
            parts["debt"] += total.debt
            if market_code in markets:
                money = markets[market_code].currency
                owed[market_code] += worth(currency, total.available + total.pending, market_code, money)
    return balances, {code: int(amount) for code, amount in owed.items()}


def worth(currency: programs.Currency, points: int, market_code: str, money: str) -> Decimal:
    """What points are worth in a market, in minor units of its money; a cash pot counts where its money does."""
    if currency.kind == "cash":
        return Decimal(points) if currency.money == money else Decimal(0)
    each = currency.unit_value
    if isinstance(each, dict):
        each = each.get(market_code)
    return Decimal(0) if each is None else Decimal(str(each)) * points * 10 ** minor_exponent(money)
