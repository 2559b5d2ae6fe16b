"""Writing down where holders stand: what was changes as little as possible, what is to come is planned anew."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tiers.bookmarks import Bookmark
from tiers.course import Stand, settled
from tiers.ladder import NOWHERE
from tiers.ladders import Held


@dataclass(frozen=True)
class _Row:
    """A standing as it is written; `id` null: not yet."""

    step: str | None
    from_at: datetime
    reason: str
    until_at: datetime | None = None
    id: int | None = None


_LOCK = """
INSERT INTO tier_followed (holder_id, program_id, ladder_id, at)
SELECT holder_id, %(program)s, %(ladder)s, %(now)s FROM unnest(%(holders)s::bigint[]) AS holder_id ORDER BY holder_id
ON CONFLICT (holder_id, program_id)
DO UPDATE SET ladder_id = excluded.ladder_id, at = greatest(tier_followed.at, excluded.at)
RETURNING holder_id, bookmark
"""
_BOOKMARKS = """
SELECT holder_id, bookmark FROM tier_followed
WHERE holder_id = ANY(%(holders)s) AND program_id = %(program)s AND bookmark IS NOT NULL
"""
_KEEP = """
UPDATE tier_followed AS f SET bookmark = n.bookmark
FROM unnest(%(holders)s::bigint[], %(bookmarks)s::jsonb[]) AS n (holder_id, bookmark)
WHERE f.holder_id = n.holder_id AND f.program_id = %(program)s
"""
_LIVE = """
SELECT holder_id, standing_id, step, from_at, until_at, reason FROM tier_standing
WHERE holder_id = ANY(%(holders)s) AND program_id = %(program)s AND superseded_at IS NULL ORDER BY holder_id, from_at
"""
_SUPERSEDE = "UPDATE tier_standing SET superseded_at = %(now)s WHERE standing_id = ANY(%(ids)s)"
_END = """
UPDATE tier_standing AS s SET until_at = n.until_at
FROM unnest(%(ids)s::bigint[], %(untils)s::timestamptz[]) AS n (id, until_at) WHERE s.standing_id = n.id
"""
_BEGIN = """
INSERT INTO tier_standing (holder_id, program_id, step, from_at, until_at, reason, recorded_at)
SELECT n.holder_id, %(program)s, n.step, n.from_at, n.until_at, n.reason, %(now)s
FROM unnest(%(holders)s::bigint[], %(steps)s::text[], %(froms)s::timestamptz[], %(untils)s::timestamptz[],
            %(reasons)s::text[]) AS n (holder_id, step, from_at, until_at, reason)
"""
_FORGET = "DELETE FROM tier_plan WHERE holder_id = ANY(%(holders)s) AND program_id = %(program)s"
_PLAN = """
INSERT INTO tier_plan (holder_id, program_id, from_at, step, before, reason)
SELECT n.holder_id, %(program)s, n.from_at, n.step, n.before, n.reason
FROM unnest(%(holders)s::bigint[], %(froms)s::timestamptz[], %(steps)s::text[], %(befores)s::text[],
            %(reasons)s::text[]) AS n (holder_id, from_at, step, before, reason)
