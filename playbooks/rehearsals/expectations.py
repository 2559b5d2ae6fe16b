"""What is expected after a step, beside what was found. Only what is written is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from earning.models import Award
from ledger import queries as pots
from members import pooling
from playbooks.rehearsals.format import ACTIVITY, NAMED, Expect, Step
from playbooks.rehearsals.outcome import Line
from playbooks.rehearsals.played import Done
from playbooks.rehearsals.stage import Person, Stage
from programs import queries as programs
from rewards import queries as rewards
from rules_engine import queries as rulebooks
from tiers import queries as tiers
from values import periods

_LONG_AGO = datetime.fromisoformat("1900-01-01T00:00:00+00:00")
_LONG_AFTER = datetime.fromisoformat("2400-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Before:
    """What stood before a step: the worth and awards of its member, and everything, where nothing may change."""

    worth: int
    awards: dict[str, int]
    everything: Any


def member_of(stage: Stage, step: Step) -> Person | None:
    """Whom a step's expectations are about."""
    what = step.what
    said = step.expect.member or step.member or getattr(what, "member", None) or getattr(what, "from_", None)
    said = said or getattr(what, "kept", None)
    if isinstance(said, date) or said is None:
        said = None
        if (named := stage.person(None, getattr(what, "card", None))) is not None:
            said = named.part.id
        if said is None and step.kind in NAMED and (name := getattr(what, "of", None) or what.code_of) in stage.made:
            said = stage.member_of(stage.made[name].membership_id)
        if said is None and step.kind in ("return", "deliver") and what.of:
            said = stage.owners.get(what.of)
        if said is None and len(stage.people) == 1 and step.kind in ("clock", "publish", "rescore", "return"):
            said = next(iter(stage.people))
    return stage.people.get(said or "")


def before(stage: Stage, step: Step) -> Before:
    person, expect = member_of(stage, step), step.expect
    stage.seen.clear()
    changes = expect.awards is not None and step.kind not in ("purchase", "visit", "event")
    return Before(
        _worth(stage, person, step.at) if expect.points is not None else 0,
        _awards_of(stage, person, None) if changes else {},
        _everything(stage, step.at) if expect.refused or expect.quarantined else None,
    )


def after(stage: Stage, place: int, step: Step, was: Before, done: Done) -> Iterator[Line]:
    """A line per expectation; a line that failed where something happened that nothing was said of."""
    line, did = stage.read.line_of(place), _told(step)

    def told(field: str, expected: Any, found: Any) -> Line:
        same = expected == found
        return Line(place + 1, line, step.at.isoformat(), did, field, _said(expected), _said(found), same)

    for field, expected, found in _outcomes(step.expect, done):
        yield told(field, expected, found)
    if was.everything is not None:
        yield told("changed", "nothing", "nothing" if was.everything == _everything(stage, step.at) else "something")
    stage.seen.clear()
    person = member_of(stage, step)
    for look in dict.fromkeys(_LOOKING[name] for name in step.expect.named if name in _LOOKING):
        for field, expected, found in look(stage, step, person, was, done):
            yield told(field, expected, found)


def _outcomes(expect: Expect, done: Done) -> Iterator[tuple[str, str, str]]:
    yield from ((name, getattr(expect, name) or "", getattr(done, name)) for name in ("refused", "quarantined")
                if getattr(expect, name) or getattr(done, name))  # fmt: skip
    unmatched = done.waiting == "UnknownMember"
    if expect.waiting or (done.waiting and not (expect.unmatched and unmatched)):
        yield "waiting", expect.waiting or "", done.waiting
    if expect.unmatched:
        yield "unmatched", "true", "true" if unmatched else "false"


def _awards(stage: Stage, step: Step, person: Person | None, was: Before, done: Done) -> Iterator[tuple[str, Any, Any]]:
    if done.awards is not None:
        found = done.awards
    elif step.kind in ("purchase", "visit", "event"):
        found = _awards_of(stage, person, done.activity_id or 0)
    else:
        now = _awards_of(stage, person, None)
        found = {code: now.get(code, 0) - was.awards.get(code, 0) for code in now.keys() | was.awards.keys()}
    expected = {code: points for code, points in (step.expect.awards or {}).items() if points}
    yield "awards", expected, {code: points for code, points in found.items() if points}


def _points(stage: Stage, step: Step, person: Person | None, was: Before, done: Done) -> Iterator[tuple[str, Any, Any]]:
    found = done.points if done.points is not None else _worth(stage, person, step.at) - was.worth
    yield "points", step.expect.points, found


def _parts(stage: Stage, step: Step, person: Person | None, was: Before, done: Done) -> Iterator[tuple[str, Any, Any]]:
    pot = _pots(stage, person, step.at)
    for name, part in (("balance", 0), ("pending", 1), ("debt", 2)):
        for code, expected in (getattr(step.expect, name) or {}).items():
            yield f"{name}.{code}", expected, pot.get(stage.currencies[code].id, (0, 0, 0))[part]


