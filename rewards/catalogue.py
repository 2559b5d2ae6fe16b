"""Which rewards a program offers: put there by its playbook, read back as documents, counted where there is a stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from audit import trail
from programs import queries as programs
from programs.models import Program
from programs.queries import Market
from programs.terms import NoTerms, sentences
from rewards import markets, models
from rewards.markets import ThereTerms
from rewards.terms import Reward, contradictions
from values import periods

Own = Mapping[str, Mapping[str, ThereTerms]]
"""market code -> reward code -> what differs there."""


@dataclass(frozen=True)
class Offer:
    """A reward that is on offer in a market: its row, its terms there, and what each budget it draws on allows."""

    reward_id: int
    code: str
    names: Mapping[str, str]
    terms: Reward
    budgets: Mapping[str, int]


def put(
    *, program: Program, documents: Iterable[Reward | Mapping[str, Any]], there: Own | None = None, now: datetime,
    by: str,
) -> list[str]:  # fmt: skip
    """Offer exactly these rewards, in this order; the codes of those that are new, changed or no longer offered.

    `there` is what differs by market. A reward left out is withdrawn: nobody can take it any more, vouchers in hand
    stay. A stock counts what is taken from the day it was first declared, and so does a budget. Raises NoTerms, naming
    the reward and the field.
    """
    asked = _checked(program, documents, there or {})
    places = programs.markets_of(program.pk)
    language = places[0].languages[0]
    changed: list[str] = []
    with transaction.atomic():
        known = {row.code: row for row in models.Reward.objects.select_for_update().filter(program=program)}
        for place, terms in enumerate(asked):
            row = known.pop(terms.code, None) or models.Reward(program=program, code=terms.code)
            own = {code: said[terms.code] for code, said in sorted((there or {}).items()) if terms.code in said}
            values = {
                "names": _names(terms, language), "document": terms.document(), "offered": True,
                "markets": {code: document for code, said in own.items() if (document := said.document())},
            }  # fmt: skip
            if any(getattr(row, field) != value for field, value in values.items()) or row.pk is None:
                _save(row, now, position=place, **values)
                changed.append(terms.code)
            elif row.position != place:  # where it stands among the others is no change of its own
                row.position = place
                row.save(update_fields=["position"])
            if terms.stock is not None:
                _count(row, terms.stock)
            for unit, allowed in _budgets(terms, own, places).items():
                _allow(row, unit, allowed)
        for row in known.values():
            if row.offered:
                _save(row, now, offered=False)
                changed.append(row.code)
        if changed:
            trail.record(
                action="rewards.put", actor=by, obj=("program", program.pk), at=now, data={"rewards": changed}
            )  # fmt: skip
    return changed


def documents_of(program: Program) -> list[dict[str, Any]]:
    """The rewards on offer as they were written, in their order: what `put` takes."""
    return [row.document for row in models.Reward.objects.filter(program=program, offered=True)]


def there_of(program: Program) -> dict[str, dict[str, Any]]:
    """What differs by market, as it was written: market code -> reward code -> document."""
    found: dict[str, dict[str, Any]] = {}
    for row in models.Reward.objects.filter(program=program, offered=True):
        for code, said in row.markets.items():
            found.setdefault(code, {})[row.code] = said
    return found


def names_of(program_id: int) -> dict[str, Mapping[str, str]]:
    """The names of a program's rewards by code, withdrawn ones too: vouchers of theirs may be in hand."""
    return dict(models.Reward.objects.filter(program_id=program_id).values_list("code", "names"))


def offers_of(program_id: int, market_code: str, now: datetime) -> list[Offer]:
    """What can be taken in a market on its local day of `now`, by whomever, at its price and in its money.

    Markets with another money than the first one offer what is worth something there by its own words.
    """
    places = programs.markets_of(program_id)
    market = next((market for market in places if market.code == market_code), None)
    if market is None:
        return []
    today = periods.day_of(now, market.timezone)
    rows = models.Reward.objects.filter(program_id=program_id, offered=True)
    offers = (_offer(row, market, places[0].currency) for row in rows)
    return [offer for offer in offers if offer is not None and _on(offer.terms, today)]


