"""What another system says of members it masters, written by the thousand: people, memberships, cards, answers.

Inside the caller's transaction. Whether it may be written is the caller's question; the constraints of the tables hold
here as for every door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from members.addressing import Address
from members.consents import Answer
from members.models import Card


@dataclass(frozen=True)
class Person:
    """A member as they are to stand: every column is written."""

    member_id: int
    first_name: str
    last_name: str
    email: str
    email_verified_at: datetime | None
    phone: str
    birth_date: date | None
    language: str


@dataclass(frozen=True)
class Issued:
    """A card that was issued elsewhere, active or blocked."""

    membership_id: int
    number: str
    kind: str
    status: str
    issued_at: datetime


DOOR = "replication"
"""How the history calls changes of this kind."""

_PEOPLE = """
UPDATE member m SET first_name = n.first_name, last_name = n.last_name, email = n.email,
       email_verified_at = n.verified_at, phone = n.phone, birth_date = n.birth_date, language = n.language
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::date[], %s::text[])
     AS n (id, first_name, last_name, email, verified_at, phone, birth_date, language)
WHERE m.id = n.id
"""
_PEOPLE_BEFORE = """
WITH said AS (
    SELECT m.id, m.first_name, m.last_name, m.email, m.phone, m.birth_date, m.language,
           (m.first_name, m.last_name) <> (n.first_name, n.last_name) AS other_name, m.email <> n.email AS other_email,
           m.phone <> n.phone AS other_phone, m.birth_date IS DISTINCT FROM n.birth_date AS other_birth_date,
           m.language <> n.language AS other_language
    FROM member m JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[],
                              %s::date[], %s::text[])
         AS n (id, first_name, last_name, email, verified_at, phone, birth_date, language) ON m.id = n.id
), hand AS (SELECT %s::text AS door, %s::text AS by, %s::timestamptz AS at)
INSERT INTO contact_history (member_id, what, before, door, reason, by, at)
SELECT said.id, was.what, was.before, hand.door, '', hand.by, hand.at
FROM hand, said, LATERAL (VALUES
    (other_name, 'name', jsonb_build_object('first_name', first_name, 'last_name', last_name)),
    (other_email, 'email', to_jsonb(email)), (other_phone, 'phone', to_jsonb(phone)),
    (other_birth_date, 'birth_date', to_jsonb(birth_date)), (other_language, 'language', to_jsonb(language))
) AS was (changed, what, before)
WHERE was.changed
"""
_ADDRESSES = """
SELECT member_id, country, street, postal_code, city, city_area, area, sorting_code FROM postal_address
WHERE member_id = ANY(%s)
"""
_ADDRESSES_BEFORE = """
INSERT INTO contact_history (member_id, what, before, door, reason, by, at)
SELECT a.member_id, 'address', to_jsonb(a) - 'id' - 'member_id' - 'changed_at', %s, '', %s, %s
FROM postal_address a WHERE a.member_id = ANY(%s)
"""
_KEEP_ADDRESSES = """
INSERT INTO postal_address (changed_at, member_id, country, street, postal_code, city, city_area, area, sorting_code)
SELECT %s, n.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                           %s::text[]) AS n
"""
_CHANGED_HERE = """
SELECT member_id, what, max(at) FROM contact_history WHERE member_id = ANY(%s) AND door <> %s GROUP BY member_id, what
"""
_TASTES = """
INSERT INTO member_taste (since, membership_id, code)
SELECT %s, n.* FROM unnest(%s::bigint[], %s::text[]) AS n ON CONFLICT DO NOTHING
"""
_MEMBERSHIPS = """
UPDATE membership m SET status = n.status, home_store_id = n.store_id, home_banner_id = n.banner_id,
       joined_at = n.joined_at
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[])
     AS n (id, status, store_id, banner_id, joined_at)
WHERE m.id = n.id
"""
_CARDS_OF = (
    "SELECT upper(number), id, membership_id, status FROM card WHERE program_id = %s AND upper(number) = ANY(%s)"
)
# by the number alone: an index of the program would be read from end to end (+ 0 keeps it out)
_NUMBERS = "SELECT upper(number), id FROM membership WHERE program_id + 0 = %s AND upper(number) = ANY(%s)"
_PROVEN = """
SELECT email, id FROM member
WHERE population_id = %s AND email = ANY(%s) AND email_verified_at IS NOT NULL AND email <> ''
"""
_HOLDERS = """
SELECT membership_id, holder_id FROM membership_holder WHERE until_at IS NULL AND membership_id = ANY(%s)
"""
_OF_MEMBERS = "SELECT member_id, id FROM membership WHERE program_id = %s AND member_id = ANY(%s)"
_OPEN = "SELECT id FROM membership WHERE id = ANY(%s) AND status <> 'closed'"
_ANSWERS = """
INSERT INTO consent (member_id, purpose, channel, granted, source, wording, at)
SELECT n.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::boolean[], %s::text[], %s::text[], %s::timestamptz[])
     AS n (member_id, purpose, channel, granted, source, wording, at)
WHERE NOT EXISTS (SELECT 1 FROM consent c WHERE c.member_id = n.member_id AND c.purpose = n.purpose
                  AND c.channel = n.channel AND c.at = n.at AND c.granted = n.granted)
