"""Where holders stand. What is to come is planned, so a step ends at its own instant whether a job has run or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from tiers import hooks, ladders
from tiers.ladders import Held
from tiers.models import TierAssignment, TierPlan, TierStanding
from tiers.terms import Step, Tiers, step_names

Names = Mapping[str, str]


@dataclass(frozen=True)
class Unit:
    """What a ladder counts: `kind` is currency, balance, spend or visits; `currency` the code of points, if any."""

    kind: str
    currency: str | None = None


@dataclass(frozen=True)
class Progress:
    """A member on the ladder at a moment, as screens tell it.

    `step` null: below the lowest step. `kept_until` null: no end in sight; then `falls_to` says nothing. `value` is
    what counts now, `missing` what the next step still lacks (both in `unit`: points in their smallest units, whole
    units of money, days); `next_step` null: the highest is reached. `share` is how far from this step to the next,
    in percent.
    """

    step: str | None
    names: Names
    since: datetime | None
    kept_until: datetime | None
    falls_to: str | None
    falls_to_names: Names
    next_step: str | None
    next_names: Names
    value: int
    missing: int
    target: int
    share: int
    unit: Unit
    steps: tuple[tuple[str, Names], ...]


@dataclass(frozen=True)
class Stood:
    """A line of a holder's history: on this step from, until (null: open), and why it began."""

    step: str | None
    from_at: datetime
    until_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Floor:
    """The step below which somebody said a holder does not fall: since when, by whom, why."""

    step: str
    names: Names
    since: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class Fall:
    """Who comes down, when, from which step to which; at some moment still to come."""

    holder_id: int
    at: datetime
    step: str | None
    to: str | None


# rows follow one another without a gap, so the latest begun is where one stands
_STANDING = """
SELECT DISTINCT ON (holder_id) holder_id, step, from_at FROM (
    SELECT holder_id, step, from_at FROM tier_standing
    WHERE holder_id = ANY(%(holders)s) AND program_id = %(program)s AND superseded_at IS NULL AND from_at <= %(at)s
    UNION ALL
    SELECT holder_id, step, from_at FROM tier_plan
    WHERE holder_id = ANY(%(holders)s) AND program_id = %(program)s AND from_at <= %(at)s
) AS stood ORDER BY holder_id, from_at DESC
"""


def step_of(holder_id: int, program_id: int, at: datetime) -> str | None:
    """The code of the step a holder stands on at a moment; None below the lowest, or where there is no ladder."""
    return steps_of([holder_id], program_id, at)[holder_id]


def steps_of(holder_ids: Iterable[int], program_id: int, at: datetime) -> dict[int, str | None]:
    """`step_of` of many holders, in two statements."""
    wanted = list(holder_ids)
    held = ladders.at_moment(program_id, at)
    if held is None:
        return dict.fromkeys(wanted)
    found = {holder: step for holder, (step, _) in _standing(wanted, program_id, at).items()}
    return dict.fromkeys(wanted, lowest(held.terms)) | found


def lowest(terms: Tiers) -> str | None:
    """Where everyone begins: the step that begins at nothing, if there is one."""
    return terms.steps[0].code if terms.steps[0].from_ == 0 else None


def progress(holder_id: int, program_id: int, at: datetime) -> Progress | None:
    """Where a holder stands and what is missing to the next step; None where the program has no ladder."""
    held = ladders.at_moment(program_id, at)
    if held is None:
        return None
    step, since = _standing([holder_id], program_id, at).get(holder_id, (lowest(held.terms), None))
    value = max(0, hooks.measure(holder_id, program_id, at))
    coming = TierPlan.objects.filter(holder_id=holder_id, program_id=program_id, from_at__gt=at).order_by("from_at")
    falling = coming.filter(reason="lost").first()
    return _told(held, step, since, falling, value)


