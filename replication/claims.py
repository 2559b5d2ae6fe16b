"""What two people cannot have at once: cards, membership numbers, proven addresses, lots. Asked before any is written,
so that one record is refused by its line and its neighbours are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from members import replicas
from replication import holding
from replication.holding import Held
from replication.refusals import RecordRefused
from replication.rooms import Room
from replication.works import Work


def refused(cursor: Any, room: Room, works: Sequence[Work], held: Held) -> dict[str, RecordRefused]:
    """External id -> why its record is not taken."""
    found: dict[str, RecordRefused] = {}
    whys = [*_cards(works, held), *_numbers(works, held), *_addresses(cursor, room, works), *_lots(works, held)]
    for external_id, why in whys:
        found.setdefault(external_id, why)
    return found


def _cards(works: Sequence[Work], held: Held) -> list[tuple[str, RecordRefused]]:
    wanted = [(work, card.number.upper()) for work in works for card in work.cards]
    claimed: dict[str, str] = {}
    found = []
    for work, number in wanted:
        _card_id, owner, status = held.cards.get(number, (0, None, "blank"))
        first = claimed.setdefault(number, work.record.external_id) == work.record.external_id
        if not first or (status != "blank" and owner != work.membership_id):
            found.append((work.record.external_id, RecordRefused("CardTaken", "cards.number", "this card is in use")))
    return found


def _numbers(works: Sequence[Work], held: Held) -> list[tuple[str, RecordRefused]]:
    wanted = {
        work.record.external_id: holding.key(work.record.member_number)
        for work in works
        if work.record.member_number and work.known is None
    }
    claimed: dict[str, str] = {}
    return [
        (external_id, RecordRefused("NumberTaken", "member_number", "this number is in use"))
        for external_id, number in wanted.items()
        if number in held.numbers or claimed.setdefault(number, external_id) != external_id
    ]


def _addresses(cursor: Any, room: Room, works: Sequence[Work]) -> list[tuple[str, RecordRefused]]:
    wanted = [(work, work.proven_email) for work in works if work.proven_email]
    proved = replicas.who_proved(cursor, room.program.population_id, [email for _, email in wanted])
    claimed: dict[str, str] = {}
    found = []
    for work, email in wanted:
        external_id = work.record.external_id
        anothers = email in proved and proved[email] != work.member_id
        if anothers or claimed.setdefault(email, external_id) != external_id:
            why = RecordRefused("EmailTaken", "email", "another member has proven this address")
            found.append((external_id, why))
    return found


def _lots(works: Sequence[Work], held: Held) -> list[tuple[str, RecordRefused]]:
    claimed: dict[str, str] = {}
    found = []
    for work in works:
        for lot in work.record.lots:
            first = claimed.setdefault(lot.key, work.record.external_id) == work.record.external_id
            before = held.lots.get(lot.key)
            anothers = before is not None and before.identity_id != (work.known.id if work.known else None)
            if anothers or not first:
                why = RecordRefused("LotTaken", "lots.id", f"lot {lot.key} came with somebody else")
                found.append((work.record.external_id, why))
    return found
