"""Rows of new members, by COPY: the same for one person and for a file of a hundred thousand."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from members import numbers
from members.models import Card, Member
from members.newcomers import Accepted
from members.refusals import CardTaken, NumberTaken, Refused

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Letters of public ids: 32 of them, none that is read as another."""


def public_id() -> str:
    """A name for addresses of pages: 12 letters, 60 bits, says nothing of who or how many."""
    return "".join(_LETTERS[byte & 31] for byte in secrets.token_bytes(12))


def blank_cards(cursor: Any, program_id: int, wanted: Sequence[str]) -> dict[str, int]:
    """The blank cards among the numbers wanted, by upper-cased number, locked. Raises CardTaken for any other card."""
    rows = _positions(wanted, CardTaken, "twice in one file")
    if not rows:
        return {}
    cursor.execute(
        "SELECT upper(number), id, status FROM card WHERE program_id = %s AND upper(number) = ANY(%s)"
        " ORDER BY id FOR UPDATE",
        [program_id, list(rows)],
    )
    found = cursor.fetchall()
    in_use = [rows[number] for number, _, status in found if status != Card.Status.BLANK]
    if in_use:
        raise _of_row(CardTaken("this card is in use"), min(in_use))
    return {number: card_id for number, card_id, _ in found}


def member_numbers(cursor: Any, program_id: int, wanted: Sequence[str]) -> list[str]:
    """A membership number for each person: the one wanted, or a new one. Raises NumberTaken."""
    rows = _positions(wanted, NumberTaken, "twice in one file")
    in_use = [rows[number] for number in _taken(cursor, program_id, list(rows))]
    if in_use:
        raise _of_row(NumberTaken("this number is in use"), min(in_use))
    missing = sum(not number for number in wanted)
    drawn: set[str] = set()
    while len(drawn) < missing:
        fresh = {numbers.new_member_number() for _ in range(missing - len(drawn))} - rows.keys()
        drawn |= fresh - set(_taken(cursor, program_id, list(fresh)))
    new = iter(drawn)
    return [number or next(new) for number in wanted]


def members(
    cursor: Any, population_id: int, accepted: Sequence[Accepted], known: Sequence[Member | None], now: datetime
) -> list[int]:
    """Write who is not known yet, fill what was empty of who is; the members' ids in the order given."""
    ids = _next_ids(cursor, "member", sum(member is None for member in known))
    fresh = iter(ids)
    member_ids = [member.pk if member else next(fresh) for member in known]
    _copy(
        cursor,
        "member (id, public_id, population_id, first_name, last_name, email, email_verified_at, phone, birth_date,"
        " language, created_at)",
        (
            (
                member_id, public_id(), population_id, person.first_name, person.last_name, person.email,
                person.email_verified_at, person.phone, person.birth_date, person.language, now,
            )
            for member_id, member, person in zip(member_ids, known, accepted, strict=True)
            if member is None
        ),
    )  # fmt: skip
    for member, person in zip(known, accepted, strict=True):
        if member is not None:
            fill(member, person)
    return member_ids


def fill(member: Member, person: Accepted) -> None:
    """Keep what is newly said of a known person where nothing was known; what was known stays."""
    said = ("first_name", "last_name", "email", "phone", "birth_date", "language")
    filled = [field for field in said if not getattr(member, field) and getattr(person, field)]
    for field in filled:
        setattr(member, field, getattr(person, field))
    if person.email_verified_at and not member.email_verified_at and member.email == person.email:
        member.email_verified_at = person.email_verified_at
        filled.append("email_verified_at")
    if filled:
        member.save(update_fields=filled)


def memberships(
    cursor: Any, program_id: int, accepted: Sequence[Accepted], member_ids: Sequence[int], member_numbers: Sequence[str]
) -> list[int]:
    ids = _next_ids(cursor, "membership", len(accepted))
    _copy(
        cursor,
        "membership (id, public_id, member_id, program_id, number, status, channel, home_store_id, home_banner_id,"
        " market_code, joined_at)",
        (
            (
                membership_id, public_id(), member_id, program_id, number, person.status, person.channel,
                person.store_id, person.banner_id, person.market_code, person.joined_at,
            )
            for membership_id, member_id, number, person in zip(ids, member_ids, member_numbers, accepted, strict=True)
        ),
    )  # fmt: skip
    return ids