def _lots(stage: Stage, step: Step, person: Person | None, was: Before, done: Done) -> Iterator[tuple[str, Any, Any]]:
    """Each lot expected is looked for among those found; a part of it that is not written fits any."""
    codes = {currency.id: code for code, currency in stage.currencies.items()}
    rows = pots.lots(person.holder_id, list(codes), step.at) if person and person.holder_id else []
    found = [
        {"left": row.remaining, "expires": row.expires_at or "never", "currency": codes[row.currency_id]}
        for row in rows
    ]
    zone = _zone_of(stage, person)
    wanted = [
        {"left": lot.left, "expires": _instant(lot.expires, zone), "currency": lot.currency}
        for lot in step.expect.lots or ()
    ]
    rest = list(found)
    for lot in sorted(wanted, key=lambda one: sum(value is None for value in one.values())):
        fitting = next((one for one in rest if all(lot[key] in (None, one[key]) for key in lot)), None)
        if fitting is None:
            break
        rest.remove(fitting)
    else:
        if not rest:
            yield "lots", _told_lots(wanted, zone), _told_lots(wanted, zone)
            return
    yield "lots", _told_lots(wanted, zone), _told_lots(found, zone)


def _tier(stage: Stage, step: Step, person: Person | None, was: Before, done: Done) -> Iterator[tuple[str, Any, Any]]:
    found = tiers.step_of(person.holder_id, stage.program.pk, step.at) if person and person.holder_id else None
    yield "tier", step.expect.tier, found


def _vouchers(
    stage: Stage, step: Step, person: Person | None, was: Before, done: Done
) -> Iterator[tuple[str, Any, Any]]:
    rows = rewards.vouchers_of(person.membership_id, step.at) if person and person.membership_id else []
    found = sorted(row.reward_code for row in rows if row.state == "in_hand")
    yield "vouchers", sorted(step.expect.vouchers or ()), found


def _entries(
    stage: Stage, step: Step, person: Person | None, was: Before, done: Done
) -> Iterator[tuple[str, Any, Any]]:
    yield "entries", step.expect.entries, _count(stage, person)


_LOOKING = {
    "awards": _awards, "points": _points, "balance": _parts, "pending": _parts, "debt": _parts, "lots": _lots,
    "tier": _tier, "vouchers": _vouchers, "entries": _entries,
}  # fmt: skip


def _count(stage: Stage, person: Person | None) -> int:
    if person is None or not person.holder_id:
        return 0
    ids = [currency.id for currency in stage.currencies.values()]
    return len(pots.statement(person.holder_id, ids, _LONG_AGO, _LONG_AFTER, limit=100_000))


def _pots(stage: Stage, person: Person | None, at: datetime) -> dict[int, tuple[int, int, int]]:
    """currency id -> (what may be spent, what is pending, what is owed)."""
    if person is None or not person.holder_id:
        return {}
    if person.holder_id not in stage.seen:
        found = pots.balances(person.holder_id, at)
        stage.seen[person.holder_id] = {one.currency_id: (one.available, one.pending, one.debt) for one in found}
    return stage.seen[person.holder_id]


def _worth(stage: Stage, person: Person | None, at: datetime) -> int:
    """Balance and pending less debt, in the first currency."""
    available, pending, debt = _pots(stage, person, at).get(stage.first_currency.id, (0, 0, 0))
    return available + pending - debt


def _awards_of(stage: Stage, person: Person | None, activity_id: int | None) -> dict[str, int]:
    """rule code -> points posted, of one activity or of everything the member did."""
    if person is None or not person.holder_id:
        return {}
    rows = Award.objects.filter(holder_id__in=pooling.kin_of(person.membership_id).holders)
    if activity_id is not None:
        rows = rows.filter(activity_id=activity_id)
    codes = rulebooks.rule_codes(stage.program.pk)
    found: dict[str, int] = {}
    for rule_id, posted in rows.values_list("rule_id", "posted"):
        found[codes[rule_id]] = found.get(codes[rule_id], 0) + posted
    return found


def _everything(stage: Stage, at: datetime) -> Any:
    """All pots of all people and how often they moved."""
    return [(name, _pots(stage, person, at), _count(stage, person)) for name, person in stage.people.items()]


def _zone_of(stage: Stage, person: Person | None) -> str:
    market = programs.market_of(stage.program.pk, person.part.market) if person and person.part.market else None
    return market.timezone if market else stage.zone


def _instant(dies: Any, zone: str) -> Any:
    """What `expires` says as an instant; `never` stays the word."""
    if isinstance(dies, datetime) or dies is None:
        return dies
    return "never" if dies == "never" else periods.begins_at(dies, zone)


def _told_lots(lots: list[dict[str, Any]], zone: str) -> str:
    told = []
    for lot in sorted(lots, key=lambda one: (str(one["currency"]), str(one["expires"]), str(one["left"]))):
        dies = lot["expires"]
        shown = dies.astimezone(periods.zone(zone)).isoformat() if isinstance(dies, datetime) else dies or "never"
        told.append(f"{lot['left']} until {shown}")
    return ", ".join(told) or "none"


def _told(step: Step) -> str:
    what = step.what
    match step.kind:
        case kind if kind in ACTIVITY:
            return f"{kind} {what.id}"
        case "redeem" | "hold":
            return f"{step.kind} {what.reward} by {what.member}"
        case "confirm" | "release" | "cancel":
            return f"{step.kind} {what.of}"
        case "use_voucher":
            return f"use voucher of {what.code_of}"
        case "join":
            return f"{what.member} joins {what.household_of}"
        case "merge":
            return f"merge {what.gone} into {what.kept}"
        case "leave" | "close":
            return f"{step.kind} {what.member}"
        case "block_card" | "find_card" | "replace_card":
            return f"{step.kind.replace('_', ' ')} {what.card}"
        case "adjust":
            return f"adjust {what.member} by {what.amount}"
        case "transfer":
            return f"transfer {what.amount} from {what.from_} to {what.to}"
        case "deliver":
            return f"deliver {what.of}"
    return step.kind


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{code} {points}" for code, points in sorted(value.items())) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "nothing" if value in ("", None) else str(value)