def _offer(row: models.Reward, market: Market, first_money: str) -> Offer | None:
    terms, said = Reward.model_validate(row.document), markets.NOTHING
    if market.code in row.markets:
        said = ThereTerms.model_validate(row.markets[market.code])
    shares = market.currency == first_money
    merged = markets.there(terms, said, shares_money=shares)
    if merged is None:
        return None
    return Offer(
        row.pk, row.code, row.names, merged, markets.budgets_of(terms, said, market, shares_money=shares)
    )  # fmt: skip


def _budgets(terms: Reward, own: Mapping[str, ThereTerms], places: Sequence[Market]) -> dict[str, int]:
    """Every budget a reward has, of the program and of markets."""
    found: dict[str, int] = {}
    for market in places:
        shares = market.currency == places[0].currency
        found |= markets.budgets_of(terms, own.get(market.code, markets.NOTHING), market, shares_money=shares)
    return found


def _on(terms: Reward, today: Any) -> bool:
    days = terms.valid
    if days is None:
        return True
    return (days.from_ is None or days.from_ <= today) and (days.until is None or today <= days.until)


def _checked(program: Program, documents: Iterable[Reward | Mapping[str, Any]], there: Own) -> list[Reward]:
    currencies = {row.code: (row.kind, row.release) for row in programs.currencies_of(program.pk)}
    moneys = {market.code: market.currency for market in programs.markets_of(program.pk)}
    money = next(iter(moneys.values()))
    asked: list[Reward] = []
    wrong: list[str] = []
    for place, document in enumerate(documents):
        try:
            terms = document if isinstance(document, Reward) else Reward.model_validate(document)
        except ValidationError as refused:
            wrong += [_told(place, path, message) for path, message in sentences(refused, document)]
            continue
        wrong += [_told(place, path, message) for path, message in contradictions(terms, currencies, money)]
        if terms.code in {other.code for other in asked}:
            wrong.append(_told(place, ("code",), f"{terms.code!r} is there twice"))
        asked.append(terms)
        for code, said in there.items():
            if terms.code in said:
                told = markets.contradictions_there(terms, said[terms.code], currencies, moneys[code], money)
                wrong += [_told(place, (code, *path), message) for path, message in told]
    if wrong:
        raise NoTerms("; ".join(wrong))
    return asked


def _told(place: int, path: Iterable[str | int], message: str) -> str:
    return f"rewards[{place}]{''.join(f'.{part}' for part in path)}: {message}"


def _names(terms: Reward, language: str) -> dict[str, str]:
    match terms.name:
        case None:
            return {language: terms.code}
        case str(name):
            return {language: name}
        case names:
            return dict(names)


def _save(row: models.Reward, now: datetime, **values: Any) -> None:
    for field, value in values.items():
        setattr(row, field, value)
    row.changed_at = now
    row.save()


def _count(row: models.Reward, stock: int) -> None:
    """The ceiling never falls below what is taken: the row's check would refuse it; the terms decide all the same."""
    counted, made = models.Stock.objects.select_for_update().get_or_create(reward=row, defaults={"stock": stock})
    ceiling = max(stock, counted.taken)
    if not made and counted.stock != ceiling:
        counted.stock = ceiling
        counted.save(update_fields=["stock"])


def _allow(row: models.Reward, unit: str, allowed: int) -> None:
    """As with a stock: never below what is spent."""
    budget, made = models.Spent.objects.select_for_update().get_or_create(
        reward=row, unit=unit, defaults={"allowed": allowed}
    )
    ceiling = max(allowed, budget.spent)
    if not made and budget.allowed != ceiling:
        models.Spent.objects.filter(reward=row, unit=unit).update(allowed=ceiling)