RETURNING member_id
"""


def change_people(cursor: Any, people: Sequence[Person], *, by: str, now: datetime) -> None:
    """Write people as they are to stand; what stood there before goes into the history of each."""
    if people:
        columns = zip(
            *((p.member_id, p.first_name, p.last_name, p.email, p.email_verified_at, p.phone, p.birth_date, p.language)
              for p in people), strict=True,
        )  # fmt: skip
        values = [list(column) for column in columns]
        cursor.execute(_PEOPLE_BEFORE, [*values, DOOR, by[:80], now])
        cursor.execute(_PEOPLE, values)


def addresses_of(cursor: Any, member_ids: Sequence[int]) -> dict[int, Address]:
    """Member -> where they live, of those of whom it is known."""
    if not member_ids:
        return {}
    cursor.execute(_ADDRESSES, [list(member_ids)])
    return {member_id: Address(*parts) for member_id, *parts in cursor.fetchall()}


def change_addresses(cursor: Any, moved: Mapping[int, Address | None], *, by: str, now: datetime) -> None:
    """Write where these members live from now on (None: nobody knows); where they lived goes into the history."""
    if not moved:
        return
    cursor.execute(_ADDRESSES_BEFORE, [DOOR, by[:80], now, list(moved)])
    cursor.execute("DELETE FROM postal_address WHERE member_id = ANY(%s)", [list(moved)])
    kept = [(member_id, *astuple(address)) for member_id, address in moved.items() if address is not None]
    if kept:
        cursor.execute(_KEEP_ADDRESSES, [now, *(list(column) for column in zip(*kept, strict=True))])


def changed_here(cursor: Any, member_ids: Sequence[int]) -> dict[int, dict[str, datetime]]:
    """Member -> field -> when it was last changed by somebody else than a system."""
    if not member_ids:
        return {}
    cursor.execute(_CHANGED_HERE, [list(member_ids), DOOR])
    found: dict[int, dict[str, datetime]] = {}
    for member_id, what, at in cursor.fetchall():
        for name in ("first_name", "last_name") if what == "name" else (what,):
            found.setdefault(member_id, {})[name] = at
    return found


def add_tastes(cursor: Any, tastes: Sequence[tuple[int, str]], now: datetime) -> None:
    """(membership, code) of what people said elsewhere that they like; what stands already stays."""
    if tastes:
        cursor.execute(_TASTES, [now, [one for one, _ in tastes], [code for _, code in tastes]])


def members_of(cursor: Any, membership_ids: Sequence[int]) -> dict[int, int]:
    """Membership -> member."""
    if not membership_ids:
        return {}
    cursor.execute("SELECT id, member_id FROM membership WHERE id = ANY(%s)", [list(membership_ids)])
    return dict(cursor.fetchall())


def change_memberships(
    cursor: Any, rows: Sequence[tuple[int, str, int | None, int | None, datetime]]
) -> None:  # fmt: skip
    """(membership_id, status, store_id, banner_id, joined_at) of each."""
    if rows:
        cursor.execute(_MEMBERSHIPS, [list(column) for column in zip(*rows, strict=True)])


def cards_by_number(cursor: Any, program_id: int, numbers: Sequence[str]) -> dict[str, tuple[int, int | None, str]]:
    """Upper-cased number -> (card_id, membership_id or None, status), of those that exist."""
    if not numbers:
        return {}
    cursor.execute(_CARDS_OF, [program_id, list(numbers)])
    return {number: (card_id, membership_id, status) for number, card_id, membership_id, status in cursor.fetchall()}


def add_cards(cursor: Any, program_id: int, cards: Sequence[Issued], now: datetime) -> None:
    if not cards:
        return
    with cursor.copy(
        "COPY card (program_id, membership_id, number, kind, status, issued_at, blocked_at, reason) FROM STDIN"
    ) as copy:
        for card in cards:
            blocked_at = now if card.status == Card.Status.BLOCKED else None
            row = (program_id, card.membership_id, card.number, card.kind, card.status, card.issued_at, blocked_at, "")
            copy.write_row(row)


def memberships_by_number(cursor: Any, program_id: int, numbers: Sequence[str]) -> dict[str, int]:
    """Upper-cased number -> membership id."""
    if not numbers:
        return {}
    cursor.execute(_NUMBERS, [program_id, list(numbers)])
    return dict(cursor.fetchall())


def who_proved(cursor: Any, population_id: int, emails: Sequence[str]) -> dict[str, int]:
    """Address -> the member who has proven it."""
    if not emails:
        return {}
    cursor.execute(_PROVEN, [population_id, list(emails)])
    return dict(cursor.fetchall())


def holders_of(cursor: Any, membership_ids: Sequence[int]) -> dict[int, int]:
    """Membership -> the holder it earns into now."""
    cursor.execute(_HOLDERS, [list(membership_ids)])
    return dict(cursor.fetchall())


def memberships_of(cursor: Any, program_id: int, member_ids: Sequence[int]) -> dict[int, int]:
    """Member -> their membership of the program."""
    if not member_ids:
        return {}
    cursor.execute(_OF_MEMBERS, [program_id, list(member_ids)])
    return dict(cursor.fetchall())


def open_among(cursor: Any, membership_ids: Sequence[int]) -> set[int]:
    """Those of these memberships that are not closed."""
    if not membership_ids:
        return set()
    cursor.execute(_OPEN, [list(membership_ids)])
    return {membership_id for (membership_id,) in cursor.fetchall()}


def add_answers(cursor: Any, answers: Sequence[tuple[int, Answer]], *, source: str) -> set[int]:
    """Keep answers (member_id, Answer with its moment) that are not here yet; whose they were."""
    if not answers:
        return set()
    cursor.execute(
        _ANSWERS,
        [
            [member_id for member_id, _ in answers],
            [answer.purpose for _, answer in answers],
            [answer.channel for _, answer in answers],
            [answer.granted for _, answer in answers],
            [answer.source or source for _, answer in answers],
            [answer.wording for _, answer in answers],
            [answer.given_at for _, answer in answers],
        ],
    )
    return {member_id for (member_id,) in cursor.fetchall()}
