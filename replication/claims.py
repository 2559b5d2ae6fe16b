"""What two people cannot have at once: cards, membership numbers, proven addresses, lots. Asked before any is written,
so that one record is refused by its line and its neighbours are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from members import numbers, replicas
from replication import lots
from replication.refusals import RecordRefused
from replication.rooms import Room
from replication.works import Work


def refused(cursor: Any, room: Room, works: Sequence[Work]) -> dict[str, RecordRefused]:
    """External id -> why its record is not taken."""
    found: dict[str, RecordRefused] = {}
    for look in (_cards, _numbers, _addresses, _lots):
        for external_id, why in look(cursor, room, works):
            found.setdefault(external_id, why)
    return found


def _cards(cursor: Any, room: Room, works: Sequence[Work]) -> list[tuple[str, RecordRefused]]:
    wanted = [(work, card.number.upper()) for work in works for card in work.cards]
    held = replicas.cards_by_number(cursor, room.program.pk, [number for _, number in wanted])
    claimed: dict[str, str] = {}
    found = []
    for work, number in wanted:
        _card_id, owner, status = held.get(number, (0, None, "blank"))
        first = claimed.setdefault(number, work.record.external_id) == work.record.external_id
        if not first or (status != "blank" and owner != work.membership_id):
            found.append((work.record.external_id, RecordRefused("CardTaken", "cards.number", "this card is in use")))
    return found


def _numbers(cursor: Any, room: Room, works: Sequence[Work]) -> list[tuple[str, RecordRefused]]:
    wanted = {
        work.record.external_id: numbers.as_read(work.record.member_number).upper()
        for work in works
        if work.record.member_number and work.known is None
    }
    held = replicas.memberships_by_number(cursor, room.program.pk, list(wanted.values()))
    claimed: dict[str, str] = {}
    return [
        (external_id, RecordRefused("NumberTaken", "member_number", "this number is in use"))
        for external_id, number in wanted.items()
        if number in held or claimed.setdefault(number, external_id) != external_id
    ]


def _addresses(cursor: Any, room: Room, works: Sequence[Work]) -> list[tuple[str, RecordRefused]]:
    wanted = [(work, work.proven_email) for work in works if work.proven_email]
    held = replicas.who_proved(cursor, room.program.population_id, [email for _, email in wanted])
    claimed: dict[str, str] = {}
    found = []
    for work, email in wanted:
        external_id = work.record.external_id
        anothers = email in held and held[email] != work.member_id
        if anothers or claimed.setdefault(email, external_id) != external_id:
            why = RecordRefused("EmailTaken", "email", "another member has proven this address")
            found.append((external_id, why))
    return found


def _lots(cursor: Any, room: Room, works: Sequence[Work]) -> list[tuple[str, RecordRefused]]:
    keys = {lot.key: work.known.id if work.known else None for work in works for lot in work.record.lots}
    others = lots.taken_by_others(cursor, room.system.pk, keys)
    claimed: dict[str, str] = {}
    found = []
    for work in works:
        for lot in work.record.lots:
            first = claimed.setdefault(lot.key, work.record.external_id) == work.record.external_id
            if lot.key in others or not first:
                why = RecordRefused("LotTaken", "lots.id", f"lot {lot.key} came with somebody else")
                found.append((work.record.external_id, why))
    return found
