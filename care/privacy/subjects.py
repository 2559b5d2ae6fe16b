"""Everything by which our tables know one person: her rows' numbers, and what senders may have called her."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from care.privacy import columns
from values.inventory import ACTIVITY, BEARER, HOLDER, MEMBER, MEMBERSHIP, OF_PERSONS, QUARANTINE, USER, Table


@dataclass(frozen=True)
class Subject:
    """One person of one population, with those that were merged into her. `holders` are hers alone, `shared` those of
    households she was in; `names` are card and member numbers, `addresses` e-mails and phones, also earlier ones."""

    population_id: int
    members: list[int]
    memberships: list[int]
    holders: list[int]
    shared: list[int]
    users: list[int]
    bearers: list[int]
    quarantined: list[int]
    names: list[str]
    addresses: list[str]
    words: list[str] = field(default_factory=list)


class NoSuchMember(LookupError):
    """There is no member of that number."""


_MEMBERS = """
WITH RECURSIVE hers AS (
    SELECT %(member)s::bigint AS id
    UNION
    SELECT gone.member_id FROM hers
    JOIN membership kept ON kept.member_id = hers.id JOIN membership gone ON gone.merged_into_id = kept.id
)
SELECT m.id, m.population_id, m.email, m.phone FROM hers JOIN member m USING (id) ORDER BY m.id
"""
_HOLDERS = """
SELECT DISTINCT h.holder_id, l.kind = 'membership' FROM membership_holder h JOIN ledger_holder l USING (holder_id)
WHERE h.membership_id = ANY(%s) ORDER BY 1
"""
_NUMBERS = """
SELECT number FROM card WHERE membership_id = ANY(%(m)s) UNION SELECT number FROM membership WHERE id = ANY(%(m)s)
"""
_ADDRESSES = """
SELECT e.email FROM account_emailaddress e WHERE e.user_id = ANY(%(users)s)
UNION SELECT u.email FROM identity_user u WHERE u.id = ANY(%(users)s)
UNION SELECT c.wanted FROM contact_change c WHERE c.member_id = ANY(%(members)s)
UNION SELECT c.old FROM contact_change c WHERE c.member_id = ANY(%(members)s)
UNION SELECT h.before #>> '{}' FROM contact_history h
WHERE h.member_id = ANY(%(members)s) AND h.what IN ('email', 'phone')
"""
# what she is called, was called before, and was called in what was merged into hers, as the search spells it
_WORDS = """
SELECT DISTINCT string_to_table(name, ' ') FROM (
    SELECT m.name_key FROM member m WHERE m.id = ANY(%(members)s)
    UNION SELECT member_name_key(coalesce(h.before ->> 'first_name', ''), coalesce(h.before ->> 'last_name', ''))
    FROM contact_history h WHERE h.member_id = ANY(%(members)s) AND h.what = 'name'
) AS names (name)
"""
_BEARERS = """
SELECT a.bearer_id FROM attribution a WHERE a.holder_id = ANY(%(holders)s) AND a.membership_id = ANY(%(memberships)s)
UNION
SELECT b.bearer_id FROM bearer b JOIN source s ON s.id = b.source_id AND s.catalogue_id = %(population)s
WHERE (b.card = ANY(%(names)s) OR b.member = ANY(%(names)s) OR lower(b.email) = ANY(%(addresses)s)
   OR b.phone = ANY(%(addresses)s))
  -- a phone may be a family's: whose receipt it was is said by whom it was given to
  AND NOT EXISTS (SELECT FROM attribution t WHERE t.bearer_id = b.bearer_id AND t.ended_at IS NULL
                  AND t.membership_id <> ALL(%(memberships)s))
ORDER BY 1
"""
_QUARANTINED = """
SELECT q.id FROM quarantine q JOIN program p ON p.id = q.program_id AND p.population_id = %(population)s
WHERE EXISTS (
    SELECT FROM unnest(%(said)s::text[]) AS said
    WHERE position(convert_to(said, 'UTF8') IN q.raw) > 0
       OR strpos(lower(coalesce(q.content::text, '') || coalesce(q.corrected::text, '') || q.detail), lower(said)) > 0
) ORDER BY q.id
"""


def of(member_id: int) -> Subject:
    """All that names this person. Raises NoSuchMember."""
    rows = _rows(_MEMBERS, {"member": member_id})
    if not rows:
        raise NoSuchMember(member_id)
    members = [row[0] for row in rows]
    memberships = _numbers("SELECT id FROM membership WHERE member_id = ANY(%s) ORDER BY id", [members])
    users = _numbers("SELECT user_id FROM member_login WHERE member_id = ANY(%s) ORDER BY user_id", [members])
    pots = _rows(_HOLDERS, [memberships])
    names = _texts(_NUMBERS, {"m": memberships})
    addresses = sorted(
        {text.lower() for row in rows for text in row[2:4] if text}
        | set(_texts(_ADDRESSES, {"users": users, "members": members}))
    )
    around = {
        "population": rows[0][1], "holders": [row[0] for row in pots], "memberships": memberships, "names": names,
        "addresses": addresses, "said": [*names, *addresses],
    }  # fmt: skip
    return Subject(
        population_id=rows[0][1], members=members, memberships=memberships,
        holders=[number for number, own in pots if own], shared=[number for number, own in pots if not own],
        users=users, bearers=_numbers(_BEARERS, around), quarantined=_numbers(_QUARANTINED, around), names=names,
        addresses=addresses, words=_texts(_WORDS, {"members": members}),
    )  # fmt: skip


def rows_of(table: Table, subject: Subject) -> tuple[str, list[Any]]:
    """The condition under which a row of `table` is hers, and its values; rows of other tables through theirs."""
    condition, values = _by_number(table, subject)
    if table.addressed:
        condition = f"({condition} OR lower({table.addressed}) = ANY(%s))"
        values = [*values, subject.addresses]
    return condition, values


def _by_number(table: Table, subject: Subject) -> tuple[str, list[Any]]:
    if table.whose == ACTIVITY:
        mine = "SELECT activity_id FROM attribution WHERE membership_id = ANY(%s) AND ended_at IS NULL"
        return f"{table.column} IN ({mine} AND holder_id = ANY(%s))", [
            subject.memberships,
            [*subject.holders, *subject.shared],
        ]
    if table.whose in OF_PERSONS:
        numbers = {
            MEMBER: subject.members, MEMBERSHIP: subject.memberships, HOLDER: subject.holders, USER: subject.users,
            BEARER: subject.bearers, QUARANTINE: subject.quarantined,
        }[table.whose]  # fmt: skip
        return f"{table.column} = ANY(%s)", [numbers]
    parent = columns.tables()[table.whose]
    key = columns.models()[parent.name]._meta.pk.column
    condition, values = rows_of(parent, subject)
    return f"{table.column} IN (SELECT {key} FROM {parent.name} WHERE {condition})", values


def _rows(query: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def _numbers(query: str, values: Any) -> list[int]:
    return [row[0] for row in _rows(query, values)]


def _texts(query: str, values: Any) -> list[str]:
    said = {str(text) for (text,) in _rows(query, values) if text}
    return sorted({text.lower() if "@" in text else text for text in said})
