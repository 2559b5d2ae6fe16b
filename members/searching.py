"""One box: a card, a number, a phone, an e-mail or a name, with its slips and missing accents.

Whole identifiers are looked up exactly. Anything else is a name, a birth date, or both (`members.naming`).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.utils import OperationalError

from identity.rights import Scope
from members import contacts, naming, numbers
from members.models import Card, Member, Membership
from members.refusals import Refused
from members.scoping import visible
from programs import queries as programs
from programs.models import Program

SHARED = 300
LONGEST = 100
LONGEST_MS = "1500"
"""Any statement of a search ends after this, so that no desk is kept waiting by what nearly everybody is called."""

_DATE = re.compile(
    r"(?<!\d)(?:(?P<one>\d{1,2})[/.\-](?P<other>\d{1,2})[/.\-](?P<year>\d{4})"
    r"|(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2}))(?!\d)"
)


_TIMEOUT = "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"
# While people are written by the thousand, statistics may say that a table is empty, and that reading it through is
# nothing.
_PLANS = "SELECT set_config('enable_seqscan', %s, true), set_config('enable_indexonlyscan', %s, true)"


class TooMany(Refused):
    """So many may be meant that looking for them took too long."""


@dataclass(frozen=True)
class Hit:
    """A membership, and what found it: card, number, email, phone or name. `exact`: by a whole identifier."""

    membership: Membership
    by: str

    @property
    def exact(self) -> bool:
        return self.by != "name"


def search(
    text: str, *, program: Program, scopes: Sequence[Scope], limit: int = 20, now: datetime | None = None
) -> list[Hit]:
    """Memberships of one program, within scopes, that the text may mean; the surest first, at most `limit`.

    Raises TooMany.
    """
    text = numbers.scanned(" ".join(text.replace("\x00", " ").split())[:LONGEST])
    if not text or not scopes:
        return []
    with _in_time():
        hits = _exactly(text, program, scopes, limit)
        if not hits and "@" not in text:
            ids = _named(text, program, scopes, limit)
            memberships = _seen(program, scopes).in_bulk(ids)
            hits = [Hit(memberships[pk], "name") for pk in ids]
    found = {hit.membership.pk for hit in hits}  # who was merged is not told beside the one that stands for her
    return [hit for hit in hits if hit.membership.merged_into_id not in found][:limit]


def _exactly(text: str, program: Program, scopes: Sequence[Scope], limit: int) -> list[Hit]:
    seen = _seen(program, scopes)
    hits: dict[int, Hit] = {}
    for by, wanted in _identifiers(text, program):
        for membership in seen.filter(wanted)[:limit]:
            hits.setdefault(membership.pk, Hit(membership, by))
    return list(hits.values())


def _seen(program: Program, scopes: Sequence[Scope]) -> QuerySet[Membership]:
    """What a line shows, each table asked by its keys: a join is planned by statistics, and these may be wrong."""
    return visible(program, scopes).select_related(None).prefetch_related("member", "home_store", "home_banner")


def _identifiers(text: str, program: Program) -> Iterator[tuple[str, Q]]:
    """What the text may be as a whole. Each is a look-up in an index; most texts may be one or two of them.

    Cards and people are looked up first and their memberships by number after, for the reason told at `naming._NAMED`.
    """
    people = Member.objects.filter(population=program.population_id)
    if "@" in text:
        yield "email", Q(member__in=_keys(people.filter(email=contacts.comparable_email(text))))
        return
    try:
        number = numbers.check(text)
    except Refused:
        pass
    else:
        cards = Card.objects.filter(program=program, number__iexact=number, membership__isnull=False)
        yield "card", Q(pk__in=_keys(cards, "membership_id"))
        yield "number", Q(number__iexact=number)
    phones = set()
    for market in programs.markets_of(program.pk):
        try:
            phones.add(contacts.phone(text, market.code))
        except Refused:
            continue
    if phones:
        yield "phone", Q(member__in=_keys(people.filter(phone__in=phones)))


def _keys(rows: QuerySet[Any], of: str = "pk") -> list[int]:
    """Keys of a few rows; a shared phone or mailbox has some, and none has thousands."""
    return list(rows.order_by("pk").values_list(of, flat=True)[:SHARED])


def _named(text: str, program: Program, scopes: Sequence[Scope], limit: int) -> list[int]:
    """Ids of memberships by name and birth date. Raises TooMany."""
    born, rest = _birth_dates(text)
    if not born and not any(letter.isalpha() for letter in rest):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT member_name_key(%s, '')", [rest])
        key = cursor.fetchone()[0]
        cursor.execute(_PLANS, ["off", "off"])
        ids = naming.named(cursor, key, born=born, program=program, scopes=scopes, limit=limit)
        cursor.execute(_PLANS, ["on", "on"])
    return ids


def _birth_dates(text: str) -> tuple[list[date], str]:
    """The days a date in the text may be, its day or its month first, and the text without it."""
    said = _DATE.search(text)
    if said is None:
        return [], text
    parts = said["year"] or said["y"], said["one"] or said["m"], said["other"] or said["d"]
    year, one, other = (int(part) for part in parts)
    days = set()
    for month, day in ((one, other), (other, one)):
        with contextlib.suppress(ValueError):
            days.add(date(year, month, day))
    return sorted(days), text[: said.start()] + " " + text[said.end() :]


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    """Statements in here end after a while: whoever waits at a desk is told to type more. Raises TooMany."""
    inside = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_TIMEOUT, [LONGEST_MS])
            before = cursor.fetchone()[0]
            yield
            if inside:
                cursor.execute(_TIMEOUT, [before])
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise TooMany from error
        raise