def holders(
    cursor: Any, accepted: Sequence[Accepted], membership_ids: Sequence[int], holder_ids: Sequence[int]
) -> None:
    """Each membership earns into a holder of its own from the moment it was joined."""
    _copy(
        cursor,
        "membership_holder (membership_id, holder_id, from_at)",
        (
            (membership_id, holder_id, person.joined_at)
            for membership_id, holder_id, person in zip(membership_ids, holder_ids, accepted, strict=True)
        ),
    )


def cards(
    cursor: Any,
    program_id: int,
    accepted: Sequence[Accepted],
    membership_ids: Sequence[int],
    blanks: dict[str, int],
    now: datetime,
) -> None:
    """A card for each membership: the blank one that was handed out, a number issued elsewhere, or a virtual one."""
    bound, new = [], []
    for membership_id, person in zip(membership_ids, accepted, strict=True):
        card_id = blanks.get(person.card_number.upper())
        if card_id is not None:
            bound.append((card_id, membership_id))
        elif person.card_number:
            issued_at = person.card_issued_at or now
            new.append(
                (program_id, membership_id, person.card_number, person.card_kind, Card.Status.ACTIVE, issued_at, "")
            )
        else:
            number = numbers.new_card_number()
            new.append((program_id, membership_id, number, Card.Kind.VIRTUAL, Card.Status.ACTIVE, now, ""))
    if bound:
        cursor.execute(
            "UPDATE card SET membership_id = b.membership_id, status = 'active', issued_at = %s"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS b (card_id, membership_id) WHERE card.id = b.card_id",
            [now, [card_id for card_id, _ in bound], [membership_id for _, membership_id in bound]],
        )
    _copy(cursor, "card (program_id, membership_id, number, kind, status, issued_at, reason)", new)


def blanks(
    cursor: Any, program_id: int, count: int, now: datetime, *, batch_id: int | None = None,
    digest_of: Callable[[str], bytes | None] = lambda number: None,
) -> list[str]:  # fmt: skip
    """Write `count` blank cards; a number drawn that some card has already is drawn again."""
    made: list[str] = []
    while len(made) < count:  # once, but for two equal draws out of 9 x 10^15
        drawn = [numbers.new_card_number() for _ in range(count - len(made))]
        cursor.execute(
            "INSERT INTO card (program_id, number, kind, status, issued_at, reason, batch_id, claim_digest)"
            " SELECT %s, number, 'physical', 'blank', %s, '', %s, digest"
            " FROM unnest(%s::text[], %s::bytea[]) AS drawn (number, digest) ON CONFLICT DO NOTHING RETURNING number",
            [program_id, now, batch_id, drawn, [digest_of(number) for number in drawn]],
        )
        made += [number for (number,) in cursor.fetchall()]
    return made


def consents(cursor: Any, accepted: Sequence[Accepted], member_ids: Sequence[int], now: datetime) -> None:
    _copy(
        cursor,
        "consent (member_id, purpose, channel, granted, source, wording, at)",
        (
            (
                member_id, answer.purpose, answer.channel, answer.granted, answer.source or person.channel,
                answer.wording, answer.given_at or now,
            )
            for member_id, person in zip(member_ids, accepted, strict=True)
            for answer in person.consents
        ),
    )  # fmt: skip


def _positions(wanted: Sequence[str], refusal: type[Refused], sentence: str) -> dict[str, int]:
    """Upper-cased numbers to their rows; a number that two rows want is refused at the second."""
    rows: dict[str, int] = {}
    for row, number in enumerate(wanted):
        if number and rows.setdefault(number.upper(), row) != row:
            raise _of_row(refusal(sentence), row)
    return rows


def _of_row(refusal: Refused, row: int) -> Refused:
    refusal.row = row
    return refusal


def _taken(cursor: Any, program_id: int, wanted: list[str]) -> list[str]:
    if not wanted:
        return []
    cursor.execute(  # by the number alone: an index of the program would be read from end to end (+ 0 keeps it out)
        "SELECT upper(number) FROM membership WHERE program_id + 0 = %s AND upper(number) = ANY(%s)",
        [program_id, wanted],
    )
    return [number for (number,) in cursor.fetchall()]


def _next_ids(cursor: Any, table: str, count: int) -> list[int]:
    cursor.execute(
        "SELECT array_agg(nextval(pg_get_serial_sequence(%s, 'id')::regclass)) FROM generate_series(1, %s)",
        [table, count],
    )
    return list(cursor.fetchone()[0] or ())


def _copy(cursor: Any, target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
