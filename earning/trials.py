"""What a draft would have given on real activity, beside what the rules in force would have: nothing is posted.

Both are scored over the same frames of a period, as if that were all there is: limits count what the period gives,
budgets and usage from outside it are set aside, and so are the dates of rules that differ, so that a rule for next
spring can be tried on last month. A period's frames are read once and kept in the process, the last two of them.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from django.db import connection, transaction

from earning import batches, distributions, facts, frames, history
from earning.distributions import Bin, Moved, Sample
from earning.terms import Terms
from programs.models import Program
from rules_engine import queries as rulebooks
from rules_engine.core import scoring
from rules_engine.core.facts import Facts
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Rule
from values.money import minor_exponent

MOST_LINES = 4_000_000
KEPT_PERIODS = 2

_SPAN = """
SELECT min(occurred_on), max(occurred_on) FROM attribution
WHERE program_id = %s AND ended_at IS NULL AND holder_id IS NOT NULL
"""
_LATEST = """
SELECT count(*), coalesce(max(attribution_id), 0) FROM attribution
WHERE program_id = %s AND ended_at IS NULL AND holder_id IS NOT NULL AND occurred_on BETWEEN %s AND %s
"""
_LINES = """
SELECT coalesce(sum(cardinality(a.states)), 0)
FROM attribution AS t JOIN activity AS a ON a.activity_id = t.activity_id AND a.occurred_on = t.occurred_on
WHERE t.program_id = %s AND t.ended_at IS NULL AND t.holder_id IS NOT NULL AND t.occurred_on BETWEEN %s AND %s
  AND a.kind <> 2
"""
_WORK = """
INSERT INTO work SELECT holder_id, activity_id, occurred_on FROM attribution
WHERE program_id = %s AND ended_at IS NULL AND holder_id IS NOT NULL AND occurred_on BETWEEN %s AND %s
"""
_ACTIVITIES = f"""
SELECT a.activity_id, t.holder_id, t.membership_id, t.program_id, a.kind,
       (extract(epoch FROM a.occurred_at) * 1000000)::bigint, a.occurred_on, a.store_id, a.channel, a.currency,
       a.gross, a.net, a.event_type,
       cardinality(a.states), array_to_string(a.states, '{frames.ARRAY_SEPARATOR}'),
       array_to_string(a.quantities, '{frames.ARRAY_SEPARATOR}'),
       array_to_string(a.grosses, '{frames.ARRAY_SEPARATOR}'), array_to_string(a.nets, '{frames.ARRAY_SEPARATOR}'),
       a.line_attributes, a.tenders, a.attributes
FROM attribution AS t JOIN activity AS a ON a.activity_id = t.activity_id AND a.occurred_on = t.occurred_on
WHERE t.program_id = %s AND t.ended_at IS NULL AND t.holder_id IS NOT NULL AND t.occurred_on BETWEEN %s AND %s
  AND a.kind <> 2
