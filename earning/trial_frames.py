"""The activity of a period as frames to score, read once and kept in the process: the last two periods asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
from django.db import connection, transaction

from earning import batches, facts, frames, history
from earning.terms import Terms
from programs.models import Program
from rules_engine.core import scoring
from rules_engine.core.facts import Facts
from rules_engine.core.rulebook import Rulebook

MOST_LINES = 4_000_000
LINES_OF_MANY = 25
"""More than receipts have on average anywhere: fewer of them need not be counted line by line."""
KEPT_PERIODS = 2
KEPT_AWARDS = 4

one_at_a_time = threading.Lock()
"""Held while frames are read and scored for the first time: two threads would read the same year twice."""

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
SELECT {batches.ACTIVITY_COLUMNS}
FROM attribution AS t JOIN activity AS a ON a.activity_id = t.activity_id AND a.occurred_on = t.occurred_on
WHERE t.program_id = %s AND t.ended_at IS NULL AND t.holder_id IS NOT NULL AND t.occurred_on BETWEEN %s AND %s
  AND a.kind <> 2
"""


class NothingHappened(Exception):
    """No activity of members of the program falls into the period."""


class TooMuch(Exception):
    """The period holds more than MOST_LINES lines: choose a shorter one."""


def span(program: Program) -> tuple[date, date] | None:
    """The first and the last day on which members of the program did anything."""
    with connection.cursor() as cursor:
        cursor.execute(_SPAN, [program.pk])
        first, last = cursor.fetchone()
    return (first, last) if first is not None else None


class Period:
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

    def facts_for(self, before: Rulebook, draft: Rulebook) -> Facts:
        """Facts with every column that one of the two reads."""
        attributes = before.attributes() | draft.attributes()
        volatile = before.volatile_facts() | draft.volatile_facts()
        anew = self._facts is None or not attributes <= self._attributes
        if anew or volatile - self._volatile:
            with transaction.atomic(), connection.cursor() as cursor:
                self._fill_work(cursor)
                if anew:
                    self._read(cursor, attributes | self._attributes)
                if missing := volatile - self._volatile:
                    self._remember(cursor, missing)
        assert self._facts is not None
        return self._facts

    def scored(self, digest: str, rulebook: Rulebook, known: Facts) -> pl.DataFrame:
        """The awards of the rules in force, worked out once."""
        if digest not in self._scored:
            self._scored[digest] = scoring.score(rulebook, known).awards
            while len(self._scored) > KEPT_AWARDS:
                self._scored.popitem(last=False)
        return self._scored[digest]

    def _read(self, cursor: Any, attributes: frozenset[str]) -> None:
        if self._placed is None:
            # the shape of a batch, read for a whole period at once
            values = [self._program_id, self._from_on, self._until_on]
            rows = frames.read(cursor, _ACTIVITIES, batches.ACTIVITY_SCHEMA, values)
            rows = facts.local_moments(rows.sort("holder_id", "occurred_us", "activity_id"), self.terms)
            self._placed = self.terms.eligible(rows)
        self._facts = facts.assemble(cursor, self._placed, _reads(attributes), self.terms, self._products)
        self._attributes, self._volatile = attributes, frozenset()

    def _remember(self, cursor: Any, missing: Iterable[str]) -> None:
        assert self._facts is not None
        names = sorted(missing)
        activities = self._facts.activities.drop(names, strict=False)
        activities = history.facts(cursor, activities, names)
        self._facts = replace(self._facts, activities=activities)
        self._volatile |= frozenset(names)

    def _fill_work(self, cursor: Any) -> None:
        for statement in batches.TABLES:
            cursor.execute(statement)
        cursor.execute(_WORK, [self._program_id, self._from_on, self._until_on])
        cursor.execute("ANALYZE work")


_periods: OrderedDict[tuple[Any, ...], Period] = OrderedDict()


def period(program: Program, from_on: date, until_on: date) -> Period:
    """The frames of a period, from the last two that were asked for while nothing landed in them."""
    asked: list[Any] = [program.pk, from_on, until_on]
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, asked)
        activities, last = cursor.fetchone()
    if not activities:
        raise NothingHappened(f"no member did anything from {from_on} to {until_on}")
    key = (connection.settings_dict["NAME"], program.pk, from_on, until_on, activities, last)
    if key not in _periods:
        lines = _lines(asked) if activities > MOST_LINES // LINES_OF_MANY else 0
        if lines > MOST_LINES:
            raise TooMuch(f"{lines} lines from {from_on} to {until_on}: choose a shorter period")
        for other in [one for one in _periods if one[:4] == key[:4]]:
            del _periods[other]
        while len(_periods) >= KEPT_PERIODS:
            _periods.popitem(last=False)
        _periods[key] = Period(program, from_on, until_on)
    _periods.move_to_end(key)
    return _periods[key]


def _lines(asked: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LINES, asked)
        return int(cursor.fetchone()[0])


def _reads(attributes: frozenset[str]) -> Any:
    """Stands for a rulebook that reads these attributes and no changing fact."""

    class Reading:
        def volatile_facts(self) -> frozenset[str]:
            return frozenset()

        def attributes(self) -> frozenset[str]:
            return attributes

    return Reading()


def of_market(known: Facts, market_code: str | None, others: set[str]) -> Facts:
    """Activity that the rulebook judges: a market's own, or that of markets without one of their own."""
    if market_code is None and not others:
        return known
    own = pl.col("market") == market_code if market_code else ~pl.col("market").is_in(list(others))
    activities = known.activities.filter(own.fill_null(value=market_code is None))
    if activities.is_empty():
        raise NothingHappened(f"nothing happened in {market_code or 'markets without rules of their own'}")
    lines = known.lines.join(activities.select("activity_id"), on="activity_id", how="semi", maintain_order="left")
    return replace(known, activities=activities, lines=lines)
