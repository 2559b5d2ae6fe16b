"""What a draft would have given on real activity, beside what the rules in force would have: nothing is posted.

Both are scored over the same frames of a period, as if that were all there is: limits count what the period gives,
budgets and usage from outside it are set aside, and so are the dates of rules that differ, so that a rule for next
spring can be tried on last month.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from earning import distributions, trial_frames
from earning.distributions import Bin, Moved, Sample
from earning.terms import Terms
from programs.models import Program
from rules_engine import queries as rulebooks
from rules_engine.core import scoring
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Rule
from values.money import minor_exponent


@dataclass(frozen=True)
class RuleEffect:
    """Points of one rule in smallest units, by the rulebook in force and by the draft."""

    code: str
    currency: str
    before: int
    after: int
    changed: bool

    @property
    def more(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class CurrencyEffect:
    """All rules of a currency; `cost` of the difference in minor units of `money`, None where no value is known."""

    code: str
    before: int
    after: int
    cost: int | None
    money: str

    @property
    def more(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class Trial:
    """What a draft would change. `touched` members get another number of points, `more` of them more.

    `distribution`: members by points that the changed rules give them over the period, in the currency `main`.
    """

    from_on: date
    until_on: date
    receipts: int
    lines: int
    members: int
    milliseconds: int
    rules: tuple[RuleEffect, ...]
    currencies: tuple[CurrencyEffect, ...]
    main: str
    touched: int
    more: int
    less: int
    distribution: tuple[Bin, ...]
    winners: tuple[Moved, ...]
    losers: tuple[Moved, ...]
    samples: tuple[Sample, ...]


def try_out(
    *, program: Program, draft: Rulebook, from_on: date, until_on: date, now: datetime, market_code: str | None = None
) -> Trial:
    """Score the period by the draft and by the rulebook in force at `now`. Raises NothingHappened, TooMuch."""
    began = time.perf_counter()
    versions = rulebooks.rulebooks_for(program.pk)
    version = rulebooks.in_force(versions, market_code, now)
    others = {one.market_code for one in versions if one.market_code and one.holds_at(now)}
    before = _in_force(version, now) if version else _with_rules(draft, ())
    changed = _differing(before, draft)
    draft_codes = {rule.code for rule in draft.earning}
    with trial_frames.one_at_a_time:
        period = trial_frames.period(program, from_on, until_on)
        known = period.facts_for(before, draft)
        known = trial_frames.of_market(known, market_code, others)
        digest = f"{version.id if version else 0} {version.digest if version else ''} {sorted(changed)} {market_code}"
        old = period.scored(digest, _without_dates(before, changed), known)
    new = scoring.score(_without_dates(draft, changed), known).awards
    terms = period.terms
    rules = distributions.by_rule(old, new)
    silent = sorted(changed - {code for code, *_numbers in rules})
    rules += [(code, draft.currency_of(draft.rule(code)).code, 0, 0) for code in silent if code in draft_codes]
    codes = {rule.code: number for number, rule in enumerate((*draft.in_order, *before.in_order))}
    effects = tuple(
        RuleEffect(code, currency, was, will, code in changed)
        for code, currency, was, will in sorted(rules, key=lambda row: (row[0] not in changed, codes.get(row[0], -1)))
    )
    currencies = tuple(
        _currency(code, effects, terms, market_code) for code in dict.fromkeys(one.currency for one in effects)
    )
    main = max(currencies, key=lambda one: (abs(one.more), one.before), default=None)
    code = main.code if main else draft.currencies[0].code
    moved = distributions.moved(old, new, code)
    return Trial(
        from_on=from_on,
        until_on=until_on,
        receipts=known.activities.height,
        lines=known.lines.height,
        members=known.activities["holder_id"].n_unique(),
        milliseconds=int((time.perf_counter() - began) * 1000),
        rules=effects,
        currencies=currencies,
        main=code,
        touched=int((moved["more"] != 0).sum()),
        more=int((moved["more"] > 0).sum()),
        less=int((moved["more"] < 0).sum()),
        distribution=distributions.of_members(old, new, code, changed),
        winners=distributions.most(moved, winners=True),
        losers=distributions.most(moved, winners=False),
        samples=distributions.samples(old, new, code, known),
    )


def _in_force(version: rulebooks.Version, now: datetime) -> Rulebook:
    document: dict[str, Any] = dict(version.document)
    stopped = version.stopped_at(now)
    document["rules"] = [rule for rule in document.get("rules", ()) if rule["code"] not in stopped]
    return Rulebook.from_document(document)


def _differing(before: Rulebook, draft: Rulebook) -> frozenset[str]:
    old = {rule.code: rule for rule in before.rules}
    new = {rule.code: rule for rule in draft.rules}
    return frozenset(code for code in {*old, *new} if _unnamed(old.get(code)) != _unnamed(new.get(code)))


def _unnamed(rule: Rule | None) -> Rule | None:
    return rule.model_copy(update={"name": None}) if rule else None


def _without_dates(rulebook: Rulebook, changed: frozenset[str]) -> Rulebook:
    """The same rules, those that differ freed from their first and last day; hours of the week stay."""
    rules = tuple(
        rule.model_copy(update={"valid": rule.valid.model_copy(update={"from_": None, "until": None})})
        if rule.code in changed and rule.valid is not None
        else rule
        for rule in rulebook.rules
    )
    return _with_rules(rulebook, rules)


def _with_rules(rulebook: Rulebook, rules: tuple[Rule, ...]) -> Rulebook:
    """Built anew: a copy would keep what the first one had worked out of its rules."""
    return Rulebook.model_construct(**{**dict(rulebook), "rules": rules})


def _currency(code: str, effects: Iterable[RuleEffect], terms: Terms, market_code: str | None) -> CurrencyEffect:
    own = [one for one in effects if one.currency == code]
    before, after = sum(one.before for one in own), sum(one.after for one in own)
    currency = next((one for one in terms.currencies.values() if one.code == code), None)
    home = terms.markets.get(market_code or "") or next(iter(terms.markets.values()))
    if currency is None:
        return CurrencyEffect(code, before, after, None, home.currency)
    money = currency.money or home.currency
    return CurrencyEffect(code, before, after, _cost(currency, after - before, money, home.code), money)


def _cost(currency: Any, points: int, money: str, market: str) -> int | None:
    """Minor units: a cash pot costs what it gives, other points what the program says one is worth in a market."""
    if currency.kind == "cash":
        return points
    value = currency.unit_value
    if isinstance(value, Mapping):
        value = value.get(market)
    if value is None:
        return None
    whole = Decimal(points).scaleb(-currency.scale) * Decimal(str(value))
    return int(whole.scaleb(minor_exponent(money)).to_integral_value())
