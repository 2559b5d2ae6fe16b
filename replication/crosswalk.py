"""Who a system's people are here: looked up by the thousand, and written down with the version that was taken."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from members.addressing import Address

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_BY_KEYS = (
    "SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'])"
    " AS name"
)


@dataclass(frozen=True, slots=True)
class Known:
    """An external id seen before, and how its person stands here now. `membership_id` is the one that stands for it:
    of merged memberships the one that was kept, then `merged` is true. None: deleted before it was ever here.
    `address` and `ours_changed` (field -> when we changed it) are as `beside` looked them up."""

    external_id: str
    id: int
    version: int
    digest: bytes
    said: dict[str, str]
    deleted_at: datetime | None
    erased: bool
    linked_id: int | None
    merged: bool
    membership_id: int | None
    holder_id: int | None
    member_id: int | None
    status: str | None
    store_id: int | None
    banner_id: int | None
    market_code: str | None
    joined_at: datetime | None
    first_name: str
    last_name: str
    email: str
    email_verified_at: datetime | None
    phone: str
    birth_date: date | None
    language: str
    address: Address | None = None
    ours_changed: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What is to be remembered of an external id after its record was taken."""

    external_id: str
    membership_id: int | None
    version: int
    digest: bytes
    said: dict[str, str]
    deleted_at: datetime | None = None
    erased: bool = False


# the members are locked first: what a door changes meanwhile is either seen here or waits
_LOCK = """
SELECT p.id FROM unnest(%s::text[], %s::bigint[]) AS n (external_id, version)
CROSS JOIN LATERAL (
    SELECT i.membership_id FROM replication_identity i
    WHERE i.system_id = %s AND i.external_id = n.external_id AND i.version < n.version OFFSET 0
) AS i
JOIN membership m ON m.id = i.membership_id
JOIN membership s ON s.id = coalesce(m.merged_into_id, m.id)
JOIN member p ON p.id = s.member_id
ORDER BY p.id FOR NO KEY UPDATE OF p
"""
_KNOWN = """
SELECT i.external_id, i.id, i.version, i.digest, i.said::text, i.deleted_at, i.erased,
       i.membership_id, m.merged_into_id IS NOT NULL, s.id, h.holder_id, p.id, s.status, s.home_store_id,
       s.home_banner_id, s.market_code, s.joined_at, p.first_name, p.last_name, p.email, p.email_verified_at, p.phone,
       p.birth_date, p.language
FROM replication_identity i
LEFT JOIN membership m ON m.id = i.membership_id
LEFT JOIN membership s ON s.id = coalesce(m.merged_into_id, m.id)
LEFT JOIN member p ON p.id = s.member_id
LEFT JOIN membership_holder h ON h.membership_id = s.id AND h.until_at IS NULL
WHERE i.system_id = %s AND i.external_id = ANY(%s)
"""
_OF_MEMBERSHIPS = """
SELECT n.external_id, 0, -1, ''::bytea, '{}', NULL, false, NULL, false, m.id, h.holder_id, p.id, m.status,
       m.home_store_id, m.home_banner_id, m.market_code, m.joined_at, p.first_name, p.last_name, p.email,
       p.email_verified_at, p.phone, p.birth_date, p.language
FROM unnest(%s::text[], %s::bigint[]) AS n (external_id, membership_id)
JOIN membership m ON m.id = n.membership_id
JOIN member p ON p.id = m.member_id
LEFT JOIN membership_holder h ON h.membership_id = m.id AND h.until_at IS NULL
ORDER BY p.id FOR NO KEY UPDATE OF p
"""
_LINKED = """
SELECT i.membership_id, i.external_id FROM replication_identity i
WHERE i.system_id = %s AND i.membership_id = ANY(%s)
"""
_KEEP = """
INSERT INTO replication_identity (system_id, external_id, membership_id, version, digest, said, linked_at, changed_at,
                                  deleted_at, erased, seen_run_id)
SELECT %(system)s, n.external_id, n.membership_id, n.version, n.digest, n.said::jsonb, %(now)s, %(now)s, n.deleted_at,
       n.erased, %(seen)s
FROM unnest(%(ids)s::text[], %(memberships)s::bigint[], %(versions)s::bigint[], %(digests)s::bytea[],
            %(saids)s::text[], %(deleted)s::timestamptz[], %(erased)s::boolean[])
     AS n (external_id, membership_id, version, digest, said, deleted_at, erased)
ON CONFLICT (system_id, external_id) DO UPDATE
SET membership_id = excluded.membership_id, version = excluded.version, digest = excluded.digest, said = excluded.said,
    changed_at = excluded.changed_at, deleted_at = excluded.deleted_at, erased = excluded.erased,
    seen_run_id = coalesce(excluded.seen_run_id, replication_identity.seen_run_id)
RETURNING external_id, id
"""
_ADD = """
COPY replication_identity (id, system_id, external_id, membership_id, version, digest, said, linked_at, changed_at,
                           deleted_at, erased, seen_run_id) FROM STDIN
"""
_NUMBERS = (
    "SELECT array_agg(nextval(pg_get_serial_sequence('replication_identity', 'id')::regclass))"
    " FROM generate_series(1, %s)"
)
_SEEN = """
UPDATE replication_identity SET seen_run_id = %s
WHERE system_id = %s AND external_id = ANY(%s) AND seen_run_id IS DISTINCT FROM %s
"""


