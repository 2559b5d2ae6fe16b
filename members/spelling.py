"""Words that names have, near a word that somebody typed: as it stands, how it begins, and what it may be a slip of.

Looked for among the words of all names of a population (`NameWord`), which are few thousands where people are a
million. What a word shares with its slips are keys of an index (`name_word_keys`, migration 0011): a letter dropped,
added, wrong or changed about, or another way to write the same sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SHORT = 3
"""Words below three letters have no slips: they would be everything."""

BEGINNINGS = 40
NEAR = 400
WAYS = 4
FURTHER = 12
"""Words two slips away that are looked for, the likest first."""


@dataclass
class Word:
    """A word as it was typed, and words that names have: itself (`known`), those it begins, its slips (one letter, or
    the same sound), and those further away, the likest first."""

    typed: str
    known: bool = False
    begins: list[str] = field(default_factory=list)
    slips: list[str] = field(default_factory=list)
    further: list[str] = field(default_factory=list)

    @property
    def itself(self) -> list[str]:
        return [self.typed] if self.known else []

    @property
    def is_short(self) -> bool:
        return len(self.typed) < SHORT


# The population is compared, not looked up, and nothing asks for an order inside: so that the index of keys alone is
# worth using, whatever statistics say.
_WORDS = f"""
SELECT typed.place, near.word, public.name_sound(near.word) = public.name_sound(typed.word)
FROM unnest(%(words)s::text[]) WITH ORDINALITY typed (word, place)
CROSS JOIN LATERAL (
    SELECT DISTINCT one.word, similarity(one.word, typed.word) AS alike FROM (
        SELECT w.word FROM member_name_word w
        WHERE w.population_id + 0 = %(population)s
            AND public.name_word_keys(w.word) && public.name_word_keys(typed.word)
        OFFSET 0
    ) one
    ORDER BY alike DESC, one.word LIMIT {NEAR}
) near
ORDER BY typed.place, near.alike DESC, near.word
"""
# one statement a word: a beginning is looked up in the index only where it is written out
_BEGINS = f"""
SELECT DISTINCT word FROM member_name_word WHERE population_id = %s AND word LIKE %s ORDER BY word LIMIT {BEGINNINGS}
"""
_KNOWN = "SELECT DISTINCT word FROM member_name_word WHERE population_id = %s AND word = ANY(%s)"


def words_near(cursor: Any, population_id: int, words: Sequence[str]) -> list[Word]:
    """The typed words (letters and digits only, as name_key has them), each with what names have near it."""
    found = [Word(word) for word in words]
    cursor.execute(_WORDS, {"words": list(words), "population": population_id})
    for place, word, sounds in cursor.fetchall():
        typed = found[place - 1]
        if word == typed.typed:
            typed.known = True
        elif typed.is_short:
            continue
        elif sounds or one_slip_apart(word, typed.typed):
            typed.slips.append(word)
        elif len(typed.further) < FURTHER:
            typed.further.append(word)
    return found


def beginning(cursor: Any, population_id: int, word: str) -> list[str]:
    """Some words that the typed one begins, itself left out."""
    cursor.execute(_BEGINS, [population_id, f"{word}%"])
    return [one for (one,) in cursor.fetchall() if one != word]


def joined_or_parted(cursor: Any, population_id: int, words: Sequence[str]) -> list[list[str]]:
    """The words written together or apart where names have them so: "le gall" and "legall", "jeanpierre"."""
    ways = []
    for n, word in enumerate(words):
        before, after = list(words[:n]), list(words[n + 1 :])
        ways += [[*before, word[:at], word[at:], *after] for at in range(2, len(word) - 1)]
        if after:
            ways.append([*before, word + after[0], *after[1:]])
    every = sorted({word for way in ways for word in way})
    cursor.execute(_KNOWN, [population_id, every])
    known = {word for (word,) in cursor.fetchall()}
    return [way for way in ways if known.issuperset(way)][:WAYS]


def one_slip_apart(one: str, other: str) -> bool:
    """Whether a single letter dropped, added, wrong, or two that changed places make one word of the other."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])
