"""What we keep about people, as each room says it: the class of every column, why it is kept, how long, and what
erasing a person does to it. A room that has tables lists them in its `inventory.py` as `TABLES` (docs/privacy.md).

Numbers of rows, foreign keys and moments need not be named: they are NONE, or PSEUDONYMOUS where the table is about
people. Every other column is named in one of the four tuples.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Class(StrEnum):
    """How much a column tells of a person."""

    NONE = "none"
    PSEUDONYMOUS = "pseudonymous"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Basis(StrEnum):
    """Why we may keep it (GDPR, article 6)."""

    CONTRACT = "contract"
    CONSENT = "consent"
    DUTY = "legal duty"
    INTEREST = "legitimate interest"
    NOBODY = "not about people"


class Erased(StrEnum):
    """What erasing a person does to her rows. EMPTY empties what is personal and sensitive; KEEP needs none such."""

    KEEP = "keep"
    EMPTY = "empty"
    DELETE = "delete"


# How a row names its person: the number it holds. The name of another table means: as that table's row names her.
MEMBER, MEMBERSHIP, HOLDER, USER, ACTIVITY, BEARER = "member", "membership", "holder", "user", "activity", "bearer"
QUARANTINE = "quarantined"  # rows in quarantine that hold a number or an address of hers
OF_PERSONS = frozenset({MEMBER, MEMBERSHIP, HOLDER, USER, ACTIVITY, BEARER, QUARANTINE})

_BY_PATTERN = re.compile(r"id|.*_id|.*_at|.*_on|at|position")


@dataclass(frozen=True)
class Table:
    """One table. `whose` says how a row names its person ("" where it names nobody; the name of another table where it
    belongs to a row of that one), `by` in which column (default `<whose>_id`); rows whose column `addressed` holds an
    address of hers are hers too. `tokens` are personal columns that stay unique: erasing puts a random token there.
    `files` are personal columns that name a file below FILES_DIR, which is deleted. `exempt` are columns left out of a
    person's archive, each with the reason in a sentence; "*" is the whole table. `retention` is a sentence; jobs that
    keep it stand in care.privacy.retention.
    """

    name: str
    purpose: str
    retention: str
    basis: Basis = Basis.CONTRACT
    whose: str = ""
    by: str = ""
    addressed: str = ""
    erased: Erased = Erased.KEEP
    none: tuple[str, ...] = ()
    pseudonymous: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)

    @property
    def column(self) -> str:
        """The column that names the person."""
        return self.by or f"{self.whose}_id"

    def class_of(self, column: str) -> Class | None:
        """The class of a column; None where nobody has said it."""
        for kind in (Class.SENSITIVE, Class.PERSONAL, Class.PSEUDONYMOUS, Class.NONE):
            if column in getattr(self, kind.value):
                return kind
        if _BY_PATTERN.fullmatch(column):
            return Class.PSEUDONYMOUS if self.whose else Class.NONE
        return None


def no_people(name: str, purpose: str) -> Table:
    """A table that is about no person: none of its columns needs a class of its own."""
    return Table(name, purpose, "as long as the program", Basis.NOBODY)