def one_at_a_time(cursor: Any, system_id: int) -> None:
    """Records of one system are taken one transaction after another: versions are compared and written unrivalled.

    Until it ends, rows are looked up by their keys alone: what the planner believes of tables that are being filled is
    old, and a plan for small ones reads a base from end to end for every portion of it.
    """
    cursor.execute(_ONE_AT_A_TIME, [f"replication {system_id}"])
    cursor.execute(_BY_KEYS)


def lock_members(cursor: Any, system_id: int, versions: dict[str, int]) -> None:
    """Lock the people whose record here is older than the one that came."""
    cursor.execute(_LOCK, [list(versions), list(versions.values()), system_id])


def known(cursor: Any, system_id: int, external_ids: Iterable[str]) -> dict[str, Known]:
    """What is known of these external ids."""
    cursor.execute(_KNOWN, [system_id, list(external_ids)])
    return _rows(cursor)


def of_memberships(cursor: Any, found: dict[str, int]) -> dict[str, Known]:
    """How members stand whom external ids turned out to be (external id -> membership): of version -1, locked."""
    if not found:
        return {}
    cursor.execute(_OF_MEMBERSHIPS, [list(found), list(found.values())])
    return _rows(cursor)


def _rows(cursor: Any) -> dict[str, Known]:
    found = {}
    for external_id, number, version, digest, said, *rest in cursor.fetchall():
        found[external_id] = Known(external_id, number, version, bytes(digest), json.loads(said), *rest)
    return found


def linked(cursor: Any, system_id: int, membership_ids: Iterable[int]) -> dict[int, str]:
    """Membership -> the external id of this system that names it."""
    cursor.execute(_LINKED, [system_id, list(membership_ids)])
    return dict(cursor.fetchall())


def keep(
    cursor: Any, system_id: int, rows: Sequence[Taken], *, before: Collection[str], seen: int | None, now: datetime
) -> dict[str, int]:
    """Remember what was taken; the ids of the rows by external id. `seen`: the full run that saw them; `before`: those
    of the external ids that the caller has just seen in the crosswalk."""
    ids = _add(cursor, system_id, [row for row in rows if row.external_id not in before], seen, now)
    return ids | _change(cursor, system_id, [row for row in rows if row.external_id in before], seen, now)


def _add(cursor: Any, system_id: int, rows: Sequence[Taken], seen: int | None, now: datetime) -> dict[str, int]:
    if not rows:
        return {}
    cursor.execute(_NUMBERS, [len(rows)])
    ids = cursor.fetchone()[0]
    with cursor.copy(_ADD) as copy:
        for number, row in zip(ids, rows, strict=True):
            copy.write_row(
                (number, system_id, row.external_id, row.membership_id, row.version, row.digest, json.dumps(row.said),
                 now, now, row.deleted_at, row.erased, seen)
            )  # fmt: skip
    return {row.external_id: number for number, row in zip(ids, rows, strict=True)}


def _change(cursor: Any, system_id: int, rows: Sequence[Taken], seen: int | None, now: datetime) -> dict[str, int]:
    if not rows:
        return {}
    values = {
        "system": system_id, "now": now, "seen": seen, "ids": [row.external_id for row in rows],
        "memberships": [row.membership_id for row in rows], "versions": [row.version for row in rows],
        "digests": [row.digest for row in rows], "saids": [json.dumps(row.said) for row in rows],
        "deleted": [row.deleted_at for row in rows], "erased": [row.erased for row in rows],
    }  # fmt: skip
    cursor.execute(_KEEP, values)
    return dict(cursor.fetchall())


def see(cursor: Any, system_id: int, external_ids: Iterable[str], run_id: int) -> None:
    """A full file has these, whatever became of their records."""
    cursor.execute(_SEEN, [run_id, system_id, list(external_ids), run_id])
