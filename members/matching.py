"""Whose activity is it: what a sender said about the bearer of a receipt, looked up in one program.

The first identifier, in the source's order, that names somebody decides:

- `card`: the number as read, ignoring case. A blank card names nobody yet. A blocked or replaced card names its
  membership, and the activity waits for staff as CardBlocked, unless the program's setting `blocked_cards` is "earn".
- `member`: the membership's number, ignoring case.
- `email`: only an address its member has proven; one per population by constraint.
- `phone`: only when a single open membership of the program has it; several people may share a line.

A closed membership names nobody (one that was merged names the one that stands for it), and neither does another
program's. Pending and suspended memberships earn (what
they may spend is not decided here). Whoever is named by nothing is UnknownMember, with `by` "closed" or "several"
where that is the reason staff want to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from members import contacts

UNKNOWN = "UnknownMember"
BLOCKED = "CardBlocked"
DEFAULT_ORDER = ("card", "member", "email", "phone")


class UnknownIdentifier(ValueError):
    """An order of matching names something no bearer has."""


@dataclass(frozen=True)
class Bearer:
    """What a sender said: card and member numbers as `numbers.as_read` gives them, e-mail, phone in E.164."""

    bearer_id: int
    card: str | None = None
    member: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Match:
    """Either a membership and the holder it earns into now, or the reason why there is none."""

    membership_id: int | None
    holder_id: int | None
    reason: str | None
    by: str


_NOBODY = Match(None, None, UNKNOWN, "")

# One branch per identifier; `place` is its position in the order, `outcome` what it says of the membership it found.
# Lateral with a limit: each bearer is a look-up in a unique index, whatever the statistics of the tables say.
# A membership that was merged names the one that stands for it.
_IS_OPEN = """(m.status <> 'closed' OR coalesce(
    (SELECT k.status <> 'closed' FROM membership k WHERE k.id = m.merged_into_id), false))"""
_OPEN = f"CASE WHEN {_IS_OPEN} THEN 'open' ELSE 'closed' END"
_STANDS = "coalesce(m.merged_into_id, m.id)"
_BRANCHES = {
    "card": """
        SELECT b.bearer_id, %(place)s AS place, 'card' AS by, hit.membership_id, hit.outcome
        FROM bearer b
        CROSS JOIN LATERAL (
            SELECT c.membership_id,
                   CASE WHEN m.status = 'closed' THEN 'closed'
                        WHEN c.status IN ('blocked', 'replaced') AND NOT %(blocked_earn)s THEN 'blocked'
                        ELSE 'open' END AS outcome
            FROM card c JOIN membership m ON m.id = c.membership_id
            WHERE upper(c.number) = upper(b.card) AND c.program_id = %(program)s AND c.status <> 'blank'
            LIMIT 1
        ) hit
        WHERE b.card IS NOT NULL""",
    "member": f"""
        SELECT b.bearer_id, %(place)s, 'member', hit.id, hit.outcome
        FROM bearer b
        CROSS JOIN LATERAL (
            SELECT {_STANDS} AS id, {_OPEN} AS outcome FROM membership m
            WHERE upper(m.number) = upper(b.member) AND m.program_id = %(program)s
            LIMIT 1
        ) hit
        WHERE b.member IS NOT NULL""",
    "email": f"""
        SELECT b.bearer_id, %(place)s, 'email', hit.id, hit.outcome
        FROM bearer b
        CROSS JOIN LATERAL (
            SELECT {_STANDS} AS id, {_OPEN} AS outcome
            FROM member p JOIN membership m ON m.member_id = p.id AND m.program_id = %(program)s
            WHERE p.email = b.email AND p.population_id = %(population)s
              AND p.email_verified_at IS NOT NULL AND p.email <> ''
            LIMIT 1
        ) hit
        WHERE b.email IS NOT NULL""",
    "phone": f"""
        SELECT b.bearer_id, %(place)s, 'phone', hit.id, hit.outcome
        FROM bearer b
        CROSS JOIN LATERAL (
            SELECT min({_STANDS}) FILTER (WHERE {_IS_OPEN}) AS id,
                   CASE count(DISTINCT {_STANDS}) FILTER (WHERE {_IS_OPEN})
                        WHEN 0 THEN 'closed' WHEN 1 THEN 'open' ELSE 'several' END AS outcome
            FROM member p JOIN membership m ON m.member_id = p.id AND m.program_id = %(program)s
            WHERE p.phone = b.phone AND p.population_id = %(population)s
            HAVING count(*) > 0
        ) hit
        WHERE b.phone IS NOT NULL""",
}

_MATCH = """
WITH bearer AS MATERIALIZED (
    SELECT * FROM unnest(
        %(ids)s::bigint[], %(cards)s::text[], %(members)s::text[], %(emails)s::text[], %(phones)s::text[]
    ) AS b (bearer_id, card, member, email, phone)
),
found (bearer_id, place, by, membership_id, outcome) AS ({branches}),
decided AS (
    SELECT DISTINCT ON (bearer_id) * FROM found
    ORDER BY bearer_id, outcome IN ('closed', 'several'), place
)
SELECT d.bearer_id, d.by, d.outcome, d.membership_id, h.holder_id
FROM decided d
LEFT JOIN LATERAL (
    SELECT holder_id FROM membership_holder WHERE membership_id = d.membership_id AND until_at IS NULL LIMIT 1
) h ON true
"""


def match(program_id: int, bearers: Iterable[Bearer], order: Sequence[str] = DEFAULT_ORDER) -> dict[int, Match]:
    """A Match for every bearer given, by its id. `order` is the source's; an empty one is the default order.

    Three statements however many bearers. Raises UnknownIdentifier for an order that names no identifier of ours.
    """
    order = tuple(order) or DEFAULT_ORDER
    strange = sorted(set(order) - _BRANCHES.keys())
    if strange:
        raise UnknownIdentifier(f"members are matched by card, member, email or phone, not by {', '.join(strange)}")
    asked = list(bearers)
    matches = {bearer.bearer_id: _NOBODY for bearer in asked}
    if not asked:
        return matches
    with connection.cursor() as cursor:
        cursor.execute("SELECT population_id, settings->>'blocked_cards' FROM program WHERE id = %s", [program_id])
        population_id, blocked_cards = cursor.fetchone()
        cursor.execute(
            _MATCH.format(branches=_branches(order)),
            {
                "program": program_id,
                "population": population_id,
                "blocked_earn": blocked_cards == "earn",
                "ids": [bearer.bearer_id for bearer in asked],
                "cards": [_text(bearer.card) for bearer in asked],
                "members": [_text(bearer.member) for bearer in asked],
                "emails": [contacts.comparable_email(_text(bearer.email)) for bearer in asked],
                "phones": [_text(bearer.phone) for bearer in asked],
            },
        )
        for bearer_id, by, outcome, membership_id, holder_id in cursor.fetchall():
            matches[bearer_id] = _answer(by, outcome, membership_id, holder_id)
    return matches


def _branches(order: Sequence[str]) -> str:
    """The lookups of the order, each with its place in it; a place is our own number, never a sender's text."""
    return " UNION ALL ".join(
        _BRANCHES[identifier].replace("%(place)s", str(place)) for place, identifier in enumerate(order)
    )


def _text(said: str | None) -> str | None:
    """What can stand in a query: PostgreSQL has no text with a NUL in it, so neither has a member."""
    return said if said and "\x00" not in said else None


def _answer(by: str, outcome: str, membership_id: int, holder_id: int) -> Match:
    if outcome == "open":
        return Match(membership_id, holder_id, None, by)
    if outcome == "blocked":
        return Match(None, None, BLOCKED, by)
    return Match(None, None, UNKNOWN, outcome)
