"""The step a member stood on just before each activity, also when a batch itself moves members up and down.

What counts towards steps may be what the batch is about to give. So a batch is scored in rounds: with the steps known
so far, then with the steps these awards come to, until they say the same. An activity hangs only on those before it,
so each round settles at least the next change of step of every holder: as many rounds as one holder has changes, and
what comes out is what one activity at a time would have given. Programs whose rules do not read the step pay nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from earning import frames, measures
from earning.budgets import SHARED
from earning.terms import Judged, Terms
from ledger import families
from ledger.families import Heirs
from programs import lifetimes
from programs.queries import Currency
from tiers import ladders, recording
from tiers.course import Change, Stand, beginning, course, place_before
from tiers.ladder import NOWHERE, Ladder
from tiers.queries import lowest

FACT, COLUMN = "member.tier", "step_before"

# what a window's end or somebody's hand did at a moment comes before the activity of that moment
_STOOD = """
SELECT holder_id, (extract(epoch FROM from_at) * 1000000)::bigint
                      - CASE WHEN reason IN ('reached', 'returned') THEN 0 ELSE 1 END, step
FROM (
    SELECT holder_id, program_id, from_at, reason, step FROM tier_standing WHERE superseded_at IS NULL
    UNION ALL SELECT holder_id, program_id, from_at, reason, step FROM tier_plan
) AS stood WHERE holder_id = ANY(%s) AND program_id = %s
"""
_STOOD_SCHEMA: dict[str, Any] = {"holder_id": pl.Int64, "from_us": pl.Int64, COLUMN: pl.String}

Score = Callable[[Judged], pl.DataFrame]
Key = tuple[int, int]
"""(holder, activity)"""


def scored(cursor: Any, terms: Terms, judgements: Sequence[Judged], score: Score) -> list[pl.DataFrame]:
    """The awards of every part of a program's batch, each `score`d with the steps of its moments."""
    held = ladders.current(terms.program_id)
    if held is None or not any(FACT in judged.rulebook.facts_read() for judged in judgements):
        return [score(judged) for judged in judgements]
    batch = _Batch.of(cursor, held, terms, [judged.activities for judged in judgements])
    steps = batch.steps({})
    parts = [score(replace(judged, activities=batch.with_steps(judged.activities, steps))) for judged in judgements]
    while True:
        after = batch.steps(batch.given(parts))
        elsewhere = {key[0] for key, step in after.items() if step != steps[key]}
        if not elsewhere:
            return parts
        elsewhere |= {old for old, heir in batch.heirs.items() if heir in elsewhere}
        parts = [
            _again(replace(judged, activities=batch.with_steps(judged.activities, after)), awards, elsewhere, score)
            for judged, awards in zip(judgements, parts, strict=True)
        ]
        steps = after


def _again(judged: Judged, awards: pl.DataFrame, elsewhere: set[int], score: Score) -> pl.DataFrame:
    """Score those who stand elsewhere than was thought; all of them where members take from one another."""
    if any(whose in SHARED for rule in judged.rulebook.limited_rules() for whose, _ in rule.shares):
        return score(judged)
    moved = pl.col("holder_id").is_in(elsewhere)
    again = judged.activities.filter(moved)
    return pl.concat([awards.filter(~moved), score(replace(judged, activities=again))]) if again.height else awards


def as_stood(cursor: Any, activities: pl.DataFrame, program_id: int) -> pl.DataFrame:
    """`activities` with COLUMN: the step of each holder just before, as it is written down and planned."""
    held = ladders.current(program_id)
    if held is None:
        return activities.with_columns(pl.lit(None, dtype=pl.String).alias(COLUMN))
    holders = activities["holder_id"].drop_nulls().unique().to_list()
    heirs = families.heirs_around(cursor, holders)
    holders = [heirs.get(holder, holder) for holder in holders]
    stood = frames.read(cursor, _STOOD, _STOOD_SCHEMA, [holders, program_id]).sort("from_us")
    who = pl.col("holder_id").replace(heirs) if heirs else pl.col("holder_id")
    moments = activities.select(who, "occurred_us").with_row_index("row").sort("occurred_us")
    found = moments.join_asof(
        stood.with_columns(pl.lit(1).alias("known")), left_on="occurred_us", right_on="from_us", by="holder_id",
        strategy="backward", allow_exact_matches=False, check_sortedness=False,
    ).sort("row")  # fmt: skip
    first = pl.when(pl.col("known").is_null()).then(pl.lit(lowest(held.terms))).otherwise(pl.col(COLUMN))
    return activities.with_columns(found.select(first.alias(COLUMN)).to_series())


