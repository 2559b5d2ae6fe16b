"""A reward as a document: what it costs in points, what one gets for it, who may take how many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from rules_engine.core.conditions import Comparison, Condition, walk
from rules_engine.core.documents import plain
from values.documents import Amount, Code, Count, Day, Days, Names, Positive, Slug, Strictly, Text, refused
from values.money import minor_exponent

KINDS_TO_COME = ("gift", "experience", "partner_code", "donation", "cash", "draw")
_FACTS = ("market", "receipt.channel", "calendar.", "member.")


def _voucher(kind: object) -> str:
    if kind == "voucher":
        return "voucher"
    if kind in KINDS_TO_COME:
        raise refused(f"rewards of kind {kind} are not built yet")
    raise refused("must be 'voucher'")


def _not_built(value: object) -> None:
    if value is not None:
        raise refused("is not built yet")


def _as_text(document: Any) -> Any:
    """Text of a reader's own kind as plain text, all the way down."""
    match document:
        case dict():
            return {str(key): _as_text(inner) for key, inner in document.items()}
        case list():
            return [_as_text(inner) for inner in document]
        case str():
            return str(document)
    return document


NotBuilt = Annotated[None, BeforeValidator(_not_built)]


class Worth(Strictly):
    """An amount of money: of the program's first market, or of the market it is said for."""

    amount: Amount
    percent: NotBuilt = None


class Budget(Strictly):
    """What everybody together may take: vouchers worth so much money (of the first market), or so many points."""

    amount: Amount | None = None
    points: Positive | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Budget:
        if self.amount is None and self.points is None:
            raise refused("a budget needs an amount or points")
        return self


class OnOffer(Strictly):
    """The local days of the market on which it can be taken, both included."""

    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None


class Reward(Strictly):
    """A voucher bought with points. `cost` counts smallest units of each currency; `stock` and `per_member` count
    vouchers, `budget` what they are worth or cost; a voucher lives through the local day it is given on and
    `valid_days` more, for ever without.
    """

    code: Code
    kind: Annotated[Literal["voucher"], BeforeValidator(_voucher)]
    name: Names | Text | None = None
    cost: Annotated[dict[Slug, Positive], Field(min_length=1, max_length=10)]
    value: Worth
    valid_days: Days | None = None
    valid: OnOffer | None = None
    stock: Count | None = None
    budget: Budget | None = None
    per_member: Positive | None = None
    when: Annotated[Condition, BeforeValidator(_as_text)] | None = None
    automatic: NotBuilt = None

    @model_validator(mode="before")
    @classmethod
    def _given_by_itself(cls, document: Any) -> Any:
        """A price is not asked for where one is not built yet: the key that is says so alone."""
        if isinstance(document, dict) and document.get("automatic") is not None and "cost" not in document:
            return {**document, "cost": {"points": 1}}
        return document

    @model_validator(mode="after")
    def _asks_what_is_known(self) -> Reward:
        if self.when is None:
            return self
        for part in walk(self.when):
            if not isinstance(part, Comparison):
                if hasattr(part, "lines"):
                    raise refused("a reward looks at no receipt: `lines` cannot be asked in its `when`")
            elif not part.fact.startswith(_FACTS):
                raise refused(f"a reward looks at the member, the market, the channel and the day, not at {part.fact}")
        return self

    def document(self) -> dict[str, Any]:
        """As it was written, for jsonb and for playbooks: exact numbers as text, what says nothing left out."""
        written: dict[str, Any] = plain(self.model_dump(by_alias=True, exclude_none=True))
        return written


def contradictions(
    reward: Reward, currencies: Mapping[str, tuple[str, Mapping[str, Any]]], money: str
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What a reward says that its program cannot keep, as (path in the reward, sentence).

    `currencies` is code -> (kind, release); `money` is the first market's.
    """
    for code, amount in reward.cost.items():
        kind, release = currencies.get(code, ("", {}))
        multiple = int(release.get("multiple_of", 1))
        if not kind:
            yield ("cost", code), f"no currency is called {code!r}"
        elif kind == "status":
            yield ("cost", code), "status points are not spent"
        elif amount % multiple:
            yield ("cost", code), f"{code} are spent in multiples of {multiple}"
    if reward.value.amount != round(reward.value.amount, minor_exponent(money)):
        yield ("value", "amount"), f"{money} has {minor_exponent(money)} decimals"
    budget = reward.budget
    if (
        budget is not None
        and budget.amount is not None
        and budget.amount != round(budget.amount, minor_exponent(money))
    ):
        yield ("budget", "amount"), f"{money} has {minor_exponent(money)} decimals"
    days = reward.valid
    if days is not None and days.from_ is not None and days.until is not None and days.until < days.from_:
        yield ("valid", "until"), "is before the first day"
