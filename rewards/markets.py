"""A reward in one market: what the playbook says of it there, laid over what it says everywhere.

Amounts of money are never carried over: where the market has another money than the program's first, the reward is
worth what the playbook says for that market, in its money, or it is not on offer there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from programs.queries import Market
from rewards.terms import Reward, Worth, contradictions
from rules_engine.core.documents import plain
from values.documents import Amount, Positive, Slug, Strictly
from values.money import minor_exponent

AMOUNT, POINTS = "amount", "points"


class OwnBudget(Strictly):
    """What all vouchers of one market together may be worth, in its money: a budget of its own."""

    amount: Amount


class ThereTerms(Strictly):
    """What differs in one market. `cost` is merged key by key; `value` and `budget` are in the market's money."""

    cost: Annotated[dict[Slug, Positive], Field(min_length=1, max_length=10)] | None = None
    value: Worth | None = None
    budget: OwnBudget | None = None

    def document(self) -> dict[str, Any]:
        """As it was written, for jsonb and for playbooks."""
        written: dict[str, Any] = plain(self.model_dump(by_alias=True, exclude_none=True))
        return written


NOTHING = ThereTerms()


def there(terms: Reward, said: ThereTerms, *, shares_money: bool) -> Reward | None:
    """The reward as it is in a market, None where it is not on offer there. `shares_money`: with the first market."""
    if said.value is None and not shares_money:
        return None
    return terms.model_copy(
        update={"cost": {**terms.cost, **(said.cost or {})}, "value": said.value or terms.value}
    )  # fmt: skip


def budgets_of(terms: Reward, said: ThereTerms, market: Market, *, shares_money: bool) -> dict[str, int]:
    """Which budgets a market's redemptions draw on, and what each allows: `amount` (the program's), `amount:CODE` (the
    market's own), in minor units of its money; `points`, of which there is one for all. Empty without any."""
    found: dict[str, int] = {}
    if said.budget is not None:
        found[unit_of(market.code)] = _minor(said.budget.amount, market.currency)
    elif terms.budget is not None and terms.budget.amount is not None and shares_money:
        found[AMOUNT] = _minor(terms.budget.amount, market.currency)
    if terms.budget is not None and terms.budget.points is not None:
        found[POINTS] = terms.budget.points
    return found


def unit_of(market_code: str) -> str:
    """The name of a market's own budget."""
    return f"{AMOUNT}:{market_code}"


def takes(terms: Reward, money: str, budgets: Mapping[str, int]) -> dict[str, int]:
    """What one voucher takes of each of these budgets. `terms` are those of the market, `money` is its."""
    worth = _minor(terms.value.amount, money)
    return {unit: sum(terms.cost.values()) if unit == POINTS else worth for unit in budgets}


def contradictions_there(
    terms: Reward, said: ThereTerms, currencies: Mapping[str, tuple[str, Mapping[str, Any]]], money: str, first: str
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What a market says that cannot be kept, as (path in its terms, sentence); `first` is the first market's money."""
    merged = there(terms, said, shares_money=money == first)
    if merged is None:
        yield ("value",), f"is required: what it is worth in {first} is not what it is worth in {money}"
        return
    written = said.document()
    yield from ((path, told) for path, told in contradictions(merged, currencies, money) if path[0] in written)
    if said.budget is not None:
        if said.budget.amount != round(said.budget.amount, minor_exponent(money)):
            yield ("budget", "amount"), f"{money} has {minor_exponent(money)} decimals"
    elif money != first and terms.budget is not None and terms.budget.amount is not None:
        yield ("budget",), f"is required: the reward has one in {first}, and money is never carried over"


def _minor(amount: Any, money: str) -> int:
    return int(amount.scaleb(minor_exponent(money)))