@dataclass(frozen=True)
class _Batch:
    """The activities of a batch, and what counts for their holders without them; a merged one's under its heir."""

    heirs: Heirs
    found: measures.Measures
    activities: dict[int, list[tuple[datetime, int, date, str]]]  # holder -> (moment, id, local day, zone), in order
    before: dict[int, list[Change]]
    currency: Currency | None  # null: what counts is known without scoring
    walked: dict[int, tuple[list[Change], list[Stand]]] = field(default_factory=dict)  # by what was gained last

    @classmethod
    def of(cls, cursor: Any, held: ladders.Held, terms: Terms, parts: Sequence[pl.DataFrame]) -> _Batch:
        activities: dict[int, list[tuple[datetime, int, date, str]]] = defaultdict(list)
        heirs = families.heirs_around(cursor, {one for part in parts for one in part["holder_id"]})
        for part in parts:
            columns = part.select("holder_id", "occurred_at", "activity_id", "local_date", "zone")
            for holder, *activity in columns.iter_rows():
                activities[heirs.get(holder, holder)].append(tuple(activity))
        kept = recording.bookmarks_of(cursor, terms.program_id, list(activities))
        kept = {holder: mark for holder, mark in kept.items() if min(activities[holder])[0] >= mark.since}
        found = measures.gather(cursor, held, activities, kept if held.terms.measure.currency else {})
        code = held.terms.measure.currency or held.terms.measure.balance
        currency = next((one for one in terms.currencies.values() if one.code == code), None)
        own = {holder: {activity[1] for activity in rows} for holder, rows in activities.items()}
        before = {
            # points of the batch's own activity are those that it is being given now
            holder: [one for one in changes if currency is None or one.key not in own[holder]]
            for holder, changes in found.changes.items()
        }
        return cls(heirs, found, {holder: sorted(rows) for holder, rows in activities.items()}, before, currency)

    def steps(self, given: dict[Key, int]) -> dict[Key, str | None]:
        """The step just before each activity, when the batch gives so many points of what counts."""
        codes = [step.code for step in self.found.held.terms.steps]
        steps: dict[Key, str | None] = {}
        for holder, rows in self.activities.items():
            if holder not in self.found.places:
                continue
            ladder = self.found.ladder_of(holder)
            gained = [one for row in rows for one in self._gain(row, given.get((holder, row[1]), 0))]
            stands = self._stands(holder, ladder, gained)
            for at, activity, _, _ in rows:
                place = place_before(stands, beginning(ladder), at, activity)
                steps[holder, activity] = None if place == NOWHERE else codes[place]
        return steps

    def _stands(self, holder: int, ladder: Ladder, gained: list[Change]) -> list[Stand]:
        before, stands = self.walked.get(holder, (None, []))
        if gained != before:
            home, gifts = self.found.places[holder].home, self.found.given.get(holder, ())
            after = self.found.after.get(holder)
            stands = course(ladder, [*self.before[holder], *gained], gifts, home, after=after)
            self.walked[holder] = gained, stands
        return stands

    def given(self, parts: Sequence[pl.DataFrame]) -> dict[Key, int]:
        """What awards give of what counts, by activity."""
        if self.currency is None:
            return {}
        given: dict[Key, int] = defaultdict(int)
        for part in parts:
            own = part.filter(pl.col("currency_id") == self.currency.id)
            for holder, activity, points in own.select("holder_id", "activity_id", "target").iter_rows():
                given[self.heirs.get(holder, holder), activity] += points
        return dict(given)

    def with_steps(self, activities: pl.DataFrame, steps: dict[Key, str | None]) -> pl.DataFrame:
        keys = activities.select("holder_id", "activity_id").iter_rows()
        found = [steps.get((self.heirs.get(holder, holder), activity)) for holder, activity in keys]
        return activities.with_columns(pl.Series(COLUMN, found, dtype=pl.String))

    def _gain(self, activity: tuple[datetime, int, date, str], points: int) -> list[Change]:
        """Points as they will be posted: from when they can be spent; a balance loses them when they die."""
        if self.currency is None or points <= 0:
            return []
        at, number, day, zone = activity
        pending = self.currency.pending or {}
        if pending.get("days") or "until" in pending:
            at = lifetimes.available_at(pending, at, day, zone)
        if at == lifetimes.UNTIL_SAID:
            return []
        gained = [Change(at, points, number)]
        if self.found.held.terms.measure.balance:
            dies_at = lifetimes.dies_at(self.currency.expiry, day, zone)
            gained += [Change(max(dies_at, at), -points)] if dies_at is not None else []
        return gained
