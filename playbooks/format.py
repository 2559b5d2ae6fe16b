"""A playbook as strict models: everything the format knows, whether this version runs it yet or not."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator

from playbooks.rules import as_rule
from playbooks.unbuilt import Challenge, RewardOverrides
from programs.terms import Expiry, Pending, Release, Settings, UnitValue
from rewards.terms import Reward
from rules_engine.core.rules import Rule
from tiers.terms import Tiers
from values.documents import (
    Age,
    Code,
    Day,
    Language,
    MarketCode,
    Money,
    Names,
    Scalar,
    Scale,
    Slug,
    Strictly,
    Text,
    refused,
    whole,
)

_MOST = 100_000


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def _moneys() -> frozenset[str]:
    return frozenset(list_currencies())


Name = (
    Annotated[
        Annotated[Text, Tag("?text")] | Annotated[Names, Tag("?languages")],
        Discriminator(lambda value: "?languages" if isinstance(value, dict) else "?text"),
    ]
    | None
)
Zone = Annotated[Text, Field(description="an IANA name such as Europe/Paris")]


class ProgramPart(Strictly):
    code: Slug
    name: Name = None
    population: Slug | None = None


class BannerPart(Strictly):
    code: Slug
    name: Name = None


class MarketPart(Strictly):
    code: MarketCode
    currency: Money
    languages: Annotated[list[Language], Field(min_length=1, max_length=20)]
    timezone: Zone
    week_start: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "mon"
    minimum_age: Age = 18

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        return _known_zone(name)

    @field_validator("currency")
    @classmethod
    def _is_money(cls, code: str) -> str:
        return _known_money(code)


class StorePart(Strictly):
    code: Code
    banner: Slug
    market: MarketCode
    name: Name = None
    kind: Annotated[str, BeforeValidator(str), Field(max_length=40)] = ""
    timezone: Zone | None = None

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        return name and _known_zone(name)


class CurrencyPart(Strictly):
    code: Slug
    name: Name = None
    kind: Literal["redeemable", "status", "cash"] = "redeemable"
    money: Money | None = None
    scale: Scale | None = None
    rounding: Literal["down", "nearest", "up"] = "down"
    round_per: Literal["receipt", "line"] = "receipt"
    pending: Pending | None = None
    expiry: Expiry | None = None
    returns: Literal["pending_only", "within_balance", "debt"] = "debt"
    unit_value: UnitValue | None = None
    release: Release = Release()

    @field_validator("money")
    @classmethod
    def _is_money(cls, code: str | None) -> str | None:
        return code and _known_money(code)


class ProductPart(Strictly):
    sku: Annotated[Text, Field(max_length=80)]
    name: Text | None = None
    category: Annotated[str, BeforeValidator(str), Field(max_length=300)] = ""
    brand: Annotated[str, BeforeValidator(str), Field(max_length=120)] = ""
    tags: Annotated[list[Annotated[Text, Field(max_length=60)]], Field(max_length=100)] = []
    attributes: dict[Text, Scalar] = {}


class EventType(Strictly):
    code: Code
    attributes: dict[Text, Literal["text", "integer", "number", "boolean", "date"]] = {}


class MarketOverride(Strictly):
    rules: dict[Code, dict[str, Any]] = {}
    rewards: RewardOverrides = {}


class Playbook(Strictly):
    """A program's whole configuration. `rules` have the form of the rulebook's."""

    version: Annotated[Literal[1], BeforeValidator(whole)]
    valid_from: Day | None = None
    program: ProgramPart
    banners: Annotated[list[BannerPart], Field(max_length=1000)] = []
    markets: Annotated[list[MarketPart], Field(min_length=1, max_length=300)]
    stores: Annotated[list[StorePart], Field(max_length=_MOST)] = []
    currencies: Annotated[list[CurrencyPart], Field(min_length=1, max_length=50)]
    settings: Settings = Settings()
    products: Annotated[list[ProductPart], Field(max_length=_MOST)] = []
    event_types: Annotated[list[EventType], Field(max_length=1000)] = []
    tiers: Tiers | None = None
    rules: Annotated[list[Annotated[Rule, BeforeValidator(as_rule)]], Field(max_length=1000)] = []
    rewards: Annotated[list[Reward], Field(max_length=1000)] = []
    challenges: Annotated[list[Challenge], Field(max_length=1000)] = []
    markets_override: dict[MarketCode, MarketOverride] = {}


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise refused("is no time zone: write an IANA name such as Europe/Paris")
    return name


def _known_money(code: str) -> str:
    if code not in _moneys():
        raise refused(f"{code} is no money (ISO 4217)")
    return code
