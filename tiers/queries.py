"""Where holders stand. Rows are planned ahead, so a step ends at its own instant whether a job has run or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from tiers import hooks, ladders
from tiers.ladders import Held
from tiers.models import TierStanding
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
class Fall:
    """Who comes down, when, from which step to which; at some moment still to come."""

    holder_id: int
    at: datetime
    step: str | None
    to: str | None


def step_of(holder_id: int, program_id: int, at: datetime) -> str | None:
    """The code of the step a holder stands on at a moment; None below the lowest, or where there is no ladder."""
    return steps_of([holder_id], program_id, at)[holder_id]


def steps_of(holder_ids: Iterable[int], program_id: int, at: datetime) -> dict[int, str | None]:
    """`step_of` of many holders, in two statements."""
    wanted = list(holder_ids)
    held = ladders.at_moment(program_id, at)
    if held is None:
        return dict.fromkeys(wanted)
    found = _standing_at(program_id, at).filter(holder_id__in=wanted).values_list("holder_id", "step")
    return {**dict.fromkeys(wanted, lowest(held.terms)), **dict(found)}


def lowest(terms: Tiers) -> str | None:
    """Where everyone begins: the step that begins at nothing, if there is one."""
    return terms.steps[0].code if terms.steps[0].from_ == 0 else None


def progress(holder_id: int, program_id: int, at: datetime) -> Progress | None:
    """Where a holder stands and what is missing to the next step; None where the program has no ladder."""
    held = ladders.at_moment(program_id, at)
    if held is None:
        return None
    standing = _standing_at(program_id, at).filter(holder_id=holder_id).first()
    step = standing.step if standing else lowest(held.terms)
    value = max(0, hooks.measure(holder_id, program_id, at))
    following = (
        TierStanding.objects.filter(
            holder_id=holder_id, program_id=program_id, superseded_at=None, from_at__gt=at
        )
        .order_by("from_at")
        .first()
    )  # fmt: skip
    return _told(held, step, standing, following, value)


def history_of(holder_id: int, program_id: int) -> list[Stood]:
    """A holder's steps from the first on, those to come included, as they are told now."""
    rows = TierStanding.objects.filter(holder_id=holder_id, program_id=program_id, superseded_at=None)
    return [Stood(row.step, row.from_at, row.until_at, row.reason) for row in rows.order_by("from_at")]


def falls(program_id: int, now: datetime, within: timedelta) -> list[Fall]:
    """Who will lose a step within that time if nothing happens, the next first: for notices in advance."""
    held = ladders.current(program_id)
    if held is None:
        return []
    rows = TierStanding.objects.filter(
        program_id=program_id, superseded_at=None, from_at__gt=now, from_at__lte=now + within, reason="lost"
    ).order_by("from_at", "holder_id")
    moments = [(row.holder_id, row.from_at, row.step) for row in rows]
    before = {
        (row.holder_id, row.until_at): row.step
        for row in TierStanding.objects.filter(
            program_id=program_id,
            superseded_at=None,
            holder_id__in={holder for holder, _, _ in moments},
            until_at__gt=now,
        )
    }
    start = lowest(held.terms)
    return [Fall(holder, at, before.get((holder, at), start), step) for holder, at, step in moments]


def _standing_at(program_id: int, at: datetime) -> QuerySet[TierStanding]:
    lasting = Q(until_at=None) | Q(until_at__gt=at)
    return TierStanding.objects.filter(lasting, program_id=program_id, superseded_at=None, from_at__lte=at)


def _told(
    held: Held, step: str | None, standing: TierStanding | None, following: TierStanding | None, value: int
) -> Progress:
    terms = held.terms
    by_code = {one.code: one for one in terms.steps}
    place = next((number for number, one in enumerate(terms.steps) if one.code == step), -1)
    above = terms.steps[place + 1] if place + 1 < len(terms.steps) else None
    begins = terms.steps[place].from_ if place >= 0 else 0
    falling = following is not None and following.reason == "lost"
    return Progress(
        step=step,
        names=_names(by_code, step),
        since=standing.from_at if standing else None,
        kept_until=following.from_at if following and falling else None,
        falls_to=following.step if following and falling else None,
        falls_to_names=_names(by_code, following.step if following and falling else None),
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
    return step_names(steps[code]) if code in steps else {}


def _share(value: int, begins: int, ends: int) -> int:
    """How far from nothing, or from this step when it is still deserved, to the next; 100 only when it is there."""
    start = begins if value >= begins else 0
    return max(0, min(100 if value >= ends else 99, 100 * (value - start) // (ends - start)))