def history_of(holder_id: int, program_id: int) -> list[Stood]:
    """A holder's steps from the first on, those to come included, as they are told now."""
    rows = TierStanding.objects.filter(holder_id=holder_id, program_id=program_id, superseded_at=None)
    stood = [(row.step, row.from_at, row.reason) for row in rows.order_by("from_at")]
    plans = TierPlan.objects.filter(holder_id=holder_id, program_id=program_id).order_by("from_at")
    stood += [(plan.step, plan.from_at, plan.reason) for plan in plans]
    ends = [*(from_at for _, from_at, _ in stood[1:]), None][: len(stood)]
    return [Stood(step, since, end, why) for (step, since, why), end in zip(stood, ends, strict=True)]


def floor_of(holder_id: int, program_id: int, at: datetime) -> Floor | None:
    """The floor that holds at a moment; None without one, or when the ladder no longer has its step."""
    held = ladders.at_moment(program_id, at)
    given = TierAssignment.objects.filter(holder_id=holder_id, program_id=program_id, kind="floor", at__lte=at)
    latest = given.order_by("-at", "-assignment_id").first()
    if held is None or latest is None or latest.step is None:
        return None
    by_code = {one.code: one for one in held.terms.steps}
    if latest.step not in by_code:
        return None
    return Floor(latest.step, _names(by_code, latest.step), latest.at, latest.by, latest.reason)


def steps(program_id: int) -> list[tuple[str, Names]]:
    """(code, names) of the steps of the ladder in force, from the lowest up; none without one."""
    held = ladders.current(program_id)
    return [(one.code, step_names(one)) for one in held.terms.steps] if held else []


def steps_above_the_lowest(program_id: int) -> list[tuple[str, Names]]:
    """Those of `steps` that one may be kept on by hand."""
    held = ladders.current(program_id)
    beginning = lowest(held.terms) if held else None
    return [(code, names) for code, names in steps(program_id) if code != beginning]


def falls(program_id: int, now: datetime, within: timedelta) -> list[Fall]:
    """Who will lose a step within that time if nothing happens, the next first: for notices in advance."""
    if ladders.current(program_id) is None:
        return []
    plans = TierPlan.objects.filter(
        program_id=program_id, from_at__gt=now, from_at__lte=now + within, reason="lost"
    ).order_by("from_at", "holder_id")
    return [Fall(plan.holder_id, plan.from_at, plan.before, plan.step) for plan in plans]


def _standing(
    holder_ids: list[int], program_id: int, at: datetime
) -> dict[int, tuple[str | None, datetime]]:  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"holders": holder_ids, "program": program_id, "at": at})
        return {holder: (step, since) for holder, step, since in cursor.fetchall()}


def _told(held: Held, step: str | None, since: datetime | None, falling: TierPlan | None, value: int) -> Progress:
    terms = held.terms
    by_code = {one.code: one for one in terms.steps}
    place = next((number for number, one in enumerate(terms.steps) if one.code == step), -1)
    above = terms.steps[place + 1] if place + 1 < len(terms.steps) else None
    begins = terms.steps[place].from_ if place >= 0 else 0
    return Progress(
        step=step,
        names=_names(by_code, step),
        since=since,
        kept_until=falling.from_at if falling else None,
        falls_to=falling.step if falling else None,
        falls_to_names=_names(by_code, falling.step if falling else None),
        next_step=above.code if above else None,
        next_names=step_names(above) if above else {},
        value=value,
        missing=max(0, above.from_ - value) if above else 0,
        target=above.from_ if above else 0,
        share=_share(value, begins, above.from_) if above else 100,
        unit=unit_of(terms),
        steps=tuple((one.code, step_names(one)) for one in terms.steps),
    )


def unit_of(terms: Tiers) -> Unit:
    """What the ladder counts."""
    measure = terms.measure
    if measure.currency:
        return Unit("currency", measure.currency)
    if measure.balance:
        return Unit("balance", measure.balance)
    return Unit("spend") if measure.spend else Unit("visits")


def _names(steps: Mapping[str, Step], code: str | None) -> Names:
    step = steps.get(code) if code else None
    return step_names(step) if step else {}


def _share(value: int, begins: int, ends: int) -> int:
    """How far from nothing, or from this step when it is still deserved, to the next; 100 only when it is there."""
    start = begins if value >= begins else 0
    return max(0, min(100 if value >= ends else 99, 100 * (value - start) // (ends - start)))
