"""Why an activity gave what it gave, laid out as an addition that can be checked, for both doors."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from earning import queries as earning
from values import money
from web.formats import Formats
from web.movements import Given, Ground
from web.pots import Unit


@dataclass(frozen=True)
class Part:
    points: int
    amount: str
    signed: str
    text: str
    detail: str


@dataclass(frozen=True)
class Total:
    amount: str
    text: str
    detail: str


@dataclass(frozen=True)
class Addition:
    """One currency's addition; the parts add up to the total."""

    title: str
    parts: list[Part]
    total: Total


@dataclass(frozen=True)
class Verdict:
    kind: str
    text: str
    detail: str
    missing: str


@dataclass(frozen=True)
class Why:
    """`waiting`: still to be counted; `stopped`: so, and nothing goes on until somebody of ours has looked."""

    sums: list[Addition]
    near: list[Verdict]
    hits: list[Verdict]
    headline: str
    unit: str
    waiting: bool
    stopped: bool


class Spoken:
    """The page's formats in the shape sentences ask for: amounts in major units."""

    def __init__(self, formats: Formats) -> None:
        self.formats = formats
        self.language = formats.locale.language

    def number(self, value: Decimal | int) -> str:
        return self.formats.number(value)

    def money(self, value: Decimal, currency: str | None) -> str:
        minor = int(value.scaleb(money.minor_exponent(currency)))
        return self.formats.money(minor, currency or "", short=True)

    def day(self, value: date) -> str:
        return self.formats.day(value)


def why_of(ground: Ground, activity_id: int, given: dict[tuple[int, int], Given]) -> Why:
    """The explanation of one activity, by currency that can be spent; near misses follow."""
    spoken = Spoken(ground.formats)
    told = earning.explain(
        activity_id=activity_id, holder_id=ground.holder_id, language=spoken.language, formats=spoken
    )
    sums, hits = [], []
    headline, named = "", ""
    for unit in ground.spendable:
        parts = [_part(ground, unit, part) for part in told.parts if part.currency_code == unit.code and part.points]
        if not parts:
            continue
        points = sum(part.points for part in parts)
        written = unit.write(ground.formats, points)
        later = given.get((activity_id, unit.id), Given(0, None)).from_at
        sums.append(Addition(_title(unit, written, points), parts, _total(ground, unit, points, later)))
        hits += [Verdict("hit", part.text, part.detail, part.signed) for part in parts]
        if not headline:
            headline, named = unit.write(ground.formats, points, signed=True), "" if unit.is_cash else unit.name
    near = [Verdict("near", miss.text, miss.detail, miss.missing) for miss in told.near]
    waiting = not sums and earning.is_waiting(activity_id, ground.holder_id)
    stopped = waiting and earning.is_set_aside(ground.holder_id)
    return Why(sums, near, hits, headline, named, waiting, stopped)


def _part(ground: Ground, unit: Unit, part: Any) -> Part:
    return Part(
        part.points,
        unit.write(ground.formats, part.points),
        unit.write(ground.formats, part.points, signed=True),
        part.text,
        part.detail,
    )


def _title(unit: Unit, written: str, points: int) -> str:
    if unit.is_cash:
        return _("Why %(amount)s in the %(pot)s") % {"amount": written, "pot": unit.name.lower()}
    return _("Why %(amount)s %(points)s") % {"amount": written, "points": unit.counted(points)}


def _total(ground: Ground, unit: Unit, points: int, later: datetime | None) -> Total:
    written = unit.write(ground.formats, points)
    words = {"points": _("in the %(pot)s") % {"pot": unit.name.lower()} if unit.is_cash else unit.counted(points)}
    if points < 0:
        return Total(written, _("%(points)s taken back.") % words, "")
    if later is None:
        return Total(written, _("%(points)s, yours to use.") % words, "")
    words["day"] = ground.formats.day(later)
    return Total(written, _("%(points)s, yours on %(day)s.") % words, _("The time a return may take."))