"""


class NothingHappened(Exception):
    """No activity of members of the program falls into the period."""


class TooMuch(Exception):
    """The period holds more than MOST_LINES lines: choose a shorter one."""


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
    `tiers_as_now`: a rule reads the tier, and members were taken to be where they are today.
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
    tiers_as_now: bool


def span(program: Program) -> tuple[date, date] | None:
    """The first and the last day on which members of the program did anything."""
    with connection.cursor() as cursor:
        cursor.execute(_SPAN, [program.pk])
        first, last = cursor.fetchone()
    return (first, last) if first is not None else None


def try_out(
    *, program: Program, draft: Rulebook, from_on: date, until_on: date, now: datetime, market_code: str | None = None
) -> Trial:
    """Score the period by the draft and by the rulebook in force at `now`. Raises NothingHappened, TooMuch."""
    began = time.perf_counter()
    versions = rulebooks.rulebooks_for(program.pk)
    version = rulebooks.in_force(versions, market_code, now)
    others = {one.market_code for one in versions if one.market_code and one.holds_at(now)}
    before = _in_force(version, now) if version else draft.model_copy(update={"rules": ()})
    changed = _differing(before, draft)
    draft_codes = {rule.code for rule in draft.earning}
    with _one_at_a_time:
        period = _period(program, from_on, until_on)
        known = period.facts_for(before, draft, now)
        known = _of_market(known, market_code, others)
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
        tiers_as_now="member.tier" in (draft.facts_read() | before.facts_read()),
    )


class _Period:
    """The frames of one period of one program, read once; facts are added when a draft first asks for them."""

    def __init__(self, program: Program, from_on: date, until_on: date) -> None:
        self.terms = Terms(program.pk)
        self._program_id, self._from_on, self._until_on = program.pk, from_on, until_on
        self._products = batches.Products()
        self._placed: pl.DataFrame | None = None
        self._facts: Facts | None = None
        self._attributes: frozenset[str] = frozenset()
        self._volatile: frozenset[str] = frozenset()
        self._scored: OrderedDict[str, pl.DataFrame] = OrderedDict()

    def facts_for(self, before: Rulebook, draft: Rulebook, now: datetime) -> Facts:
        """Facts with every column that one of the two reads."""
        attributes = before.attributes() | draft.attributes()
        volatile = before.volatile_facts() | draft.volatile_facts()
        with transaction.atomic(), connection.cursor() as cursor:
            if self._facts is None or not attributes <= self._attributes:
                self._read(cursor, attributes | self._attributes)
            missing = volatile - self._volatile
            if missing:
                self._remember(cursor, missing, now)
        assert self._facts is not None
        return self._facts

    def scored(self, digest: str, rulebook: Rulebook, known: Facts) -> pl.DataFrame:
        """The awards of the rules in force, worked out once."""
        if digest not in self._scored:
            self._scored[digest] = scoring.score(rulebook, known).awards
            while len(self._scored) > 4:
                self._scored.popitem(last=False)
        return self._scored[digest]

    def _read(self, cursor: Any, attributes: frozenset[str]) -> None:
        self._fill_work(cursor)
        if self._placed is None:
            # the shape of a batch, read for a whole period at once
            values = [self._program_id, self._from_on, self._until_on]
            rows = frames.read(cursor, _ACTIVITIES, batches._ACTIVITY_SCHEMA, values)
            rows = facts.local_moments(rows.sort("holder_id", "occurred_us", "activity_id"), self.terms)
            self._placed = self.terms.eligible(rows)
        self._facts = facts.assemble(cursor, self._placed, _reads(attributes), self.terms, self._products)
        self._attributes, self._volatile = attributes, frozenset()

    def _remember(self, cursor: Any, missing: Iterable[str], now: datetime) -> None:
        assert self._facts is not None
        self._fill_work(cursor)
        names = sorted(missing)
        activities = self._facts.activities.drop(names, strict=False)
        activities = history.facts(cursor, activities, names)
        if "member.tier" in names:
            activities = _with_tiers(activities, self._program_id, now)
        self._facts = replace(self._facts, activities=activities)
        self._volatile |= frozenset(names)

    def _fill_work(self, cursor: Any) -> None:
        for statement in batches.TABLES:
            cursor.execute(statement)
        cursor.execute(_WORK, [self._program_id, self._from_on, self._until_on])
        cursor.execute("ANALYZE work")


_one_at_a_time = threading.Lock()
_periods: OrderedDict[tuple[Any, ...], _Period] = OrderedDict()


def _period(program: Program, from_on: date, until_on: date) -> _Period:
    """The frames of a period, from the last two that were asked for while nothing landed in them."""
    asked: list[Any] = [program.pk, from_on, until_on]
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, asked)
        activities, last = cursor.fetchone()
    if not activities:
        raise NothingHappened(f"no member did anything from {from_on} to {until_on}")
    key = (connection.settings_dict["NAME"], program.pk, from_on, until_on, activities, last)
    if key not in _periods:
        with connection.cursor() as cursor:
            cursor.execute(_LINES, asked)
            (lines,) = cursor.fetchone()
        if lines > MOST_LINES:
            raise TooMuch(f"{lines} lines from {from_on} to {until_on}: choose a shorter period")
        for other in [one for one in _periods if one[:4] == key[:4]]:
            del _periods[other]
        while len(_periods) >= KEPT_PERIODS:
            _periods.popitem(last=False)
        _periods[key] = _Period(program, from_on, until_on)
    _periods.move_to_end(key)
    return _periods[key]


def _reads(attributes: frozenset[str]) -> Any:
    """Stands for a rulebook that reads these attributes and no changing fact."""

    class Reading:
        def volatile_facts(self) -> frozenset[str]:
            return frozenset()

        def attributes(self) -> frozenset[str]:
            return attributes

    return Reading()


def _of_market(known: Facts, market_code: str | None, others: set[str]) -> Facts:
    """Activity that the rulebook judges: a market's own, or that of markets without one of their own."""
    if market_code is None and not others:
        return known
    own = pl.col("market") == market_code if market_code else ~pl.col("market").is_in(list(others))
    activities = known.activities.filter(own.fill_null(value=market_code is None))
    if activities.is_empty():
        raise NothingHappened(f"nothing happened in {market_code or 'markets without rules of their own'}")
    lines = known.lines.join(activities.select("activity_id"), on="activity_id", how="semi", maintain_order="left")
    return replace(known, activities=activities, lines=lines)


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
    # built anew: a copy would keep what the first one had worked out of its rules
    return Rulebook.model_construct(**{**dict(rulebook), "rules": rules})


def _with_tiers(activities: pl.DataFrame, program_id: int, now: datetime) -> pl.DataFrame:
    """Members on the step where they stand today."""
    from tiers import queries as tiers

    steps: Mapping[int, Any] = tiers.steps_of(activities["holder_id"].unique().to_list(), program_id, now)
    rows = [(holder, str(step)) for holder, step in steps.items() if step is not None]
    schema: dict[str, Any] = {"holder_id": pl.Int64, "member.tier": pl.String}
    stands = pl.DataFrame(rows, schema=schema, orient="row")
    return activities.drop("member.tier", strict=False).join(stands, on="holder_id", how="left", maintain_order="left")


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
