"""Following holders up and down their program's ladder: what counts is gathered here and decided by `tiers`.

Called after postings, for the holders they touched, and by a nightly pass for whatever time alone changed. Both work
out the same course from the same facts, so that one after the other changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from earning import measures
from ledger import families
from programs.models import Currency, Program
from tiers import bookmarks, course, ladders, recording
from tiers.bookmarks import Bookmark

AT_ONCE = 1_000

# whose plan is due; who was never followed under this ladder
_DUE = """
SELECT DISTINCT holder_id FROM tier_plan
WHERE program_id = %(program)s AND from_at <= %(now)s AND holder_id > %(after)s ORDER BY holder_id LIMIT %(limit)s
"""
_NOT_FOLLOWED = """
SELECT DISTINCT h.holder_id FROM membership AS m JOIN membership_holder AS h ON h.membership_id = m.id
WHERE m.program_id = %(program)s AND h.holder_id > %(after)s AND NOT EXISTS (
    SELECT FROM tier_followed AS f
    WHERE f.holder_id = h.holder_id AND f.program_id = %(program)s AND f.ladder_id = %(ladder)s
) ORDER BY h.holder_id LIMIT %(limit)s
"""


def follow(cursor: Any, program_id: int, holder_ids: Iterable[int], now: datetime) -> int:
    """Write down where these holders stand, in the caller's transaction; how many stand elsewhere than before.

    Where a holder was merged into another, that one is followed, with what both have.
    Nothing at all for a program without a ladder.
    """
    held = ladders.current(program_id)
    asked = sorted(set(holder_ids))
    if held is None or not asked:
        return 0
    heirs = families.heirs_around(cursor, asked)
    wanted = sorted({heirs.get(holder, holder) for holder in asked})
    gone = [holder for holder in asked if holder in heirs]
    kept = recording.lock(cursor, held, [*wanted, *gone], now)
    recording.plan_nothing(cursor, program_id, gone)
    found = measures.gather(cursor, held, wanted, kept if held.terms.measure.currency else {})
    courses: dict[int, list[course.Stand]] = {}
    marked: dict[int, Bookmark | None] = {holder: None for holder in kept if holder not in found.after}
    for holder, place in found.places.items():
        courses[holder], mark = course.walked(
            found.ladder_of(holder), found.changes[holder], found.given.get(holder, ()), place.home,
            after=found.after.get(holder), mark_at=_mark_at(found, holder, now),
        )  # fmt: skip
        if mark is not None:
            marked[holder] = found.bookmarked(holder, mark)
    start = course.beginning(measures.ladder_in(held, ""))
    moved = recording.write(cursor, held, courses, start, now)
    recording.keep(cursor, program_id, marked)
    return len(moved)


def _mark_at(found: measures.Measures, holder: int, now: datetime) -> datetime | None:
    """Points of a currency alone are told by digest; what else may count is read whole."""
    if not found.held.terms.measure.currency:
        return None
    return bookmarks.place_for(found.changes[holder], found.places[holder].home, now)


def close_windows(
    *, program: Program | None = None, now: datetime, goes_on: Callable[[], bool] = lambda: True
) -> int:  # fmt: skip
    """Write down what time alone changed by `now`: windows that ended, points that matured or died; and follow whoever
    a new ladder has not reached yet. Returns how many holders were followed.

    A thousand holders a transaction, as long as it `goes_on`: cut off, it goes on where it stopped; run again, it finds
    nothing.
    """
    programs = [program.pk] if program else ladders.with_ladders()
    return sum(
        _close(program_id, statement, now, goes_on) for program_id in programs for statement in (_NOT_FOLLOWED, _DUE)
    )


def _close(program_id: int, statement: str, now: datetime, goes_on: Callable[[], bool]) -> int:
    after, total = 0, 0
    while goes_on() and (held := ladders.current(program_id)):
        values: dict[str, Any] = {
            "program": program_id,
            "ladder": held.id,
            "now": now,
            "after": after,
            "limit": AT_ONCE,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            holders = [holder for (holder,) in cursor.fetchall()]
            if not holders:
                return total
            follow(cursor, program_id, holders, now)
        after = holders[-1]
        total += len(holders)
    return total  # cut short, or the ladder is gone


def follow_pots(cursor: Any, pots: Iterable[tuple[int, int]], now: datetime) -> None:
    """`follow` whoever had points of a currency that a ladder counts moved by hand, spent, given back, or matured:
    (holder_id, currency_id), in the transaction that moved them."""
    moved = list(pots)
    for program_id, currency_ids in _counted({currency for _, currency in moved}).items():
        follow(cursor, program_id, {holder for holder, currency in moved if currency in currency_ids}, now)


def _counted(currency_ids: set[int]) -> dict[int, set[int]]:
    """Those of these currencies that their program's ladder counts, by program."""
    counted: dict[int, set[int]] = {}
    for number, code, program_id in Currency.objects.filter(pk__in=currency_ids).values_list(
        "pk", "code", "program_id"
    ):
        held = ladders.current(program_id)
        if held and code in (held.terms.measure.currency, held.terms.measure.balance):
            counted.setdefault(program_id, set()).add(number)
    return counted


def follow_holders(program_id: int, holder_ids: Iterable[int], now: datetime) -> None:
    """`follow` for whoever has no cursor at hand, such as a step given by hand."""
    with transaction.atomic(), connection.cursor() as cursor:
        follow(cursor, program_id, holder_ids, now)


def measured(holder_id: int, program_id: int, at: datetime) -> int:
    """What counts for one holder at a moment, in the units of the ladder's thresholds (rounded down)."""
    held = ladders.at_moment(program_id, at)
    if held is None:
        return 0
    with connection.cursor() as cursor:
        found = measures.gather(cursor, held, [holder_id])
    if holder_id not in found.places:
        return 0
    ladder, unit = found.ladder_of(holder_id), measures.unit_in(held, found.places[holder_id].money)
    return course.value_at(ladder, found.changes[holder_id], found.places[holder_id].home, at) // unit
