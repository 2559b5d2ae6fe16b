"""Memberships by what their members are called: whole names first, then beginnings, then slips.

Each step is asked only while the one before found few. Names are found by whole words of an index on `member`, so a
name half the country has costs no more than a rare one: reading stops when enough were found. Whoever gets a full list
types more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from identity.rights import Scope
from members import spelling
from members.spelling import Word
from programs.models import Program

FEW = 8
"""With fewer names found so far, those that are only alike are added."""

CANDIDATES = 300
"""Memberships that are put in order; where more are found, some of them are."""

NAMES = 3000
NAMES_OF_NARROW_SCOPES = 1000
"""Names that are read before it is known which of them are within the scopes."""

MOST_WORDS = 5
LEAST_ALIKE = 0.3

# Materialised, so that names are found by their own index whatever the rest of the statement would rather start with;
# the outer limit still stops the reading of them early. Each member's memberships are looked up on their own, by the
# only condition an index answers: while thousands are being enrolled, statistics may say that tables are empty, and a
# join planned for one row would compare everybody with everybody. For the same reason the population is compared and
# not looked up.
_NAMED = f"""
WITH named AS MATERIALIZED (
    SELECT id, name_key FROM member WHERE population_id + 0 = %(population)s AND {{names}} LIMIT %(most)s
),
seen AS MATERIALIZED (
    SELECT m.id, named.name_key FROM named CROSS JOIN LATERAL (
        SELECT own.* FROM membership own WHERE own.member_id = named.id OFFSET 0
    ) m
    WHERE m.program_id = %(program)s AND ({{scopes}})
    LIMIT {CANDIDATES}
)
"""
_IN_ORDER = "SELECT id FROM seen ORDER BY similarity(name_key, %(key)s) DESC, name_key, id LIMIT %(limit)s"
# and whether all names were read, also where none was seen
_IN_ORDER_AND_ALL = """
SELECT placed.id, (SELECT count(*) < %(most)s FROM named) FROM (VALUES (0)) one LEFT JOIN (
    SELECT id, row_number() OVER (ORDER BY similarity(name_key, %(key)s) DESC, name_key, id) AS place FROM seen
) placed ON placed.place <= %(limit)s ORDER BY placed.place
"""

# from the other end, where a name is common and the scope is narrow
_WITHIN = f"""
WITH own AS MATERIALIZED (
    SELECT m.id, m.member_id FROM membership m WHERE m.program_id = %(program)s AND ({{scopes}})
),
seen AS MATERIALIZED (
    SELECT own.id, named.name_key FROM own CROSS JOIN LATERAL (
        SELECT one.* FROM member one WHERE one.id = own.member_id OFFSET 0
    ) named
    WHERE {{names}} LIMIT {CANDIDATES}
)
"""

# forty people were born on a day where there are a million: they are read, and compared one by one
_BORN = f"""
WITH seen AS MATERIALIZED (
    SELECT m.id, named.name_key FROM member named CROSS JOIN LATERAL (
        SELECT own.* FROM membership own WHERE own.member_id = named.id OFFSET 0
    ) m
    WHERE named.population_id = %(population)s AND named.birth_date = ANY(%(born)s)
        AND (%(key)s = '' OR word_similarity(%(key)s, named.name_key) >= {LEAST_ALIKE})
        AND m.program_id = %(program)s AND ({{scopes}})
    LIMIT {CANDIDATES}
)
"""


def named(
    cursor: Any, key: str, *, born: Sequence[date], program: Program, scopes: Sequence[Scope], limit: int
) -> list[int]:
    """Ids of memberships whose members have these words (a name_key) in their names, the surest first.

    `born`: of those who were born on one of these days; then the words may be much misspelt, or none.
    """
    asking = _Asking(cursor, program, scopes, {"key": key, "limit": limit, "born": list(born)})
    if born:
        return asking.born()
    words = spelling.words_near(cursor, program.population_id, key.split()[:MOST_WORDS])
    found: list[int] = []
    for condition in _steps(cursor, program.population_id, words, asking.value):
        found += [pk for pk in asking.of_names(condition) if pk not in found]
        if len(found) >= min(FEW, limit) or (found and asking.is_common):
            break
    return found[:limit]


Value = Callable[[Any], str]


def _steps(cursor: Any, population_id: int, words: list[Word], value: Value) -> Iterator[str]:
    """Conditions on names: as typed, how words begin, joined or parted otherwise, slips, two slips, a word too many."""
    if not words:
        return
    if all(word.known for word in words):
        yield _every([word.itself for word in words], value)
    for word in words:
        if not word.is_short or len(words) == 1:
            word.begins = spelling.beginning(cursor, population_id, word.typed)
    if any(word.begins for word in words) and all(word.itself or word.begins or word.is_short for word in words):
        yield _beginning(words, value)
    for others in spelling.joined_or_parted(cursor, population_id, [word.typed for word in words]):
        yield _every([[word] for word in others], value)
    near = [word.itself + word.slips or word.begins for word in words]
    if all(near) and any(word.slips for word in words):
        yield _every(near, value)
    further = [options + word.further for options, word in zip(near, words, strict=True)]
    if all(further) and any(word.further for word in words):
        yield _every(further, value)
    if len(words) > 1 and any(near):
        yield _all_but_one(near, value)


def _every(options: Sequence[Sequence[str]], value: Value) -> str:
    """For each word, any of its options is a word of the name."""
    return " AND ".join(f"string_to_array(name_key, ' ') && {value(list(any_of))}::text[]" for any_of in options)


def _beginning(words: Sequence[Word], value: Value) -> str:
    """Words of the name begin like these. What begins half of all words is compared with the names that are left."""
    initials = [f"(' ' || name_key) LIKE {value(f'% {word.typed}%')}" for word in words if word.is_short]
    if len(words) == 1:
        initials = []
    long = [word.itself + word.begins for word in words if not (initials and word.is_short)]
    return " AND ".join([_every(long, value), *initials])


def _all_but_one(options: Sequence[Sequence[str]], value: Value) -> str:
    """The words that names have, without those that none has; or, where each is one, all but any one of three."""
    had = [any_of for any_of in options if any_of]
    if len(had) < len(options) or len(had) == 2:
        return _every(had, value)
    return " OR ".join(f"({_every([*had[:n], *had[n + 1 :]], value)})" for n in range(len(had)))


class _Asking:
    """Asks for memberships of one program within scopes."""

    def __init__(self, cursor: Any, program: Program, scopes: Sequence[Scope], values: dict[str, Any]) -> None:
        self._cursor, self._values = cursor, values
        values |= {"population": program.population_id, "program": program.pk}
        self._within = _within(scopes, self.value)
        self.is_common = False  # a name of thousands was asked for: it was no slip
        self._is_narrow = all(scope.banner or scope.market or scope.store for scope in scopes)
        values["most"] = NAMES_OF_NARROW_SCOPES if self._is_narrow else NAMES

    def value(self, value: Any) -> str:
        """Add a value to the statements' and return its place holder."""
        place = f"value{len(self._values)}"
        self._values[place] = value
        return f"%({place})s"

    def born(self) -> list[int]:
        return self._ids(_BORN)

    def of_names(self, condition: str) -> list[int]:
        """Memberships of members whose names meet the condition. A name that half the country has is looked for from
        the other end where the scope is narrow: within it, person by person."""
        if not self._is_narrow:
            return self._ids(_NAMED, condition)
        self._cursor.execute(
            _NAMED.format(names=f"({condition})", scopes=self._within) + _IN_ORDER_AND_ALL, self._values
        )
        rows = self._cursor.fetchall()
        found = [pk for pk, _all in rows if pk is not None]
        if len(found) >= self._values["limit"] or rows[0][1]:
            return found
        self.is_common = True
        return self._ids(_WITHIN, condition)

    def _ids(self, statement: str, condition: str = "") -> list[int]:
        self._cursor.execute(statement.format(names=f"({condition})", scopes=self._within) + _IN_ORDER, self._values)
        return [pk for (pk,) in self._cursor.fetchall()]


def _within(scopes: Sequence[Scope], value: Value) -> str:
    """The scopes as a condition on `m`."""
    conditions = []
    for scope in scopes:
        parts = ["true"]
        if scope.banner:
            parts.append(f"m.home_banner_id = (SELECT id FROM banner WHERE code = {value(scope.banner)})")
        if scope.market:
            parts.append(f"m.market_code = {value(scope.market)}")
        if scope.store:
            parts.append(f"m.home_store_id = (SELECT id FROM store WHERE code = {value(scope.store)})")
        conditions.append(" AND ".join(parts))
    return " OR ".join(f"({condition})" for condition in conditions)
