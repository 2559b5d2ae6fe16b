"""People become members: one at a door, or a file of them at once, by the same few statements.

A membership opens a holder in the ledger and has a card from its first moment. Enrolling calls nothing above: whoever
enrols somebody looks afterwards whether activity was waiting for them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import psycopg
from django.db import IntegrityError, connection, transaction

from audit import trail
from ledger import holders
from members import accepting, hooks, writing
from members.consents import Answer
from members.contacts import InvalidContact
from members.models import Login, Member, Membership
from members.newcomers import Accepted, Desk, Newcomer
from members.numbers import InvalidNumber
from members.refusals import (
    AlreadyMember,
    CardTaken,
    EmailTaken,
    NotOffered,
    NumberTaken,
    OtherPopulation,
    Refused,
    TooYoung,
)
from programs.models import Program, Store

__all__ = [
    "AlreadyMember", "CardTaken", "EmailTaken", "InvalidContact", "InvalidNumber", "Newcomer", "NotOffered",
    "NumberTaken", "OtherPopulation", "TooYoung", "enrol", "enrol_accepted", "enrol_many",
]  # fmt: skip

# What each constraint refuses, for the moment when two doors do the same thing at once.
_REFUSALS: dict[str, tuple[type[Refused], str]] = {
    "card_number_once": (CardTaken, "this card is in use"),
    "membership_once": (AlreadyMember, "this person is a member already"),
    "member_login_once": (AlreadyMember, "this login is a member already"),
    "member_login_member_id_key": (AlreadyMember, "this member has another login"),
    "membership_number_once": (NumberTaken, "this number is in use"),
    "member_verified_email_once": (EmailTaken, "another member has proven this address"),
}


def enrol(
    *,
    program: Program,
    channel: str,
    now: datetime,
    by: str,
    first_name: str = "",
    last_name: str = "",
    email: str | None = None,
    phone: str | None = None,
    birth_date: date | None = None,
    language: str = "",
    market_code: str | None = None,
    store: Store | None = None,
    card_number: str | None = None,
    member_number: str | None = None,
    consents: Sequence[Answer] = (),
    user_id: int | None = None,
    status: str = Membership.Status.ACTIVE,
    joined_at: datetime | None = None,
    email_verified_at: datetime | None = None,
    member: Member | None = None,
    terms: str = "",
    terms_source: str = "",
) -> Membership:
    """Make one membership of `program`, its holder and its card.

    A person known in the population is passed as `member`, or found by the login `user_id`; then what is said of the
    person here fills only what was empty. `terms` is the version that was accepted. Raises the refusals this module
    lists; nothing is written then.
    """
    accepted = Desk(program, now).accept(
        Newcomer(
            channel=channel,
            first_name=first_name,
            last_name=last_name,
            email=email or "",
            email_verified_at=email_verified_at,
            phone=phone or "",
            birth_date=birth_date,
            language=language,
            market_code=market_code or "",
            store_code=store.code if store else "",
            card_number=card_number or "",
            member_number=member_number or "",
            status=status,
            joined_at=joined_at,
            consents=consents,
        )  # fmt: skip
    )
    with _refusing(), transaction.atomic():
        membership = _write_one(program, accepted, member, user_id, now)
        trail.record(
            action="members.enrolled", actor=by, obj=("membership", membership.pk), at=now,
            data={"program": program.code, "channel": channel, "store": store.code if store else ""},
        )  # fmt: skip
        if terms:
            accepting.accept(membership=membership, version=terms, source=terms_source or channel, now=now, by=by)
        hooks.tell("joined", membership_id=membership.pk, now=now, by=by, channel=channel)
    return membership


def enrol_many(program: Program, rows: Iterable[Newcomer], now: datetime, by: str) -> list[int]:
    """Make a new member and membership of each row; the ids of the memberships, in the order of the rows.

    All or nothing: the first row that is refused raises its refusal, with `row` its position from 0.
    """
    desk = Desk(program, now)
    accepted = []
    for position, newcomer in enumerate(rows):
        try:
            accepted.append(desk.accept(newcomer))
        except Refused as refusal:
            refusal.row = position
            raise
    return enrol_accepted(program=program, accepted=accepted, now=now, by=by)


def enrol_accepted(*, program: Program, accepted: Sequence[Accepted], now: datetime, by: str) -> list[int]:
    """As `enrol_many`, of people a `newcomers.Desk` has accepted."""
    with _refusing(), transaction.atomic():
        ids = _write(program, accepted, [None] * len(accepted), now)
        trail.record(
            action="members.enrolled_many", actor=by, obj=("program", program.pk), at=now, data={"members": len(ids)}
        )
    return ids


def _write_one(
    program: Program, accepted: Accepted, member: Member | None, user_id: int | None, now: datetime
) -> Membership:
    """As `_write`, of somebody who may be known in the population, and whose login is linked."""
    known = member or (_member_of_login(program, user_id) if user_id is not None else None)
    if known and known.population_id != program.population_id:
        raise OtherPopulation("this member belongs to another population")
    [membership_id] = _write(program, [accepted], [known], now)
    membership = Membership.objects.select_related("member", "program").get(pk=membership_id)
    if user_id is not None:
        _link(membership.member, user_id)
    return membership


def _write(program: Program, accepted: Sequence[Accepted], known: Sequence[Member | None], now: datetime) -> list[int]:
    """Everything an accepted person becomes, in one transaction: member, membership, holder, card, consents."""
    if not accepted:
        return []
    with connection.cursor() as cursor:
        blanks = writing.blank_cards(cursor, program.pk, [person.card_number for person in accepted])
        member_numbers = writing.member_numbers(cursor, program.pk, [person.member_number for person in accepted])
        member_ids = writing.members(cursor, program.population_id, accepted, known, now)
        membership_ids = writing.memberships(cursor, program.pk, accepted, member_ids, member_numbers)
        opened = holders.open(count=len(accepted), kind="membership", now=now)
        writing.holders(cursor, accepted, membership_ids, opened)
        writing.cards(cursor, program.pk, accepted, membership_ids, blanks, now)
        writing.consents(cursor, accepted, member_ids, now)
    return membership_ids


def _member_of_login(program: Program, user_id: int) -> Member | None:
    return Member.objects.filter(login__user_id=user_id, population_id=program.population_id).first()


def _link(member: Member, user_id: int) -> None:
    login = Login.objects.filter(member=member).first()
    if login is None:
        Login.objects.create(member=member, user_id=user_id, population_id=member.population_id)
    elif login.user_id != user_id:
        raise AlreadyMember("this member has another login")


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn the database's refusals into ours; what no constraint of ours refused goes on as it is."""
    try:
        yield
    except (IntegrityError, psycopg.IntegrityError) as error:  # a COPY raises psycopg's own
        diagnosis = getattr(error if isinstance(error, psycopg.Error) else error.__cause__, "diag", None)
        constraint = getattr(diagnosis, "constraint_name", None) or ""
        if constraint not in _REFUSALS:
            raise
        refusal, sentence = _REFUSALS[constraint]
        raise refusal(sentence) from error