"""


def lock(cursor: Any, held: Held, holder_ids: Sequence[int], now: datetime) -> dict[int, Bookmark]:
    """One at a time for these holders, until the transaction ends; and say that they were followed.

    Returns the bookmarks that were kept.
    """
    values = {"program": held.program_id, "ladder": held.id, "holders": sorted(set(holder_ids)), "now": now}
    cursor.execute(_LOCK, values)
    return _bookmarks(cursor)


def bookmarks_of(cursor: Any, program_id: int, holder_ids: Sequence[int]) -> dict[int, Bookmark]:
    """The bookmarks of these holders, without a lock: whoever goes on from one sees by its digest if it still holds."""
    cursor.execute(_BOOKMARKS, {"program": program_id, "holders": list(holder_ids)})
    return _bookmarks(cursor)


def keep(cursor: Any, program_id: int, bookmarks: Mapping[int, Bookmark | None]) -> None:
    """Keep these bookmarks; None: the one that was kept holds no longer. Call under `lock`."""
    if not bookmarks:
        return
    documents = [None if mark is None else json.dumps(mark.dumped()) for mark in bookmarks.values()]
    cursor.execute(_KEEP, {"program": program_id, "holders": list(bookmarks), "bookmarks": documents})


def plan_nothing(cursor: Any, program_id: int, holder_ids: Sequence[int]) -> None:
    """Nothing is to come for holders whom another stands for now; where they stood stays. Call under `lock`."""
    if holder_ids:
        cursor.execute(_FORGET, {"holders": list(holder_ids), "program": program_id})


def _bookmarks(cursor: Any) -> dict[int, Bookmark]:
    rows = ((holder, json.loads(kept) if isinstance(kept, str) else kept) for holder, kept in cursor.fetchall())
    return {holder: Bookmark.loaded(kept) for holder, kept in rows if kept is not None}


def write(
    cursor: Any, held: Held, courses: Mapping[int, Sequence[Stand]], start: int, now: datetime
) -> dict[int, tuple[str | None, str | None]]:
    """Let the rows of these holders show their courses (places on the ladder; `start` is where everyone begins).

    Call under `lock`. What stood before the ladder was put stays. Returns who stands elsewhere now than was written:
    holder -> (before, after).
    """
    codes = [step.code for step in held.terms.steps]
    values: dict[str, Any] = {"program": held.program_id, "holders": sorted(courses), "now": now}
    cursor.execute(_LIVE, values)
    live: dict[int, list[_Row]] = defaultdict(list)
    for holder_id, number, step, from_at, until_at, reason in cursor.fetchall():
        live[holder_id].append(_Row(step, from_at, reason, until_at, number))
    gone: list[int] = []
    ends: list[tuple[int, datetime | None]] = []
    begun: list[tuple[int, _Row]] = []
    plans: list[tuple[int, datetime, str | None, str | None, str]] = []
    moved: dict[int, tuple[str | None, str | None]] = {}
    for holder_id, stands in sorted(courses.items()):
        wanted, planned = _wanted(held, codes, settled(stands, start), start, live[holder_id], now)
        _compare(holder_id, live[holder_id], wanted, gone, ends, begun)
        plans += [(holder_id, *plan) for plan in planned]
        first = _code(codes, start)
        before = live[holder_id][-1].step if live[holder_id] else first
        after = wanted[-1].step if wanted else first
        if before != after:
            moved[holder_id] = (before, after)
    _apply(cursor, values, gone, ends, begun)
    cursor.execute(_FORGET, values)
    if plans:
        columns = [list(column) for column in zip(*plans, strict=True)]
        cursor.execute(
            _PLAN, values | dict(zip(("holders", "froms", "steps", "befores", "reasons"), columns, strict=True))
        )
    return moved


def _wanted(
    held: Held, codes: list[str], stands: Sequence[Stand], start: int, live: Sequence[_Row], now: datetime
) -> tuple[list[_Row], list[tuple[datetime, str | None, str | None, str]]]:
    """The rows that should be there up to `now`, and the plans after it: (from_at, step, before, reason)."""
    since = held.from_at
    rows = [] if since is None else [_Row(row.step, row.from_at, row.reason) for row in live if row.from_at < since]
    plans = []
    place = start
    for stand in stands:
        step = _code(codes, stand.place)
        if stand.from_at > now:
            plans.append((stand.from_at, step, _code(codes, place), stand.reason))
        elif since is None or stand.from_at >= since:
            if since is not None and not any(row.from_at >= since for row in rows):
                _join(rows, _code(codes, place), since, _code(codes, start))
            rows.append(_Row(step, stand.from_at, stand.reason))
        place = stand.place
    if since is not None and since <= now and not any(row.from_at >= since for row in rows):
        passed = [stand.place for stand in stands if stand.from_at <= now]
        _join(rows, _code(codes, passed[-1] if passed else start), since, _code(codes, start))
    ends: list[datetime | None] = [row.from_at for row in rows]
    return [
        _Row(row.step, row.from_at, row.reason, until_at)
        for row, until_at in zip(rows, [*ends[1:], None][: len(rows)], strict=True)
    ], plans  # fmt: skip


def _join(rows: list[_Row], step: str | None, since: datetime, first: str | None) -> None:
    """Where a new ladder puts one who stood elsewhere on the old one."""
    if step != (rows[-1].step if rows else first):
        rows.append(_Row(step, since, "ladder"))


def _compare(
    holder_id: int, live: Sequence[_Row], wanted: Sequence[_Row], gone: list[int],
    ends: list[tuple[int, datetime | None]], begun: list[tuple[int, _Row]],
) -> None:  # fmt: skip
    there = {(row.from_at, row.step): row for row in live}
    for row in wanted:
        same = there.pop((row.from_at, row.step), None)
        if same is None or same.id is None:
            begun.append((holder_id, row))
        elif same.until_at != row.until_at:
            ends.append((same.id, row.until_at))
    gone += [row.id for row in there.values() if row.id is not None]


def _apply(
    cursor: Any, values: dict[str, Any], gone: list[int], ends: list[tuple[int, datetime | None]],
    begun: list[tuple[int, _Row]],
) -> None:  # fmt: skip
    """In this order no two rows that hold ever overlap."""
    if gone:
        cursor.execute(_SUPERSEDE, values | {"ids": gone})
    if ends:
        cursor.execute(_END, values | {"ids": [one for one, _ in ends], "untils": [until for _, until in ends]})
    if begun:
        rows = [(holder, row.step, row.from_at, row.until_at, row.reason) for holder, row in begun]
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(
            _BEGIN, values | dict(zip(("holders", "steps", "froms", "untils", "reasons"), columns, strict=True))
        )


def _code(codes: list[str], place: int) -> str | None:
    return None if place == NOWHERE else codes[place]
