"""Which cards, membership numbers and lots of a portion of records are here already: looked up once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from members import numbers, replicas
from replication import lots
from replication.lots import Opened
from replication.records import Record
from replication.rooms import Room


@dataclass(frozen=True)
class Held:
    """`cards`: upper-cased number -> (card, membership or None, status). `numbers`: upper-cased membership number ->
    membership. `lots`: key -> what was opened under it."""

    cards: dict[str, tuple[int, int | None, str]]
    numbers: dict[str, int]
    lots: dict[str, Opened]


def look(cursor: Any, room: Room, records: Sequence[Record]) -> Held:
    """What of these records is here."""
    program_id = room.program.pk
    cards = _once(card.number.upper() for record in records for card in record.cards)
    return Held(
        cards=replicas.cards_by_number(cursor, program_id, cards),
        numbers=replicas.memberships_by_number(
            cursor, program_id, _once(key(record.member_number) for record in records if record.member_number)
        ),
        lots=lots.opened(cursor, room.system.pk, _once(lot.key for record in records for lot in record.lots)),
    )


def key(number: str | None) -> str:
    """A membership number as it is compared."""
    return numbers.as_read(number or "").upper()


def _once(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))
