"""Points and money as letters write them: in the language in which the letter is being written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from babel import numbers
from django.utils.translation import get_language

from programs import queries as programs
from programs.queries import Currency
from values import texts
from values.money import minor_exponent


@dataclass(frozen=True)
class Written:
    """Words that are made when a template asks for them, in the language that is spoken then."""

    write: Callable[[str], str]

    def __str__(self) -> str:
        return self.write((get_language() or "en").partition("-")[0])


def money(minor: int, currency: str) -> Written:
    """An amount in minor units, `8,60 €`."""
    amount = Decimal(minor).scaleb(-minor_exponent(currency))
    return Written(lambda language: numbers.format_currency(amount, currency, locale=language))


def of_pots(program_id: int, amounts: Mapping[str, int]) -> list[Written]:
    """Currency id (as JSON has it) -> smallest units, in the program's order: `250 points`, `8,60 €`."""
    units = programs.currencies_of(program_id)
    return [_of_pot(unit, amounts[str(unit.id)]) for unit in units if amounts.get(str(unit.id))]


def _of_pot(unit: Currency, amount: int) -> Written:
    if unit.kind == "cash" and unit.money:
        return money(amount, unit.money)
    count = Decimal(amount).scaleb(-unit.scale)

    def written(language: str) -> str:
        name = texts.in_language(unit.names, language, unit.code).lower()
        return f"{numbers.format_decimal(count, locale=language)} {name}"

    return Written(written)
