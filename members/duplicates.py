"""Who might be the same person: a warning at the desk before somebody is enrolled twice. It never decides.

Looked for in one population by the whole e-mail, the whole phone number, or a like name with the same birth date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from members import contacts
from members.models import Membership
from members.refusals import Refused
from programs.models import Program

LIKE = "0.45"
"""How like two names are at least, from 0 to 1: room for one slip in a short name, and for names in the other order."""

MOST = 20


@dataclass(frozen=True)
class Likely:
    """A member who may be this person, why (`email`, `phone`, `name`), and their membership of the program, if any."""

    member_id: int
    first_name: str
    last_name: str
    why: tuple[str, ...]
    membership: Membership | None


_LIKELY = f"""
SELECT p.id, p.first_name, p.last_name,
       %(email)s <> '' AND p.email = %(email)s, %(phone)s <> '' AND p.phone = %(phone)s,
       p.birth_date = %(birth_date)s AND similarity(p.name_key, k.key) >= {LIKE}
FROM (SELECT member_name_key(%(first_name)s, %(last_name)s) AS key) k
CROSS JOIN LATERAL (
    (SELECT * FROM member WHERE population_id = %(population)s AND email = %(email)s AND %(email)s <> '' LIMIT {MOST})
    UNION
    (SELECT * FROM member WHERE population_id = %(population)s AND phone = %(phone)s AND %(phone)s <> '' LIMIT {MOST})
    UNION
    (SELECT * FROM member WHERE population_id = %(population)s AND birth_date = %(birth_date)s AND k.key <> ''
        AND similarity(name_key, k.key) >= {LIKE} ORDER BY similarity(name_key, k.key) DESC LIMIT {MOST})
) p
ORDER BY 4 DESC, 5 DESC, p.id
LIMIT {MOST}
"""


def likely(
    *,
    program: Program,
    first_name: str = "",
    last_name: str = "",
    birth_date: date | None = None,
    email: str = "",
    phone: str = "",
    country: str = "",
) -> list[Likely]:
    """Members of the program's population who may be this person, the surest first, 20 at most.

    What is typed may be half finished: an address or number that cannot be one finds nobody. `country` says how a
    national phone number is dialled.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _LIKELY,
            {
                "population": program.population_id,
                "email": _kept(contacts.email, email),
                "phone": _kept(contacts.phone, phone, country),
                "first_name": _kept(contacts.name, first_name),
                "last_name": _kept(contacts.name, last_name),
                "birth_date": birth_date,
            },
        )
        rows = cursor.fetchall()
    theirs = Membership.objects.filter(program=program, member_id__in=[row[0] for row in rows])
    memberships = {  # one that was merged is the one that stands for it
        membership.member_id: membership.merged_into or membership
        for membership in theirs.select_related("home_store", "merged_into__home_store")
    }
    reasons = ("email", "phone", "name")
    return [
        Likely(
            member_id, first, last, tuple(why for why, holds in zip(reasons, holding, strict=True) if holds),
            memberships.get(member_id),
        )
        for member_id, first, last, *holding in rows
    ]  # fmt: skip


def _kept(normal: Any, *said: str) -> str:
    try:
        return normal(*said)
    except Refused:
        return ""
