"""Who senders said it was: one row per distinct tuple of card, number, e-mail and phone, per source.

The digest finds a tuple again. Erasing a bearer empties its texts and makes the digest random: a person who comes back
is then a new row, and no old activity is theirs again.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from django.db import connection, transaction

from activity import attribution, canonical
from members import matching
from members.matching import Match

Said = tuple[str | None, str | None, str | None, str | None]  # card, member, email, phone
_COLUMNS = ", ".join(canonical.BEARER)

_REGISTER = f"""
INSERT INTO bearer (source_id, {_COLUMNS}, digest)
SELECT %(source)s, * FROM unnest(%(card)s::text[], %(member)s::text[], %(email)s::text[], %(phone)s::text[],
                                 %(digest)s::bytea[]) AS said ({_COLUMNS}, digest)
ORDER BY digest ON CONFLICT (source_id, digest) DO NOTHING
"""


def digest(said: Said) -> bytes:
    """The same for the same tuple, for ever."""
    return blake2b("\x1f".join(part or "" for part in said).encode(), digest_size=16).digest()


class Register:
    """The bearers of a source, remembered during one intake, with what they match to in each program."""

    def __init__(self, source_id: int, order: Iterable[str], programs: Iterable[int]) -> None:
        self.source_id, self.order, self.programs = source_id, tuple(order), tuple(programs)
        self._ids: dict[Said, int] = {}
        self._said: dict[int, Said] = {}

    def ids_of(self, said: Iterable[Said]) -> dict[Said, int]:
        """The id of each tuple, registering those never met. Its own transaction: what is registered is harmless."""
        fresh = sorted({one for one in said if one not in self._ids}, key=digest)  # everybody's order
        if fresh:
            digests = [digest(one) for one in fresh]
            values: dict[str, Any] = {"source": self.source_id, "digest": digests}
            values |= {name: [one[at] for one in fresh] for at, name in enumerate(canonical.BEARER)}
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_REGISTER, values)
                cursor.execute(
                    "SELECT digest, bearer_id FROM bearer WHERE source_id = %s AND digest = ANY(%s)",
                    [self.source_id, digests],
                )
                found = {bytes(key): number for key, number in cursor.fetchall()}
            for one, key in zip(fresh, digests, strict=True):
                self._ids[one] = found[key]
                self._said[found[key]] = one
        return self._ids

    def matches(self, bearer_ids: Iterable[int]) -> dict[int, dict[int, Match]]:
        """program -> bearer -> whose it is now; looked up anew in each transaction, for members come and cards go."""
        asked = [attribution.as_matched(number, *self._said[number]) for number in bearer_ids]
        return {program_id: matching.match(program_id, asked, self.order) for program_id in self.programs}
