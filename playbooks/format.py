"""A playbook as strict models: everything the format knows, whether this version runs it yet or not."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from playbooks.rules import as_rule
from playbooks.unbuilt import Challenge
from programs import palettes
from programs.terms import Expiry, Pending, Release, Settings, UnitValue
from rewards.markets import ThereTerms
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
    text,
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


def _colour(value: object) -> str:
    try:
        return palettes.colour(text(value))
    except palettes.NoColour as wrong:
        raise refused(str(wrong)) from None


Colour = Annotated[str, BeforeValidator(_colour)]
Long = Annotated[str, BeforeValidator(text), Field(min_length=1, max_length=200_000)]
File = Annotated[Text, Field(max_length=200, pattern=r"^[^/\\][^\\]*$")]


class ThemePart(Strictly):
    """A look in a brand's own colours: `brand` for links, buttons and cards, `second` for what glows; `logo` is a file
    beside the playbook (SVG, or PNG with a transparent ground), printed in one ink."""

    brand: Colour
    second: Colour | None = None
    engraving: Literal["rosette", "basket", "lattice"] = "lattice"
    logo: File | None = None


class ProgramPart(Strictly):
    code: Slug
    name: Name = None
    population: Slug | None = None
    theme: ThemePart | None = None


class BannerPart(Strictly):
    code: Slug
    name: Name = None
    theme: ThemePart | None = None


class TermsPart(Strictly):
    """The text of one version of the terms, in Markdown, for one market or for all: per language, here or in a file."""

    version: Annotated[Text, Field(max_length=40)]
    market: MarketCode | None = None
    text: Annotated[dict[Language, Long], Field(min_length=1)] | None = None
    file: Annotated[dict[Language, File], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> TermsPart:
        if (self.text is None) == (self.file is None):
            raise refused("has either `text` or `file`")
        return self


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
    """`order`: which rules the market has, in order, where these are not the program's; some may be its alone."""

    rules: dict[Code, dict[str, Any]] = {}
    order: Annotated[list[Code], Field(max_length=1000)] = []
    rewards: dict[Code, ThereTerms] = {}


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
    terms: Annotated[list[TermsPart], Field(max_length=200)] = []
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
