"""One box: a card, a number, a phone, an e-mail or a name, with its slips and missing accents.

Whole identifiers are looked up exactly. Anything else is a name: first members whose names contain every word, and
where these are few, those whose names are alike. Lists of candidates are cut before they are sorted, so that a name
half the country has costs no more than a rare one; whoever gets a full list types more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from identity.rights import Scope
from members import contacts, numbers
from members.models import Card, Member, Membership
from members.refusals import Refused
from members.scoping import visible
from programs import queries as programs
from programs.models import Program

ALIKE = "0.25"
"""How like two words are at least: two letters changed about in a word of six, one wrong in four."""

ALTERNATIVES = 5
"""Words that are looked for in place of a misspelt one, the likest first."""

FEW = 5
CANDIDATES = 300
MORE_CANDIDATES = 2000
LONGEST = 100
MOST_WORDS = 5
SHORT = 3
"""Words below three letters have no trigram of their own and are compared as wholes."""


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
    """Memberships of one program, within scopes, that the text may mean; the surest first, at most `limit`."""
    text = " ".join(text.replace("\x00", " ").split())[:LONGEST]
    if not text or not scopes:
        return []
    seen = visible(program, scopes)
    hits: dict[int, Hit] = {}
    for by, wanted in _identifiers(text, program):
        for membership in seen.filter(wanted)[:limit]:
            hits.setdefault(membership.pk, Hit(membership, by))
    if not hits and "@" not in text and any(letter.isalpha() for letter in text):
        ids = _named(text, program, scopes, limit)
        memberships = seen.in_bulk(ids)
        hits = {pk: Hit(memberships[pk], "name") for pk in ids}
    return list(hits.values())[:limit]


def _identifiers(text: str, program: Program) -> Iterator[tuple[str, Q]]:
    """What the text may be as a whole. Each is a look-up in an index; most texts may be one or two of them.

    Cards and people are looked up first and their memberships by number after, for the reason told at `_NAMED`.
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
    return list(rows.order_by("pk").values_list(of, flat=True)[:CANDIDATES])


# Materialised, so that names are found by their own index whatever the rest of the statement would rather start with;
# the outer limit still stops the reading of them early. Each member's memberships are looked up on their own, by the
# only condition an index answers: while thousands are being enrolled, statistics may say that tables are empty, and a
# join planned for one row would compare everybody with everybody.
_NAMED = """
WITH named AS MATERIALIZED (
    SELECT id, name_key FROM member WHERE population_id = %(population)s AND {names}
),
seen AS (
    SELECT m.id, named.name_key FROM named CROSS JOIN LATERAL (
        SELECT own.* FROM membership own WHERE own.member_id = named.id OFFSET 0
    ) m
    WHERE m.program_id = %(program)s AND ({scopes})
    LIMIT {cut}
)
SELECT id FROM seen ORDER BY word_similarity(%(key)s, name_key) DESC, similarity(name_key, %(key)s) DESC, name_key, id
LIMIT %(limit)s
"""


_ALIKE = """
SELECT word FROM member_name_word
WHERE population_id = %s AND word %% %s AND length(word) >= %s
GROUP BY word ORDER BY similarity(word, %s) DESC, word LIMIT %s
"""


def _named(text: str, program: Program, scopes: Sequence[Scope], limit: int) -> list[int]:
    """Ids of memberships by name: those that contain every word, then, where they are few, those that are alike."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT member_name_key(%s, ''), set_config('pg_trgm.similarity_threshold', %s, true)", [text, ALIKE]
        )
        key = cursor.fetchone()[0]
        words = key.split()[:MOST_WORDS]
        if not words:
            return []
        values: dict[str, Any] = {
            "population": program.population_id, "program": program.pk, "limit": limit, "key": key,
        }  # fmt: skip
        within = _within(scopes, values)
        ids = _of_names(cursor, [_contains(word, values) for word in words], within, CANDIDATES, values)
        if len(ids) < min(FEW, limit):
            alike = [_like_any(_alike(cursor, program, word), values) for word in words if len(word) >= SHORT]
            ids += [pk for pk in _of_names(cursor, alike, within, MORE_CANDIDATES, values) if pk not in ids]
    return ids[:limit]


def _of_names(cursor: Any, conditions: Sequence[str], within: str, cut: int, values: dict[str, Any]) -> list[int]:
    """Memberships whose members' names meet all conditions, the likest to what was typed first; none for none."""
    if not conditions:
        return []
    cursor.execute(_NAMED.format(names=" AND ".join(conditions), scopes=within, cut=cut), values)
    return [pk for (pk,) in cursor.fetchall()]


def _alike(cursor: Any, program: Program, word: str) -> list[str]:
    """Words of names in the population that the typed word may be a slip of."""
    cursor.execute(_ALIKE, [program.population_id, word, SHORT, word, ALTERNATIVES])
    return [alike for (alike,) in cursor.fetchall()]


def _contains(word: str, values: dict[str, Any]) -> str:
    """The word somewhere in the name; one too short for the index begins a word."""
    if len(word) >= SHORT:
        return _like_any([word], values)
    return f"name_key %%> {_value(word, values)}"


def _like_any(words: Sequence[str], values: dict[str, Any]) -> str:
    """Any of the words somewhere in the name; words are letters and digits, so no sign of LIKE's is among them."""
    return "(" + (" OR ".join(f"name_key LIKE {_value(f'%{word}%', values)}" for word in words) or "false") + ")"


def _value(value: str, values: dict[str, Any]) -> str:
    """Add a value to the statement's and return its place holder."""
    place = f"word{len(values)}"
    values[place] = value
    return f"%({place})s"


def _within(scopes: Sequence[Scope], values: dict[str, Any]) -> str:
    """The scopes as a condition on `m`, their codes added to the statement's values."""
    conditions = []
    for n, scope in enumerate(scopes):
        parts = ["true"]
        if scope.banner:
            parts.append(f"m.home_banner_id = (SELECT id FROM banner WHERE code = %(banner{n})s)")
        if scope.market:
            parts.append(f"m.market_code = %(market{n})s")
        if scope.store:
            parts.append(f"m.home_store_id = (SELECT id FROM store WHERE code = %(store{n})s)")
        values |= {f"banner{n}": scope.banner, f"market{n}": scope.market, f"store{n}": scope.store}
        conditions.append(" AND ".join(parts))
    return " OR ".join(f"({condition})" for condition in conditions)
