"""Which rulebooks hold when, and which rules were stopped. Documents, not models of the core: no frame is near."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from rules_engine import models

# read with every batch: in SQL they cost a third of what they cost as models
_RULEBOOKS = """
SELECT id, program_id, market_code, version, state, lower(valid), upper(valid), content, digest, published_at,
       published_by
FROM rulebook WHERE program_id = %s AND (%s OR state = 'published')
"""
_STOPPED = """
SELECT rule.code, rule_stop.at, rule_resume.at FROM rule_stop
JOIN rule ON rule.id = rule_stop.rule_id LEFT JOIN rule_resume ON rule_resume.stop_id = rule_stop.id
WHERE rule.program_id = %s ORDER BY rule_stop.id
"""


@dataclass(frozen=True)
class Stop:
    """Activity of begins_at <= moment < ends_at does not meet the rule; None: it is still stopped."""

    begins_at: datetime
    ends_at: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        return self.begins_at <= moment and (self.ends_at is None or moment < self.ends_at)


@dataclass(frozen=True)
class StopTold:
    """One press of the kill switch as history tells it; the last three are None and "" while it lasts."""

    code: str
    at: datetime
    by: str
    reason: str
    resumed_at: datetime | None
    resumed_by: str
    resumed_reason: str


@dataclass(frozen=True)
class Version:
    """One version of the rules. It holds for begins_at <= moment < ends_at; None is without end on that side.

    `market_code` None is every market without a version of its own. `document` is what `Rulebook.from_document`
    of the core reads. `stops`: rule code -> when activity does not meet that rule, in order, never overlapping.
    """

    id: int
    program_id: int
    market_code: str | None
    version: int
    state: str
    begins_at: datetime | None
    ends_at: datetime | None
    document: Mapping[str, Any]
    digest: str
    published_at: datetime | None
    published_by: str
    stops: Mapping[str, tuple[Stop, ...]] = field(default_factory=dict)

    def holds_at(self, moment: datetime) -> bool:
        """Whether activity of that moment is judged by this version."""
        return (self.begins_at is None or self.begins_at <= moment) and (self.ends_at is None or moment < self.ends_at)

    def stopped_at(self, moment: datetime) -> frozenset[str]:
        """Codes of the rules that activity of that moment does not meet."""
        return frozenset(code for code, stops in self.stops.items() if any(one.holds_at(moment) for one in stops))


def rulebooks_for(program_id: int) -> list[Version]:
    """Every published version of a program, the programs' own first, then by market, by beginning."""
    return _versions(program_id, every=False)


def history_of(program_id: int) -> list[Version]:
    """Every version there ever was, drafts and withdrawn ones too, the latest first."""
    return sorted(_versions(program_id, every=True), key=lambda version: -version.id)


def in_force(versions: Iterable[Version], market_code: str | None, moment: datetime) -> Version | None:
    """The version that judges activity of a market at a moment: the market's own, else the program's."""
    holding = [version for version in versions if version.holds_at(moment)]
    own = (version for version in holding if version.market_code == market_code is not None)
    everyones = (version for version in holding if version.market_code is None)
    return next(own, None) or next(everyones, None)


def rule_ids(program_id: int) -> dict[str, int]:
    """The number of every rule code the program ever published."""
    return dict(_rows("SELECT code, id FROM rule WHERE program_id = %s", program_id))


def rule_codes(program_id: int) -> dict[int, str]:
    """The code of every rule number of the program."""
    return {number: code for code, number in rule_ids(program_id).items()}


def stops_of(program_id: int) -> list[StopTold]:
    """Every stop there ever was and how it ended, the latest first."""
    rows = models.RuleStop.objects.filter(rule__program_id=program_id).select_related("rule", "resumed")
    return [
        StopTold(
            row.rule.code, row.at, row.by, row.reason,
            ended.at if ended else None, ended.by if ended else "", ended.reason if ended else "",
        )
        for row in rows.order_by("-at", "-id")
        for ended in [getattr(row, "resumed", None)]
    ]  # fmt: skip


def _versions(program_id: int, *, every: bool) -> list[Version]:
    stopped = _rows(_STOPPED, program_id)
    versions = [_version(row, stopped) for row in _rows(_RULEBOOKS, program_id, every)]
    return sorted(versions, key=lambda one: (one.market_code or "", one.version))


def _rows(query: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _version(row: Sequence[Any], stopped: Sequence[tuple[str, datetime, datetime | None]]) -> Version:
    number, program_id, market, version, state, begins_at, ends_at, content, digest, published_at, published_by = row
    stops: dict[str, list[Stop]] = {}
    for code, at, until in stopped:
        # a version published after a stop begins without it: whoever published it decided anew
        if published_at is not None and at >= published_at and (until is None or at < until):
            stops.setdefault(code, []).append(Stop(at, until))
    joined = {code: _joined(found) for code, found in stops.items()}
    return Version(
        number, program_id, market, version, state, begins_at, ends_at, json.loads(content), digest, published_at,
        published_by, joined,
    )  # fmt: skip


def _joined(stops: list[Stop]) -> tuple[Stop, ...]:
    """The same time without overlaps: a rule that was stopped twice was stopped once, for longer."""
    joined: list[Stop] = []
    for stop in sorted(stops, key=lambda one: one.begins_at):
        last = joined[-1] if joined else None
        if last is None or (last.ends_at is not None and last.ends_at < stop.begins_at):
            joined.append(stop)
        elif last.ends_at is not None and (stop.ends_at is None or stop.ends_at > last.ends_at):
            joined[-1] = Stop(last.begins_at, stop.ends_at)
    return tuple(joined)
