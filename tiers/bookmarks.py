"""A bookmark in a holder's course: where the walk stood at a midnight, and what it had counted until then. Pure.

With it a course goes on from there with what came since, and comes out as it would from the beginning. It holds as
long as nothing before that midnight is told otherwise: `digest` says what the walk had read, `circumstances` under
which ladder and at which home. Where either differs the course is walked from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any, Self

from tiers.ladder import Home, Ladder
from tiers.tally import Change, Tally

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATE_AT_MOST = timedelta(days=7)
LONG = 30

Digest = tuple[int, ...]
"""Of changes: how many; the sums of amounts, moments and keys, of moments x amounts and amounts x keys; those that
undo. Adding what came next is adding the parts. As `ledger.courses` sums it in the database."""

NOTHING: Digest = (0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Bookmark:
    """The walk at the moment `since`, before anything of that moment. `tally`: (moment, amount) by local day, as far
    back as a window still reaches; `stands`: (place, moment, reason, key)."""

    since: datetime
    circumstances: str
    digest: Digest
    place: int
    floor: int
    stood_on: date
    end: datetime | None
    look: datetime | None
    tally: tuple[tuple[datetime, int], ...]
    stands: tuple[tuple[int, datetime, str, int | None], ...]

    def dumped(self) -> dict[str, Any]:
        """For jsonb; moments in microseconds."""
        return {
            "since": _us(self.since), "circumstances": self.circumstances,
            "digest": [str(part) for part in self.digest],
            "place": self.place, "floor": self.floor, "stood_on": self.stood_on.isoformat(),
            "end": None if self.end is None else _us(self.end), "look": None if self.look is None else _us(self.look),
            "tally": [[_us(at), amount] for at, amount in self.tally],
            "stands": [[place, _us(at), reason, key] for place, at, reason, key in self.stands],
        }  # fmt: skip

    @classmethod
    def loaded(cls, document: dict[str, Any]) -> Self:
        end, look = document["end"], document["look"]
        return cls(
            since=_at(document["since"]), circumstances=document["circumstances"],
            digest=tuple(int(part) for part in document["digest"]),
            place=document["place"], floor=document["floor"], stood_on=date.fromisoformat(document["stood_on"]),
            end=None if end is None else _at(end), look=None if look is None else _at(look),
            tally=tuple((_at(us), amount) for us, amount in document["tally"]),
            stands=tuple((place, _at(us), reason, key) for place, us, reason, key in document["stands"]),
        )  # fmt: skip

    def knowing(self, digest: Digest, circumstances: str) -> Bookmark:
        """The same, with what the walk had read and where."""
        return replace(self, digest=digest, circumstances=circumstances)


def place_for(changes: Sequence[Change], home: Home, now: datetime) -> datetime | None:
    """Where to put the next bookmark: a week before the latest change, if that leaves much less to walk; or None."""
    moments = sorted(change.at for change in changes if change.at <= now)
    if len(moments) < LONG:
        return None
    since = home.begins_at(home.day_of(moments[-1] - LATE_AT_MOST))
    return since if moments[len(moments) // 2] < since else None


def digest_of(changes: Iterable[Change], *, before: datetime, on: Digest = NOTHING) -> Digest:
    """`on`, and the changes before a moment."""
    sums = list(on)
    for change in changes:
        if change.at < before:
            moment = _us(change.at)
            parts = (1, change.amount, moment, change.key, moment * change.amount, change.amount * change.key)
            sums = [*(total + part for total, part in zip(sums, parts, strict=False)), sums[6] + change.undoes]
    return tuple(sums)


def folded(tally: Tally, ladder: Ladder, home: Home, *, at: datetime, end: datetime | None) -> tuple[Any, ...] | None:
    """What a tally still needs from `at` on, one entry a local day; None when it waits for goods that came back
    before they counted."""
    if any(tally.owed.values()):
        return None
    starts = [ladder.window_start(at, home)]
    if end is not None:
        starts.append(ladder.window_ended(end, home))
    if None in starts:
        return ((tally.moments[0], tally.sums[-1]),) if tally.moments else ()
    reach = min(start for start in starts if start is not None)
    days: dict[date, tuple[datetime, int]] = {}
    for moment, amount in zip(tally.moments, tally.amounts, strict=True):
        if moment >= reach:
            first, total = days.get(day := home.day_of(moment), (moment, 0))
            days[day] = (first, total + amount)
    return tuple(days.values())


def unfolded(entries: Iterable[tuple[datetime, int]]) -> Tally:
    """A tally to go on with."""
    moments, amounts = [], []
    for moment, amount in entries:
        moments.append(moment)
        amounts.append(amount)
    most = sum(amount for amount in amounts if amount > 0)
    return Tally(moments, amounts, list(accumulate(amounts, initial=0)), most=most)


def _us(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _at(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND
